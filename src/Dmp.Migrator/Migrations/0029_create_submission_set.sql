-- Why: documents that were sent together (submission sets, lots de soumission) are stored as one, and found as one. Members are the versions that
-- name the set; there is no table for them.
-- Locks: document_version, exclusively: for an instant for its column, which has no default and is empty everywhere, so that the reference need not be
-- checked; then for writing while the index is made, which reads the table once (about half a minute for ten million versions) and holds
-- nothing at first. Undo: drop the index, the column and the table; documents stay.

create table submission_set (
    submission_set_id uuid not null,
    record_id uuid not null,
    unique_id text not null,
    -- Who deposited, as in document_version.
    depositor_kind smallint not null,
    depositor_professional_id text,
    depositor_structure_id text,
    depositor_key text not null,
    depositor bytea not null,
    -- dmp.document.v1.SubmissionSetMetadata, encoded, for answers.
    metadata bytea not null,
    -- The signature document as it came.
    signature bytea,
    create_time timestamptz not null,
    constraint submission_set_pkey primary key (submission_set_id),
    constraint submission_set_record_fkey foreign key (record_id) references record (record_id),
    constraint submission_set_unique_id_key unique (record_id, depositor_key, unique_id),
    constraint submission_set_signature_check check (length(signature) between 1 and 65536)
);

-- The order of lists; every list names a record.
create index submission_set_list_idx on submission_set (record_id, create_time desc, submission_set_id desc);

alter table document_version
    add column submission_set_id uuid references submission_set (submission_set_id);

create index document_version_submission_set_idx on document_version (submission_set_id) where submission_set_id is not null;

-- Sets never change.
grant select, insert on submission_set to dmp_runtime;

alter table submission_set enable row level security;
create policy submission_set_scope on submission_set to dmp_runtime
    using (record_id = dmp_record()) with check (record_id = dmp_record());
create policy submission_set_batch on submission_set to dmp_runtime
    using (record_id = any ((select dmp_records())::uuid[])) with check (record_id = any ((select dmp_records())::uuid[]));
