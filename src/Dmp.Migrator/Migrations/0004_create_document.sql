-- Documents, their versions and the sets they came in, uploads under way, and the keys that their content is sealed with.
-- Locks: none. Undo: drop the tables.

-- Which master key wraps new keys: the one with the greatest ordinal. The keys themselves are with their provider.
create table master_key (
    ordinal integer not null,
    -- file/NAME, pkcs11/NAME, keyvault/NAME/VERSION
    master_key_id text not null,
    create_time timestamptz not null,
    constraint master_key_pkey primary key (ordinal),
    constraint master_key_ordinal_check check (ordinal > 0)
);

-- Content is sealed before it reaches the content store (docs/encryption.md, ADR 0017) with a key of its record. Destroying the key is
-- the erasure of the content.
create table record_key (
    record_key_id uuid not null,
    record_id uuid not null,
    -- The master key that wraps it.
    master_key_id text not null,
    -- Null when it was destroyed. The row stays, so that what was erased is told from what was lost.
    wrapped bytea,
    create_time timestamptz not null,
    destroy_time timestamptz,
    constraint record_key_pkey primary key (record_id, record_key_id),
    constraint record_key_record_fkey foreign key (record_id) references record (record_id),
    constraint record_key_destroy_check check ((wrapped is null) = (destroy_time is not null))
);

-- One living key a record, whoever makes it.
create unique index record_key_living_key on record_key (record_id) where destroy_time is null;
-- How many keys a master key wraps, and which are to be wrapped anew.
create index record_key_master_idx on record_key (master_key_id, record_key_id) where destroy_time is null;

-- What patients wish, sealed with the key of the record: a version for each statement.
create table wish (
    wish_id uuid not null,
    record_id uuid not null,
    -- The numbers of dmp.wishes.v1.WishKind: 1 emergency contacts, 2 organ donation, 3 advance directives.
    kind smallint not null,
    -- The message of dmp.wishes.v1, sealed under wish_id.
    content bytea not null,
    record_key_id uuid not null,
    -- dmp.type.v1.Actor, encoded. For people to read.
    stated_by bytea not null,
    state_time timestamptz not null,
    end_time timestamptz,
    -- The numbers of dmp.wishes.v1.WishState: 2 superseded, 3 revoked.
    end_state smallint,
    constraint wish_pkey primary key (record_id, wish_id),
    constraint wish_record_fkey foreign key (record_id) references record (record_id),
    constraint wish_kind_check check (kind between 1 and 3),
    constraint wish_end_check check ((end_time is null) = (end_state is null) and (end_state in (2, 3)) is not false)
);

-- One statement of a kind in force.
create unique index wish_living_key on wish (record_id, kind) where end_time is null;

-- Designations of a trusted person, sealed likewise.
create table trusted_person (
    trusted_person_id uuid not null,
    record_id uuid not null,
    -- dmp.wishes.v1.TrustedPerson: name, telephone, relationship, authorisation of a court; sealed under trusted_person_id.
    content bytea not null,
    record_key_id uuid not null,
    -- SHA-256 of the code.
    code_sha256 bytea not null,
    code_expire_time timestamptz not null,
    create_time timestamptz not null,
    -- Of a designation for one stay.
    stay_end_time timestamptz,
    -- Issuer and subject of the token with which it was accepted.
    accepter_subject text,
    accept_time timestamptz,
    refuse_time timestamptz,
    end_time timestamptz,
    constraint trusted_person_pkey primary key (record_id, trusted_person_id),
    constraint trusted_person_record_fkey foreign key (record_id) references record (record_id),
    -- Whoever was named has the code alone.
    constraint trusted_person_code_key unique (code_sha256, record_id),
    constraint trusted_person_code_check check (length(code_sha256) = 32),
    constraint trusted_person_accept_check check ((accept_time is null) = (accepter_subject is null)),
    constraint trusted_person_refuse_check check (refuse_time is null or accept_time is null)
);

-- One trusted person, and one invitation.
create unique index trusted_person_accepted_key on trusted_person (record_id) where accept_time is not null and end_time is null;
create unique index trusted_person_invited_key on trusted_person (record_id)
    where accept_time is null and refuse_time is null and end_time is null;

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
    -- INVISIBLE_PATIENT until this time (consultation d'annonce, R1111-53); null: visible.
    patient_visible_time timestamptz,
    -- When the patient is told that something waits; null: nothing waits, or it was told.
    announce_time timestamptz,
    -- INVISIBLE_REPRESENTANTS_LEGAUX.
    hidden_from_representatives boolean not null default false,
    constraint document_pkey primary key (record_id, document_id),
    constraint document_record_fkey foreign key (record_id) references record (record_id),
    constraint document_state_check check (state in (1, 3, 4)),
    constraint document_version_check check (current_version > 0 and revision > 0)
);

create index document_announce_idx on document (announce_time) where announce_time is not null;
create index document_reveal_idx on document (patient_visible_time) where patient_visible_time is not null;

-- Documents that were sent together (lots de soumission) are stored as one, and found as one. Members are the versions that name the
-- set; there is no table for them. Sets never change.
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
    constraint submission_set_pkey primary key (record_id, submission_set_id),
    constraint submission_set_record_fkey foreign key (record_id) references record (record_id),
    constraint submission_set_unique_id_key unique (record_id, depositor_key, unique_id),
    constraint submission_set_signature_check check (length(signature) between 1 and 65536)
);

-- The order of lists; every list names a record.
create index submission_set_list_idx on submission_set (record_id, create_time desc, submission_set_id desc);

create table document_version (
    document_id uuid not null,
    version integer not null,
    record_id uuid not null,
    -- In one form (TEXT_KIND_UNIQUE_ID of the contract); what was sent is in metadata.
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
    -- The blob that holds the content with that of others; null: a blob of its own, named by content_id.
    blob_id uuid,
    -- Where the content begins in the blob.
    blob_offset bigint not null default 0,
    -- Null: the content is not sealed (dmp store seal).
    record_key_id uuid,
    submission_set_id uuid,
    constraint document_version_pkey primary key (record_id, document_id, version),
    constraint document_version_document_fkey foreign key (record_id, document_id) references document (record_id, document_id),
    constraint document_version_record_key_fkey foreign key (record_id, record_key_id) references record_key (record_id, record_key_id),
    constraint document_version_submission_set_id_fkey
        foreign key (record_id, submission_set_id) references submission_set (record_id, submission_set_id),
    constraint document_version_unique_id_key unique (record_id, unique_id, depositor_key),
    -- The sweep of the content store asks by content_id alone.
    constraint document_version_content_key unique (content_id, record_id),
    constraint document_version_size_check check (size_bytes > 0),
    constraint document_version_digest_check check (length(sha256) = 32 and length(sha1) = 20),
    constraint document_version_blob_check check (blob_offset >= 0 and (blob_id is not null or blob_offset = 0))
);

-- The order of searches; every search names a record.
create index document_version_search_idx
    on document_version (record_id, service_start_time desc, document_id desc, version desc);
create index document_version_blob_idx on document_version (blob_id) where blob_id is not null;
-- What is not sealed, as a whole and of a record (dmp keys status, destroy).
create index document_version_plain_idx on document_version (record_id) where record_key_id is null;
-- "Is this content here already?"
create index document_version_sha256_idx on document_version (sha256);
create index document_version_structure_idx on document_version (depositor_structure_id, record_id)
    where depositor_structure_id is not null;
create index document_version_submission_set_idx on document_version (record_id, submission_set_id)
    where submission_set_id is not null;

-- What a version states and the words in it, read from it after it came (docs/facts.md, docs/search.md). A row comes with each version
-- that is no picture; it is the place in the queue too.
create table document_facts (
    record_id uuid not null,
    document_id uuid not null,
    version integer not null,
    -- The numbers of dmp.fact.v1.DocumentFactsState: 1 read, 2 waiting, 3 read and not structured, 4 failed, 5 erased.
    state smallint not null,
    -- Which kinds of facts it holds, a bit for each number of dmp.fact.v1.FactKind; bit 30: something was not read.
    kinds integer not null default 0,
    -- dmp.fact.v1.DocumentFacts, compressed and sealed as content is (ADR 0017), under the name facts_id, with the key of the version.
    block bytea,
    facts_id uuid,
    -- The same of its words (src/Dmp.Search), under the name words_id. Null: there are none.
    words bytea,
    words_id uuid,
    -- Some of its words were not read.
    words_cut boolean not null default false,
    record_key_id uuid,
    -- Which edition of the reader made it.
    reader integer not null default 0,
    -- When it is to be read. While it is: when that counts as lost, with the server that did it. Null: it was.
    due_time timestamptz,
    -- So often it was taken to be read, since it last was.
    attempts integer not null default 0,
    -- Of the version.
    size_bytes bigint not null,
    -- It is taken by itself: it is large, or a server or a reading ended with it before. Others are taken several at a time.
    alone boolean not null generated always as (size_bytes > 131072 or attempts > 0) stored,
    constraint document_facts_pkey primary key (record_id, document_id, version),
    constraint document_facts_version_fkey
        foreign key (record_id, document_id, version) references document_version (record_id, document_id, version),
    constraint document_facts_record_key_fkey foreign key (record_id, record_key_id) references record_key (record_id, record_key_id),
    constraint document_facts_state_check check (state between 1 and 5),
    constraint document_facts_block_check check ((block is null) = (facts_id is null) and (state = 1 or block is null)),
    constraint document_facts_words_check check ((words is null) = (words_id is null) and (state in (1, 3) or words is null)),
    constraint document_facts_key_check check ((record_key_id is null) = (block is null and words is null))
);

-- What is due, of both queues.
create index document_facts_due_idx on document_facts (alone, due_time) where due_time is not null;

create table upload (
    upload_id uuid not null,
    caller_key text not null,
    request_id uuid not null,
    record_id uuid not null,
    content_id uuid not null,
    start_time timestamptz not null,
    -- Moved while bytes arrive; a row that stands still was left by a server that died.
    heartbeat_time timestamptz not null,
    -- dmp.document.v1.UploadIntent as it was sent.
    intent bytea not null,
    -- What must be equal when the intent is sent again.
    fingerprint bytea not null,
    -- In a secret connection.
    secret boolean not null,
    -- Counts the calls that took it up. Only the last one may go on and finish: the others find another number.
    generation integer not null default 1,
    -- Bytes that were in the content store at the last sign of life.
    persisted_size bigint not null default 0,
    -- A call sends it, unless its server fell silent (heartbeat_time).
    running boolean not null default true,
    -- An upload that is taken up again goes on with the key that it was begun with.
    record_key_id uuid not null,
    constraint upload_pkey primary key (record_id, upload_id),
    -- A request id is the caller's, whatever record it is about.
    constraint upload_request_key unique (caller_key, request_id),
    constraint upload_generation_check check (generation > 0)
);

create index upload_heartbeat_idx on upload (heartbeat_time);
-- The sweep of the content store asks whether a blob belongs to an unfinished upload.
create index upload_content_idx on upload (content_id);
