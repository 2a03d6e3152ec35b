-- Why: an upload that breaks is taken up again, also by another server, so its intent and its bytes outlive the call; and small
-- documents share blobs, so that several are made durable by one flush.
-- Locks: upload and document_version exclusively for an instant (columns without default or with a constant one); the index is made on
-- an empty column. Uploads that are under way while this runs end as they would have; they cannot be taken up.
-- Undo: drop the columns, the index and the policy; documents with a blob_id would be lost to the version before.

delete from upload;

alter table upload
    -- dmp.document.v1.UploadIntent as it was sent.
    add column intent bytea not null default '',
    -- What must be equal when the intent is sent again.
    add column fingerprint bytea not null default '',
    -- In a secret connection.
    add column secret boolean not null default false,
    -- Counts the calls that took it up. Only the last one may go on and finish: the others find another number.
    add column generation integer not null default 1,
    -- Bytes that were in the content store at the last sign of life.
    add column persisted_size bigint not null default 0,
    -- A call sends it, unless its server fell silent (heartbeat_time).
    add column running boolean not null default true,
    add constraint upload_generation_check check (generation > 0);

-- The intent holds what is said about a document.
alter table upload enable row level security;
create policy upload_scope on upload to dmp_runtime
    using (record_id = dmp_record() or dmp_task() = 'housekeeping')
    with check (record_id = dmp_record());

-- The sweep of the content store asks whether a blob belongs to an unfinished upload.
create index upload_content_idx on upload (content_id);

alter table document_version
    -- The blob that holds the content; null: a blob of its own, named by content_id.
    add column blob_id uuid,
    -- Where the content begins in the blob.
    add column blob_offset bigint not null default 0,
    add constraint document_version_blob_check check (blob_offset >= 0 and (blob_id is not null or blob_offset = 0));

create index document_version_blob_idx on document_version (blob_id) where blob_id is not null;
