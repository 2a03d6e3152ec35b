-- Why: whoever owns the schema can change the trace. That such a change is noticed, each event now carries a commitment and a
-- signature, and a log in the manner of RFC 6962 over the commitments has signed checkpoints (docs/trace.md).
-- Events of before get a salt and no signature; the first run of a server puts them into the log as they are.
-- Locks: audit_event is rewritten for the new salts; calls wait. On a large trace run it in a maintenance window.
-- Undo: drop the three tables and audit_key, restore the two policies of 0017, drop the columns.

-- 244 random bits from the database's own secure source.
create function dmp_random_salt() returns bytea
    language sql volatile
    return sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

alter table audit_event
    -- What the commitment is blinded with: without it nothing can be guessed from hashes. It goes when its month goes.
    add column salt bytea not null default dmp_random_salt(),
    -- The commitment and its Ed25519 signature with the key of that id (table audit_key); null in events of before.
    add column root bytea,
    add column signature bytea,
    add column signing_key text,
    -- The transaction that wrote the event: 0 for events of before. By it the sequencer finds what has been committed since.
    add column xid xid8 not null default '0';

alter table audit_event alter column xid set default pg_current_xact_id();
alter table audit_event add constraint audit_event_proof_check check (
    length(salt) = 32
    and (root is null) = (signature is null)
    and (root is null) = (signing_key is null)
);

create index audit_event_xid_idx on audit_event (xid, event_id);

-- The log. Leaves follow the order in which transactions committed: an event that commits later never gets a smaller index.
create table audit_leaf (
    leaf_index bigint not null,
    event_id uuid not null,
    -- SHA-256(0x00 || root of the event).
    leaf_hash bytea not null,
    -- As in audit_event, so that a changed number there is noticed.
    xid xid8 not null,
    constraint audit_leaf_pkey primary key (leaf_index),
    constraint audit_leaf_event_id_key unique (event_id),
    constraint audit_leaf_leaf_index_check check (leaf_index >= 0)
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

grant select, insert on audit_leaf, audit_node, audit_checkpoint, audit_key to dmp_runtime;

-- Nobody back-dates an event behind the sequencer.
alter policy audit_event_add on audit_event with check (xid = pg_current_xact_id());
-- The sequencer sees what it puts into the log.
alter policy audit_event_scope on audit_event
    using (record_id = dmp_record() or dmp_task() = 'conduct' and actor_id = any (dmp_actors()) or dmp_task() = 'sequence');
