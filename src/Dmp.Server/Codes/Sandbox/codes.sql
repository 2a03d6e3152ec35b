-- A few codes of each kind for the sandbox, so that software can be written before an operator imports the official tables: published
-- facts, chosen by us, no official edition. Runs at each start of a sandbox; what is there stays, and what an operator puts in force later
-- is in force instead.
with kind (kind, number) as (
    values ('loinc', 1), ('ccam', 2), ('cim10', 3), ('atc', 4), ('nabm', 5), ('valuesets', 6)
)
insert into reference_edition (edition_id, kind, name, source, sha256, left_out, import_time)
select ('00000000-0000-7000-8000-00000000000' || number)::uuid, kind, 'sandbox', 'A small set of the sandbox, no official edition.',
    @Sha256, 0, clock_timestamp()
from kind
on conflict do nothing;

insert into reference_list (edition_id, list_oid, concepts_oid, name, version, concept_count)
values
    ('00000000-0000-7000-8000-000000000001', '2.16.840.1.113883.6.1', '2.16.840.1.113883.6.1', 'LOINC', '', 10),
    ('00000000-0000-7000-8000-000000000002', '1.2.250.1.213.2.5', '1.2.250.1.213.2.5', 'CCAM', '', 2),
    ('00000000-0000-7000-8000-000000000002', '1.2.250.1.215.300.1', '1.2.250.1.213.2.5', 'CCAM', '', 2),
    ('00000000-0000-7000-8000-000000000003', '2.16.840.1.113883.6.3', '2.16.840.1.113883.6.3', 'CIM-10', '', 5),
    ('00000000-0000-7000-8000-000000000004', '2.16.840.1.113883.6.73', '2.16.840.1.113883.6.73', 'ATC', '', 4),
    ('00000000-0000-7000-8000-000000000005', '1.2.250.1.215.200.4.1', '1.2.250.1.215.200.4.1', 'NABM', '', 1),
    ('00000000-0000-7000-8000-000000000006', '1.2.250.1.213.1.1.5.589', '1.2.250.1.213.1.1.5.589', 'JDV_J142_TypeRencontre_CISIS',
        '20210326120000', 3)
on conflict do nothing;

-- LOINC is a trademark of Regenstrief Institute; the French names are those of the published documents.
insert into reference_concept (edition_id, list_oid, place, system_oid, code, code_key, display, english_display, status, line)
select l.edition_id, l.list_oid, c.place, c.system_oid, c.code, replace(c.code, '.', ''), c.display, c.english_display, c.status, c.place
from (
    values
        ('loinc', 1, '2.16.840.1.113883.6.1', '11450-4', 'Liste des problèmes', 'Problem list - Reported', 1),
        ('loinc', 2, '2.16.840.1.113883.6.1', '48765-2', 'Allergies et intolérances', 'Allergies and adverse reactions Document', 1),
        ('loinc', 3, '2.16.840.1.113883.6.1', '10160-0', 'Traitements', 'History of Medication use Narrative', 1),
        ('loinc', 4, '2.16.840.1.113883.6.1', '29762-2', 'Habitus, mode de vie', 'Social history Narrative', 1),
        ('loinc', 5, '2.16.840.1.113883.6.1', '8480-6', 'Pression artérielle systolique', 'Systolic blood pressure', 1),
        ('loinc', 6, '2.16.840.1.113883.6.1', '8462-4', 'Pression artérielle diastolique', 'Diastolic blood pressure', 1),
        ('loinc', 7, '2.16.840.1.113883.6.1', '14682-9', 'Créatinine [Moles/Volume] Sérum/Plasma',
            'Creatinine [Moles/volume] in Serum or Plasma', 1),
        ('loinc', 8, '2.16.840.1.113883.6.1', '14771-0', 'Glucose à jeun [Moles/Volume] Sérum/Plasma',
            'Fasting glucose [Moles/volume] in Serum or Plasma', 1),
        ('loinc', 9, '2.16.840.1.113883.6.1', '1988-5', 'Protéine C réactive [Masse/Volume] Sérum/Plasma',
            'C reactive protein [Mass/volume] in Serum or Plasma', 1),
        ('loinc', 10, '2.16.840.1.113883.6.1', '3016-3', 'Thyréostimuline [Unités/Volume] Sérum/Plasma',
            'Thyrotropin [Units/volume] in Serum or Plasma', 1),
        ('ccam', 1, '1.2.250.1.213.2.5', 'ZBQK002', 'Radiographie du thorax', '', 1),
        ('ccam', 2, '1.2.250.1.213.2.5', 'DEQP003', 'Électrocardiographie sur au moins 12 dérivations', '', 1),
        ('cim10', 1, '2.16.840.1.113883.6.3', 'I10', 'Hypertension essentielle (primitive)', '', 1),
        ('cim10', 2, '2.16.840.1.113883.6.3', 'I20', 'Angine de poitrine', '', 4),
        ('cim10', 3, '2.16.840.1.113883.6.3', 'I20.0', 'Angine de poitrine instable', '', 1),
        ('cim10', 4, '2.16.840.1.113883.6.3', 'I21.0', 'Infarctus transmural aigu du myocarde, de la paroi antérieure', '', 1),
        ('cim10', 5, '2.16.840.1.113883.6.3', 'J45.9', 'Asthme, sans précision', '', 1),
        ('atc', 1, '2.16.840.1.113883.6.73', 'B01AA', 'antivitamines K', 'Vitamin K antagonists', 4),
        ('atc', 2, '2.16.840.1.113883.6.73', 'B01AA03', 'warfarine', 'warfarin', 1),
        ('atc', 3, '2.16.840.1.113883.6.73', 'B01AC', 'antiagrégants plaquettaires, héparine exclue',
            'Platelet aggregation inhibitors excl. heparin', 4),
        ('atc', 4, '2.16.840.1.113883.6.73', 'B01AC04', 'clopidogrel', 'clopidogrel', 1),
        ('nabm', 1, '1.2.250.1.215.200.4.1', '1104', 'Hémogramme y compris plaquettes (NFS, NFP)', '', 1),
        ('valuesets', 1, '2.16.840.1.113883.5.4', 'IMP', 'Hospitalisation (établissement, y compris HAD)', '', 1),
        ('valuesets', 2, '2.16.840.1.113883.5.4', 'EMER', 'Passage aux urgences (établissement)', '', 1),
        ('valuesets', 3, '2.16.840.1.113883.5.4', 'AMB', 'Ambulatoire (hors établissement)', '', 1)
) c (kind, place, system_oid, code, display, english_display, status)
join reference_edition e on e.kind = c.kind and e.name = 'sandbox'
join reference_list l on l.edition_id = e.edition_id and l.list_oid = l.concepts_oid
on conflict do nothing;

insert into reference_activation (activation_id, edition_id, effective_time, activate_time)
select edition_id, edition_id, '2000-01-01T00:00:00Z', clock_timestamp()
from reference_edition
where name = 'sandbox' and kind in ('loinc', 'ccam', 'cim10', 'atc', 'nabm', 'valuesets')
on conflict do nothing;
