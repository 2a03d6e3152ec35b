-- The trace, the outbox and the memory of request ids. New tables only. Undo: drop them.

-- One row a call. The runtime role may add and read, never change or delete (R1111-43: all actions are kept).
create table audit_event (
    event_id uuid not null,
    event_time timestamptz not null,
    method text not null,
    -- The numbers of dmp.type.v1.ActorKind; 0 when no token could be verified.
    actor_kind smallint not null,
    -- National identifier of a professional or structure. Null for patients and representatives: no INS here.
    actor_id text,
    actor_name text,
    profession_system text,
    profession_code text,
    structure_id text,
    structure_name text,
    software_id text,
    -- Issuer and subject of the token.
    subject text,
    -- As asked for; a refused call may name a record that does not exist.
    record_id uuid,
    document_ids uuid[] not null,
    -- The numbers of dmp.audit.v1.AuditOutcome, the gRPC status, the reason without its prefix.
    outcome smallint not null,
    status_code smallint not null,
    reason text,
    server_request_id uuid not null,
    request_id text,
    constraint audit_event_pkey primary key (event_id),
    constraint audit_event_outcome_check check (outcome between 1 and 3)
);

create index audit_event_record_idx on audit_event (record_id, event_id desc) where record_id is not null;

-- What happened, for those who will be told. Written in the transaction of the change.
create table outbox (
    outbox_id bigint generated always as identity,
    event_time timestamptz not null,
    kind text not null,
    record_id uuid not null,
    document_id uuid,
    version integer,
    constraint outbox_pkey primary key (outbox_id)
);

-- First answer of every mutating call, for repeats of it.
create table request_log (
    caller_key text not null,
    request_id uuid not null,
    method text not null,
    -- SHA-256 of the method and the request without its request id.
    fingerprint bytea not null,
    response bytea not null,
    create_time timestamptz not null,
    constraint request_log_pkey primary key (caller_key, request_id)
);

create index request_log_create_time_idx on request_log (create_time);

-- Keys that protect page tokens (ASP.NET Core Data Protection), shared by all servers.
create table key_ring (
    name text not null,
    xml text not null,
    constraint key_ring_pkey primary key (name)
);

grant select, insert on audit_event, outbox, key_ring to dmp_runtime;
grant usage on sequence outbox_outbox_id_seq to dmp_runtime;
grant select, insert, update, delete on request_log to dmp_runtime;
