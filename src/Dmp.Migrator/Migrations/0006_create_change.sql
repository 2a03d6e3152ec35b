-- Changes, for those who will be told: the feed and the notices. A change is written to the outbox in its transaction; one function moves
-- what has committed from there to change and gives it the next positions, without holes and never half a commit, so that whoever read
-- up to a position has missed nothing (ADR 0012, 0029). Locks: none. Undo: drop the tables and functions.

create table outbox (
    outbox_id bigint generated always as identity,
    event_time timestamptz not null,
    kind text not null,
    record_id uuid not null,
    document_id uuid,
    version integer,
    -- Done in a secret connection.
    hidden_from_representatives boolean not null default false,
    -- The transaction: what committed together is told together.
    commit_id xid8 not null default pg_current_xact_id(),
    -- Who made the change: the numbers of dmp.type.v1.ActorKind and the national identifier; null: the platform by itself.
    made_by_kind smallint,
    made_by_id text,
    -- Whom it is about: the actor of an authorisation or a block.
    actor_kind smallint,
    actor_id text,
    -- The authorisation, rule, block, emergency access, delegation or care team.
    subject_id uuid,
    -- The document before the change; null when it is new.
    previous_version integer,
    was_masked boolean,
    was_state smallint,
    was_patient_visible_time timestamptz,
    was_hidden_from_representatives boolean,
    constraint outbox_pkey primary key (record_id, outbox_id)
);

create index outbox_record_idx on outbox (record_id, commit_id);
create index outbox_commit_idx on outbox (commit_id);
create index outbox_subject_idx on outbox (record_id, subject_id) where subject_id is not null;

-- The columns of outbox with their place.
create table change (
    position bigint not null,
    -- The last position of the same transaction.
    commit_position bigint not null,
    sequence_time timestamptz not null,
    event_time timestamptz not null,
    kind text not null,
    record_id uuid not null,
    document_id uuid,
    version integer,
    hidden_from_representatives boolean not null,
    made_by_kind smallint,
    made_by_id text,
    actor_kind smallint,
    actor_id text,
    subject_id uuid,
    previous_version integer,
    was_masked boolean,
    was_state smallint,
    was_patient_visible_time timestamptz,
    was_hidden_from_representatives boolean,
    -- Read in the order of positions.
    constraint change_pkey primary key (position, record_id),
    constraint change_commit_check check (commit_position >= position)
);

create index change_record_idx on change (record_id, position);
create index change_time_idx on change (sequence_time);
-- When a rule or an authorisation came or went, in the order of commits.
create index change_subject_idx on change (record_id, subject_id, position) where subject_id is not null;
-- "Is this document revealed later?"
create index change_revealed_idx on change (record_id, document_id, position) where kind = 'DOCUMENT_REVEALED';

-- One row, which the sequencing locks. What is at or below first_position was forgotten.
create table change_floor (
    first_position bigint not null
);
create unique index change_floor_key on change_floor ((true));
insert into change_floor values (0);

-- What one sequencing looked at. The newest row counts; the rows before it are forgotten now and then. What counted in a row that is
-- updated would leave a version of it for each commit, and while somebody keeps an old snapshot each commit would read them all.
create table change_pass (
    -- The last position that was given then.
    last_position bigint not null,
    -- Whatever this sees was sequenced. Null: look at everything.
    snapshot pg_snapshot,
    -- The cluster in which transactions are numbered so.
    cluster bigint,
    constraint change_pass_pkey primary key (last_position)
);
insert into change_pass (last_position) values (0);

create view change_head with (security_invoker = true) as
select f.first_position, coalesce((select max(p.last_position) from change_pass p), 0) as last_position
from change_floor f;

-- Both ends at once, for an administrator who sets positions anew. The next sequencing looks at everything.
create function dmp_set_change_head() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp
    as $$
begin
    update public.change_floor set first_position = new.first_position;
    if new.last_position <> old.last_position then
        delete from public.change_pass;
        insert into public.change_pass (last_position) values (new.last_position);
    end if;
    return new;
end
$$;
revoke all on function dmp_set_change_head() from public;
create trigger change_head_set instead of update on change_head for each row execute function dmp_set_change_head();

-- What of the outbox waits is of a transaction that had not ended at this moment. Null where transactions are counted anew and have not
-- come that far, after a dump was restored elsewhere: then everything may wait. The sequencing itself compares the cluster too.
create function dmp_outbox_seen() returns pg_snapshot
    language plpgsql stable set search_path = pg_catalog, public, pg_temp
    as $$
declare
    seen pg_snapshot;
begin
    select p.snapshot into seen from public.change_pass p order by p.last_position desc limit 1;
    return case when pg_snapshot_xmax(seen) <= pg_snapshot_xmax(pg_current_snapshot()) then seen end;
end
$$;

-- Something has committed that has no position yet. Served by outbox_commit_idx, and by nothing else; a transaction that runs for long,
-- here or in another database of the cluster, makes nobody look at what came after it.
create function dmp_outbox_waits() returns boolean
    language plpgsql stable set search_path = pg_catalog, public, pg_temp set enable_seqscan = off
    as $$
declare
    seen pg_snapshot := public.dmp_outbox_seen();
    begin_id xid8 := coalesce(pg_snapshot_xmax(seen), '0');
    running xid8[] := array(select x from pg_snapshot_xip(seen) x);
begin
    return exists (select from public.outbox o where o.commit_id >= begin_id)
        or exists (select from public.outbox o where o.commit_id = any (running));
end
$$;

-- Moves what has committed; returns how many. One caller at a time: the row of change_floor is locked first, and what others committed
-- before that is seen by the statement after it (READ COMMITTED). A transaction that waited for another one's rows took the ids of its
-- own rows later, so that the largest id of a transaction gives the order of those that touched the same. It looks only at transactions
-- that had not ended at the last look: those that were running, and those that came later. Rows are deleted: what is there waits,
-- however transactions are counted, and that no row is told twice rests on nothing else. A table that is dropped or emptied would have
-- to wait for a dump, and all commits behind it.
create function dmp_sequence_changes() returns integer
    language plpgsql volatile set search_path = pg_catalog, public, pg_temp set enable_seqscan = off
    as $$
declare
    last bigint;
    seen pg_snapshot;
    seen_cluster bigint;
    here bigint := (select system_identifier from pg_control_system());
    looked pg_snapshot;
    begin_id xid8 := '0';
    running xid8[] := '{}';
    moved integer;
begin
    perform from public.change_floor for update;
    select p.last_position, p.snapshot, p.cluster into last, seen, seen_cluster
    from public.change_pass p order by p.last_position desc limit 1;

    -- Taken before the statement below, which sees at least as much.
    looked := pg_current_snapshot();
    if seen_cluster = here and pg_snapshot_xmax(seen) <= pg_snapshot_xmax(looked) then
        begin_id := pg_snapshot_xmax(seen);
        running := array(select x from pg_snapshot_xip(seen) x);
    end if;

    with late as (
        delete from public.outbox where commit_id = any (running) and commit_id < begin_id returning *
    ), fresh as (
        delete from public.outbox where commit_id >= begin_id returning *
    ), taken as (
        select * from late union all select * from fresh
    ), placed as (
        select t.*,
            coalesce(last, 0) + row_number() over (order by t.commit_last, t.outbox_id) as position
        from (select taken.*, max(outbox_id) over (partition by commit_id) as commit_last from taken) t
    )
    insert into public.change (
        position, commit_position, sequence_time, event_time, kind, record_id, document_id, version, hidden_from_representatives,
        made_by_kind, made_by_id, actor_kind, actor_id, subject_id, previous_version, was_masked, was_state, was_patient_visible_time,
        was_hidden_from_representatives)
    select position, max(position) over (partition by commit_id), statement_timestamp(), event_time, kind, record_id, document_id, version,
        hidden_from_representatives, made_by_kind, made_by_id, actor_kind, actor_id, subject_id, previous_version, was_masked, was_state,
        was_patient_visible_time, was_hidden_from_representatives
    from placed
    order by position;
    get diagnostics moved = row_count;
    if moved > 0 then
        insert into public.change_pass (last_position, snapshot, cluster) values (coalesce(last, 0) + moved, looked, here);
        -- Once for all that was moved, and not in the transactions of the changes: a notification serialises commits.
        notify dmp_change;
    end if;
    return moved;
end
$$;

-- True when a change of the record committed after the position was read, or got its position since, and when the key was destroyed, which
-- is no change of the record. It says no more than that, so it may look past the row-level security, and needs no scope. Served by
-- change_record_idx, outbox_record_idx and record_key_pkey, past the dead rows of a record that changes often. In plpgsql, which keeps its
-- plan.
create function dmp_changed_since(record uuid, seen bigint, key uuid) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off
    as $$
declare
    passed pg_snapshot := public.dmp_outbox_seen();
    begin_id xid8 := coalesce(pg_snapshot_xmax(passed), '0');
    running xid8[] := array(select x from pg_snapshot_xip(passed) x);
begin
    return exists (select from public.change c where c.record_id = record and c.position > seen)
        or exists (select from public.outbox o where o.record_id = record and o.commit_id >= begin_id)
        or exists (select from public.outbox o where o.record_id = record and o.commit_id = any (running))
        or exists (select from public.record_key k where k.record_id = record and k.record_key_id = key and k.wrapped is null);
end
$$;
revoke execute on function dmp_changed_since(uuid, bigint, uuid) from public;

-- Positions that callers of the feed keep on the server.
create table feed_position (
    caller_key text not null,
    name text not null,
    -- As in change.position: everything up to it was processed.
    position bigint not null,
    -- What must be equal for a position to be used: the caller with the filter; and what the caller may see as a whole.
    binding bytea not null,
    view bytea not null,
    commit_time timestamptz not null,
    constraint feed_position_pkey primary key (caller_key, name),
    constraint feed_position_binding_check check (length(binding) = 32 and length(view) = 16)
);

-- Housekeeping forgets the positions from which nobody can start any more.
create index feed_position_position_idx on feed_position (position);
