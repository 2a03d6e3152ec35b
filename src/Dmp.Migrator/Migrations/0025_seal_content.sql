-- Why: content is sealed before it reaches the content store (docs/encryption.md, ADR 0017): a key per record, wrapped by a master key
-- outside of the database. Destroying the key of a record is the erasure of its content. Content of before stays plain, its
-- record_key_id is null.
-- Locks: document_version and upload for an instant. Undo: only while no version has a key: drop the columns and the tables.

-- Which master key wraps new keys: the one with the greatest ordinal. The keys themselves are with their provider.
create table master_key (
    ordinal integer not null,
    -- file/NAME, pkcs11/NAME, keyvault/NAME/VERSION
    master_key_id text not null,
    create_time timestamptz not null,
    constraint master_key_pkey primary key (ordinal),
    constraint master_key_ordinal_check check (ordinal > 0)
);

create table record_key (
    record_key_id uuid not null,
    record_id uuid not null,
    -- The master key that wraps it.
    master_key_id text not null,
    -- Null when it was destroyed. The row stays, so that what was erased is told from what was lost.
    wrapped bytea,
    create_time timestamptz not null,
    destroy_time timestamptz,
    constraint record_key_pkey primary key (record_key_id),
    constraint record_key_record_fkey foreign key (record_id) references record (record_id),
    constraint record_key_destroy_check check ((wrapped is null) = (destroy_time is not null))
);

-- One living key a record, whoever makes it.
create unique index record_key_living_key on record_key (record_id) where destroy_time is null;
-- How many keys a master key wraps, and which are to be wrapped anew.
create index record_key_master_idx on record_key (master_key_id, record_key_id) where destroy_time is null;

alter table document_version
    add column record_key_id uuid,
    add constraint document_version_record_key_fkey foreign key (record_key_id) references record_key (record_key_id);

-- An upload that is taken up again goes on with the key that it was begun with. What was sent of those of today is not sealed.
delete from upload;
alter table upload add column record_key_id uuid not null;

-- The server adds the first master key; a rotation is the owner's. It adds keys of records, and neither changes nor destroys one.
grant select, insert on master_key to dmp_runtime;
grant select, insert on record_key to dmp_runtime;

alter table master_key enable row level security;
create policy master_key_see on master_key for select to dmp_runtime using (true);
create policy master_key_first on master_key for insert to dmp_runtime with check (ordinal = 1);

alter table record_key enable row level security;
create policy record_key_scope on record_key to dmp_runtime
    using (record_id = dmp_record())
    with check (record_id = dmp_record() and destroy_time is null);
