-- Why: documents of many records are added by one transaction (bulk import). A
-- connection can be opened for a list of records, as it is for one: the wall of 0008 stands, with as many doors as the batch has records.
-- Locks: each table for an instant (policies), and document_version for writing while its index is made: about a minute for ten million
-- versions. Undo: drop the policies, the index and the function.

-- The records of a batch.
create function dmp_records() returns uuid[]
    language sql stable
    return string_to_array(nullif(current_setting('dmp.records', true), ''), ' ')::uuid[];

-- What a decision about a record reads, and what adding a document to it writes. The subselect is evaluated once for a statement, not once
-- for each row.
create policy record_batch on record for select to dmp_runtime using (record_id = any ((select dmp_records())::uuid[]));
-- To keep the keys of the records from being destroyed meanwhile (for key share); nothing of a record is changed by a batch.
create policy record_batch_share on record for update to dmp_runtime
    using (record_id = any ((select dmp_records())::uuid[])) with check (false);
create policy consent_batch on consent for select to dmp_runtime using (record_id = any ((select dmp_records())::uuid[]));
create policy block_batch on block for select to dmp_runtime using (record_id = any ((select dmp_records())::uuid[]));
create policy emergency_access_batch on emergency_access for select to dmp_runtime using (record_id = any ((select dmp_records())::uuid[]));
create policy delegation_batch on delegation for select to dmp_runtime using (record_id = any ((select dmp_records())::uuid[]));
create policy care_team_batch on care_team for select to dmp_runtime using (record_id = any ((select dmp_records())::uuid[]));
create policy visibility_rule_batch on visibility_rule for select to dmp_runtime using (record_id = any ((select dmp_records())::uuid[]));
create policy upload_batch on upload to dmp_runtime
    using (record_id = any ((select dmp_records())::uuid[])) with check (record_id = any ((select dmp_records())::uuid[]));
create policy record_key_batch on record_key to dmp_runtime
    using (record_id = any ((select dmp_records())::uuid[]))
    with check (record_id = any ((select dmp_records())::uuid[]) and destroy_time is null);
create policy document_batch on document to dmp_runtime
    using (record_id = any ((select dmp_records())::uuid[])) with check (record_id = any ((select dmp_records())::uuid[]));
create policy document_version_batch on document_version to dmp_runtime
    using (record_id = any ((select dmp_records())::uuid[])) with check (record_id = any ((select dmp_records())::uuid[]));

-- What a structure deposited, wherever: for the question whether a content is here already.
create policy document_version_sent on document_version for select to dmp_runtime
    using (dmp_task() = 'deposits' and depositor_structure_id = any (dmp_actors()));
create policy document_sent on document for select to dmp_runtime
    using (dmp_task() = 'deposits' and exists (select from document_version v where v.document_id = document.document_id));
create policy record_sent on record for select to dmp_runtime
    using (dmp_task() = 'deposits' and exists (select from document_version v where v.record_id = record.record_id));

create index document_version_sha256_idx on document_version (sha256);
