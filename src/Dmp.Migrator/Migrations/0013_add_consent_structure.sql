-- Why: staff list the records of the professionals of their own structure (TD0.4), so an authorisation remembers where its
-- professional worked when it was declared. Locks: consent, for an instant; no table is rewritten. Undo: put the two policies
-- back as in 0012 and drop the column.

alter table consent add column structure_id text;

create index consent_structure_idx on consent (structure_id, record_id) where revoke_time is null and structure_id is not null;

alter policy consent_scope on consent
    using (record_id = dmp_record() or actor_id = any (dmp_actors()) or structure_id = any (dmp_actors()));

alter policy record_scope on record
    using (
        record_id = dmp_record()
        or ins_number = any (dmp_ins())
        or dmp_actors() is not null and exists (
            select from consent c
            where c.record_id = record.record_id and (c.actor_id = any (dmp_actors()) or c.structure_id = any (dmp_actors()))
        )
        or dmp_task() = 'regulation' and emergency_regulation_allowed and state = 1
        or dmp_task() = 'delegation' and exists (
            select from delegation d
            where d.record_id = record.record_id and d.delegate_subject = current_setting('dmp.caller', true)
        )
    );
