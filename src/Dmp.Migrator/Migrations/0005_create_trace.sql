-- The trace: one event a call, and a log over the events in the manner of RFC 6962, so that a change of either is noticed
-- (docs/trace.md). It is nine tenths of all bytes, and names no other table: it may live apart. Locks: none. Undo: drop the tables.

-- 244 random bits from the database's own secure source.
create function dmp_random_salt() returns bytea
    language sql volatile
    return sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- One row a call. The server may add and read, never change or delete (R1111-43: all actions are kept). Event ids are UUIDs of version 7,
-- so a month is a range of ids, and is dropped as a whole when it has served its ten years.
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
    -- Done in a secret connection.
    hidden_from_representatives boolean not null default false,
    -- What somebody may see depends on specialty and sector too (occupational physicians).
    specialty_code text,
    sector_code text,
    staff_id text,
    user_agent text,
    -- The numbers of dmp.access.v1.AccessMode and dmp.audit.v1.AuditBasis; null for calls about no record, or that were refused.
    access_mode smallint,
    basis smallint,
    emergency_access_id uuid,
    -- Beside document_ids, element by element; 0 and '' where a refused call named a document and nothing was found.
    document_versions integer[],
    document_sha256s bytea[],
    -- Why an operator or auditor looked.
    justification text,
    origin inet,
    duration_us bigint,
    -- What the commitment is blinded with: without it nothing can be guessed from hashes. It goes when its month goes.
    salt bytea not null default dmp_random_salt(),
    -- The commitment and its Ed25519 signature with the key of that id (table audit_key).
    root bytea,
    signature bytea,
    signing_key text,
    -- The transaction that wrote the event. By it the sequencer finds what has been committed since.
    xid xid8 not null default pg_current_xact_id(),
    -- Calls that are refused before anybody is known are counted: one event says how many. Null in the event of one call.
    call_count bigint,
    constraint audit_event_pkey primary key (event_id),
    constraint audit_event_outcome_check check (outcome between 1 and 3),
    constraint audit_event_documents_check check (
        cardinality(document_versions) = cardinality(document_ids)
        and cardinality(document_sha256s) = cardinality(document_ids)),
    constraint audit_event_proof_check check (
        length(salt) = 32
        and (root is null) = (signature is null)
        and (root is null) = (signing_key is null))
) partition by range (event_id);

create index audit_event_record_idx on audit_event (record_id, event_id desc) where record_id is not null;
-- What a professional or structure did.
create index audit_event_actor_idx on audit_event (actor_id, event_id desc) where actor_id is not null;
-- Support finds a call by the id that every error tells people to quote.
create index audit_event_call_idx on audit_event (server_request_id, event_id desc);
create index audit_event_xid_idx on audit_event (xid, event_id);

-- What fits no month: nothing is ever lost because nobody made the next one.
create table audit_event_other partition of audit_event default;

-- The log. Leaves follow the order in which transactions committed: an event that commits later never gets a smaller index. Divided by
-- ranges of 2^28 indexes, some 40 GB, about a week of a country (ADR 0029). No default: whatever is appended has its part, made long
-- before, and reading in order needs to look at no other.
create table audit_leaf (
    leaf_index bigint not null,
    event_id uuid not null,
    -- SHA-256(0x00 || root of the event).
    leaf_hash bytea not null,
    -- As in audit_event, so that a changed number there is noticed.
    xid xid8 not null,
    constraint audit_leaf_pkey primary key (leaf_index),
    constraint audit_leaf_leaf_index_check check (leaf_index >= 0)
) partition by range (leaf_index);

create table audit_leaf_000000 (like audit_leaf including constraints, unique (event_id));
alter table audit_leaf attach partition audit_leaf_000000 for values from (minvalue) to (268435456);

-- In which range of indexes the leaves of events are whose ids begin so: four digits are 50 days.
create table audit_leaf_span (
    id_prefix text not null,
    first_leaf bigint not null,
    behind_leaf bigint not null,
    constraint audit_leaf_span_pkey primary key (id_prefix, first_leaf, behind_leaf)
);

-- Hashes of whole subtrees of 256, 65536, ... leaves (level 8, 16, ...), so that a proof reads a few hundred hashes of any log.
create table audit_node (
    level smallint not null,
    node_index bigint not null,
    hash bytea not null,
    constraint audit_node_pkey primary key (level, node_index)
);

-- Signed states of the log.
create table audit_checkpoint (
    tree_size bigint not null,
    root bytea not null,
    -- The signed note (C2SP tlog-checkpoint).
    note text not null,
    create_time timestamptz not null,
    -- Every event of a transaction below this one has its leaf.
    horizon xid8 not null,
    constraint audit_checkpoint_pkey primary key (tree_size)
);

-- Public keys that have signed, so that old events can be checked after a rotation. Whether to trust them is decided elsewhere.
create table audit_key (
    key_id text not null,
    -- The verifier key (C2SP signed-note).
    vkey text not null,
    create_time timestamptz not null,
    constraint audit_key_pkey primary key (vkey)
);

-- The smallest id of a month.
create function dmp_month_id(month date) returns uuid
    language sql immutable
    return (
        lpad(to_hex((extract(epoch from month::timestamp at time zone 'UTC') * 1000)::bigint), 12, '0') || repeat('0', 20)
    )::uuid;

-- Makes one month, with what already waits for it elsewhere; false when it is there.
create function dmp_add_trace_month(month date) returns boolean
    language plpgsql set search_path = pg_catalog, public, pg_temp
    as $$
declare
    partition text := 'audit_event_' || to_char(month, 'YYYYMM');
    first uuid := public.dmp_month_id(month);
    next uuid := public.dmp_month_id((month + interval '1 month')::date);
begin
    -- Two servers take turns.
    perform pg_advisory_xact_lock(hashtext('dmp_add_trace_month'));
    if to_regclass('public.' || partition) is not null then
        return false;
    end if;

    execute format('create table public.%I (like public.audit_event including defaults including constraints)', partition);
    execute format(
        'with moved as (delete from public.audit_event_other where event_id >= %L and event_id < %L returning *) '
        'insert into public.%I select * from moved',
        first, next, partition);
    execute format('alter table public.audit_event attach partition public.%I for values from (%L) to (%L)', partition, first, next);
    return true;
end
$$;
revoke all on function dmp_add_trace_month(date) from public;

-- Makes the next part as soon as the newest one is used. An event has one leaf in each part at most; that it has one in all, the sequencer
-- sees to, which looks before it appends.
create function dmp_add_leaf_part() returns boolean
    language plpgsql set search_path = pg_catalog, public, pg_temp
    as $$
declare
    newest bigint;
    part text;
begin
    perform pg_advisory_xact_lock(hashtext('dmp_add_trace_month'));
    select max(right(c.relname, 6)::bigint) into newest
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.audit_leaf'::regclass and c.relname ~ '^audit_leaf_[0-9]{6}$';
    if not exists (select from public.audit_leaf where leaf_index >= newest << 28) and newest > 0 then
        return false;
    end if;

    part := 'audit_leaf_' || lpad((newest + 1)::text, 6, '0');
    execute format('create table public.%I (like public.audit_leaf including constraints, unique (event_id))', part);
    execute format(
        'alter table public.audit_leaf attach partition public.%I for values from (%s) to (%s)',
        part, (newest + 1) << 28, (newest + 2) << 28);
    return true;
end
$$;
revoke all on function dmp_add_leaf_part() from public;

-- Makes the months from the current one on, as far ahead as asked, and the next part of the log; says how many months were missing. The
-- server calls it, and owns no table: the function acts as the owner of the schema, and can do nothing else.
create function dmp_add_trace_months(ahead integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
    as $$
begin
    if ahead not between 1 and 24 then
        raise exception 'ahead must be 1 to 24' using errcode = 'invalid_parameter_value';
    end if;

    perform public.dmp_add_leaf_part();
    return (
        select count(*) filter (
            where public.dmp_add_trace_month((date_trunc('month', now() at time zone 'UTC') + i * interval '1 month')::date))
        from generate_series(0, ahead - 1) i
    );
end
$$;
revoke all on function dmp_add_trace_months(integer) from public;

select dmp_add_trace_months(3);
