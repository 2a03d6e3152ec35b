-- Why: a carer who catches up on the feed looked at the changes of the whole country, one look-up each. The records of the carer come first
-- now (docs/adr/0028): what was ever authorised, living or not, and where the structure deposited.
-- Locks: consent, care_team_member and document_version are not written while their indexes are built (reads go on): for document_version
-- about a minute for ten million rows, in a maintenance window.
-- Undo: drop the four indexes.

create index consent_actor_past_idx on consent (actor_kind, actor_id, record_id) where revoke_time is not null;
create index consent_care_team_past_idx on consent (care_team_id, record_id) where revoke_time is not null and care_team_id is not null;
create index care_team_member_past_idx on care_team_member (actor_id, care_team_id) where leave_time is not null;
create index document_version_structure_idx on document_version (depositor_structure_id, record_id) where depositor_structure_id is not null;

-- A policy that asks "in" or "exists" of a whole table has it read as a whole, once for each statement: all authorisations to decide on one
-- record, all members to decide on one authorisation. The offset makes it a look-up for each row.
create index care_team_member_team_idx on care_team_member (care_team_id, actor_id);

alter policy consent_scope on consent
    using (
        record_id = dmp_record()
        or actor_id = any (dmp_actors())
        or structure_id = any (dmp_actors())
        or care_team_id is not null and exists (
            select from care_team_member m
            where m.care_team_id = consent.care_team_id
                and m.actor_id = any (dmp_actors())
                and (m.leave_time is null or dmp_task() = 'changes')
            offset 0
        )
        or dmp_task() = 'team' and care_team_id is not null
    );

alter policy care_team_member_scope on care_team_member
    using (
        actor_id = any (dmp_actors())
        or exists (select from care_team t where t.care_team_id = care_team_member.care_team_id offset 0)
    );

alter policy record_scope on record
    using (
        record_id = dmp_record()
        or ins_number = any (dmp_ins())
        -- The policy of consent decides which authorisations are the caller's.
        or dmp_actors() is not null and exists (select from consent c where c.record_id = record.record_id offset 0)
        or dmp_task() = 'regulation' and emergency_regulation_allowed and state = 1
        or dmp_task() = 'delegation' and exists (
            select from delegation d
            where d.record_id = record.record_id and d.delegate_subject = current_setting('dmp.caller', true)
            offset 0
        )
    );

alter policy record_sent on record
    using (dmp_task() = 'deposits' and exists (select from document_version v where v.record_id = record.record_id offset 0));

alter policy document_sent on document
    using (
        dmp_task() = 'deposits' and exists (
            select from document_version v
            where v.document_id = document.document_id and v.record_id = document.record_id
            offset 0
        )
    );
