-- Why: a second wall behind the rules of the server. A statement sees rows of the record, the person or the caller that the
-- connection was opened for, and of nobody when it was opened for nobody: a forgotten condition finds nothing instead of
-- everything. The settings are made by the server (Access/RowScope.cs) and end with the use of the connection. They are no
-- protection against somebody who holds the server's password.
-- Locks: each table for an instant. Undo: alter table ... disable row level security, drop the policies.

create function dmp_record() returns uuid
    language sql stable
    return nullif(current_setting('dmp.record', true), '')::uuid;

-- INS numbers of the patient, of those represented, or of an existence test.
create function dmp_ins() returns text[]
    language sql stable
    return string_to_array(current_setting('dmp.ins', true), ' ');

-- Identifiers of the professional and of the structure.
create function dmp_actors() returns text[]
    language sql stable
    return string_to_array(nullif(current_setting('dmp.actors', true), ''), ' ');

-- Work that is about no single record: housekeeping, regulation, review.
create function dmp_task() returns text
    language sql stable
    return coalesce(current_setting('dmp.task', true), '');

alter table record enable row level security;
create policy record_scope on record to dmp_runtime
    using (
        record_id = dmp_record()
        or ins_number = any (dmp_ins())
        or dmp_actors() is not null and exists (
            select from consent c
            where c.record_id = record.record_id and c.actor_id = any (dmp_actors())
        )
        or dmp_task() = 'regulation' and emergency_regulation_allowed and state = 1
    )
    with check (record_id = dmp_record() or ins_number = any (dmp_ins()));

alter table consent enable row level security;
create policy consent_scope on consent to dmp_runtime
    using (record_id = dmp_record() or actor_id = any (dmp_actors()))
    with check (record_id = dmp_record());

alter table block enable row level security;
create policy block_scope on block to dmp_runtime
    using (record_id = dmp_record() or actor_id = any (dmp_actors()))
    with check (record_id = dmp_record());

alter table emergency_access enable row level security;
create policy emergency_access_scope on emergency_access to dmp_runtime
    using (record_id = dmp_record() or dmp_task() = 'review')
    with check (record_id = dmp_record());

alter table document enable row level security;
create policy document_scope on document to dmp_runtime
    using (record_id = dmp_record() or dmp_task() = 'housekeeping')
    with check (record_id = dmp_record() or dmp_task() = 'housekeeping');

alter table document_version enable row level security;
create policy document_version_scope on document_version to dmp_runtime
    using (record_id = dmp_record() or dmp_task() = 'housekeeping')
    with check (record_id = dmp_record());

-- Every call adds its event, refused ones too; reading is for one record.
alter table audit_event enable row level security;
create policy audit_event_add on audit_event for insert to dmp_runtime with check (true);
create policy audit_event_scope on audit_event for select to dmp_runtime using (record_id = dmp_record());

-- Remembered answers hold what was answered.
alter table request_log enable row level security;
create policy request_log_scope on request_log to dmp_runtime
    using (caller_key = current_setting('dmp.caller', true) or dmp_task() = 'housekeeping')
    with check (caller_key = current_setting('dmp.caller', true));
