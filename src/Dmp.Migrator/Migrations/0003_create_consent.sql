-- Authorisations and the blocked list. New tables only. Undo: drop both.

create table consent (
    consent_id uuid not null,
    record_id uuid not null,
    -- The numbers of dmp.type.v1.ActorKind: 1 professional, 2 structure.
    actor_kind smallint not null,
    actor_id text not null,
    actor_name text not null,
    attending_physician boolean not null,
    -- The numbers of dmp.consent.v1.ConsentOrigin and ConsentCollection.
    origin smallint not null,
    collection smallint not null,
    -- dmp.type.v1.Actor, encoded: who gave it last. For people to read, never for decisions.
    given_by bytea not null,
    grant_time timestamptz not null,
    expire_time timestamptz not null,
    revoke_time timestamptz,
    revoked_by bytea,
    constraint consent_pkey primary key (consent_id),
    constraint consent_record_fkey foreign key (record_id) references record (record_id),
    constraint consent_actor_check check (actor_kind in (1, 2) and actor_id <> ''),
    constraint consent_attending_check check (not attending_physician or actor_kind = 1),
    constraint consent_expire_check check (expire_time > grant_time),
    constraint consent_revoke_check check ((revoke_time is null) = (revoked_by is null))
);

-- One living authorisation for one actor on one record; it also serves the decision of every call.
create unique index consent_living_key on consent (record_id, actor_kind, actor_id) where revoke_time is null;
-- "Which records may I use?"
create index consent_actor_idx on consent (actor_kind, actor_id, record_id) where revoke_time is null;
-- Lists, newest first.
create index consent_record_idx on consent (record_id, consent_id desc);

create table block (
    block_id uuid not null,
    record_id uuid not null,
    actor_kind smallint not null,
    actor_id text not null,
    actor_name text not null,
    blocked_by bytea not null,
    block_time timestamptz not null,
    unblock_time timestamptz,
    unblocked_by bytea,
    constraint block_pkey primary key (block_id),
    constraint block_record_fkey foreign key (record_id) references record (record_id),
    constraint block_actor_check check (actor_kind in (1, 2) and actor_id <> ''),
    constraint block_unblock_check check ((unblock_time is null) = (unblocked_by is null))
);

create unique index block_living_key on block (record_id, actor_kind, actor_id) where unblock_time is null;
create index block_record_idx on block (record_id, block_id desc);

grant select, insert, update on consent, block to dmp_runtime;
