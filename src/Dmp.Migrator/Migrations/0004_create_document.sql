-- Documents, their versions, and uploads under way. New tables only. Undo: drop them.

create table document (
    document_id uuid not null,
    record_id uuid not null,
    current_version integer not null,
    -- MASQUE_PS, for all versions.
    masked boolean not null,
    -- The numbers of dmp.document.v1.DocumentStatus: 1 approved, 3 archived, 4 deleted. Deprecated (2) follows from the
    -- version.
    state smallint not null,
    revision bigint not null,
    create_time timestamptz not null,
    update_time timestamptz not null,
    constraint document_pkey primary key (document_id),
    constraint document_record_fkey foreign key (record_id) references record (record_id),
    constraint document_state_check check (state in (1, 3, 4)),
    constraint document_version_check check (current_version > 0 and revision > 0)
);

create table document_version (
    document_id uuid not null,
    version integer not null,
    record_id uuid not null,
    unique_id text not null,
    -- Who deposited, from the token: the numbers of dmp.type.v1.ActorKind and the identifiers that decisions compare.
    depositor_kind smallint not null,
    depositor_professional_id text,
    depositor_structure_id text,
    -- Whom unique_id is unique for: the structure, else the person. One depositor never learns of another's documents by
    -- a clash of identifiers.
    depositor_key text not null,
    -- dmp.type.v1.Actor, encoded, for answers.
    depositor bytea not null,
    -- dmp.document.v1.DocumentMetadata, encoded, for answers; the columns below repeat what searches compare.
    metadata bytea not null,
    type_code text not null,
    class_code text not null,
    practice_setting text,
    facility_type text,
    event_codes text[] not null,
    author_ids text[] not null,
    author_structure_ids text[] not null,
    creation_time timestamptz not null,
    service_start_time timestamptz not null,
    size_bytes bigint not null,
    sha256 bytea not null,
    sha1 bytea not null,
    form smallint not null,
    -- The blob in the content store.
    content_id uuid not null,
    create_time timestamptz not null,
    constraint document_version_pkey primary key (document_id, version),
    constraint document_version_document_fkey foreign key (document_id) references document (document_id),
    constraint document_version_unique_id_key unique (record_id, depositor_key, unique_id),
    constraint document_version_content_key unique (content_id),
    constraint document_version_size_check check (size_bytes > 0),
    constraint document_version_digest_check check (length(sha256) = 32 and length(sha1) = 20)
);

-- The order of searches; every search names a record.
create index document_version_search_idx
    on document_version (record_id, service_start_time desc, document_id desc, version desc);

create table upload (
    upload_id uuid not null,
    caller_key text not null,
    request_id uuid not null,
    record_id uuid not null,
    content_id uuid not null,
    start_time timestamptz not null,
    -- Moved while bytes arrive; a row that stands still was left by a server that died.
    heartbeat_time timestamptz not null,
    constraint upload_pkey primary key (upload_id),
    constraint upload_request_key unique (caller_key, request_id)
);

create index upload_heartbeat_idx on upload (heartbeat_time);

grant select, insert, update on document to dmp_runtime;
grant select, insert on document_version to dmp_runtime;
grant select, insert, update, delete on upload to dmp_runtime;
