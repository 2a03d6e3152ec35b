-- Published files that operators import: rules on interactions, medicines, code systems, value sets. No patient's.
-- Locks: none. Undo: drop the tables.

-- An edition never changes, and neither does what its name means: it is part of the ids of its rules.
create table reference_edition (
    edition_id uuid not null,
    -- thesaurus, medicines; loinc, ccam, cim10, atc, nabm, valuesets.
    kind text not null,
    name text not null,
    -- Where it is from, in the words of who imported it.
    source text not null,
    -- Over the lines of sha256sum of its files, sorted by name.
    sha256 bytea not null,
    -- Rows of its files that were wrong and left out.
    left_out integer not null,
    import_time timestamptz not null,
    constraint reference_edition_pkey primary key (edition_id),
    constraint reference_edition_name_key unique (kind, name),
    constraint reference_edition_kind_check
        check (kind in ('thesaurus', 'medicines', 'loinc', 'ccam', 'cim10', 'atc', 'nabm', 'valuesets')),
    constraint reference_edition_digest_check check (length(sha256) = 32)
);

-- Its files as they were downloaded, so that every server reads what the operator saw. Compressed (Brotli). Of code lists only what they
-- measure: what they hold stands in reference_concept, where single codes are looked up.
create table reference_file (
    edition_id uuid not null,
    name text not null,
    -- What it is in its edition: text, table, rules, substances, french; of medicines and value sets, the published name.
    part text not null,
    size_bytes bigint not null,
    sha256 bytea not null,
    content bytea,
    constraint reference_file_pkey primary key (edition_id, part),
    constraint reference_file_edition_fkey foreign key (edition_id) references reference_edition (edition_id),
    constraint reference_file_digest_check check (length(sha256) = 32)
);

-- Which edition of its kind is in force from when on: the last one that began, of those the one said last. Going back is one more row.
create table reference_activation (
    activation_id uuid not null,
    edition_id uuid not null,
    effective_time timestamptz not null,
    activate_time timestamptz not null,
    constraint reference_activation_pkey primary key (activation_id),
    constraint reference_activation_edition_fkey foreign key (edition_id) references reference_edition (edition_id)
);

-- A code system or value set of an edition.
create table reference_list (
    edition_id uuid not null,
    list_oid text not null,
    -- Where its concepts stand: under this OID, or under the first of the OIDs that its system has.
    concepts_oid text not null,
    name text not null,
    version text not null,
    concept_count integer not null,
    constraint reference_list_pkey primary key (edition_id, list_oid),
    constraint reference_list_edition_fkey foreign key (edition_id) references reference_edition (edition_id)
);

-- Its codes with their names.
create table reference_concept (
    edition_id uuid not null,
    list_oid text not null,
    -- In the order of the file, from 1.
    place integer not null,
    system_oid text not null,
    code text not null,
    -- By what it is found (src/Dmp.Codes, CodeKey).
    code_key text not null,
    display text not null,
    english_display text not null,
    -- The numbers of dmp.code.v1.ConceptStatus, as published: what its last day makes of it is decided when it is told.
    status smallint not null,
    start_date date,
    end_date date,
    -- The line, row or entry of the file.
    line integer not null,
    constraint reference_concept_pkey primary key (edition_id, list_oid, place),
    constraint reference_concept_list_fkey foreign key (edition_id, list_oid) references reference_list (edition_id, list_oid),
    constraint reference_concept_status_check check (status between 1 and 4)
);

-- One code may stand in a list for several times, one behind the other.
create index reference_concept_code_idx on reference_concept (edition_id, list_oid, code_key, system_oid);
