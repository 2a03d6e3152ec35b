-- Why: while somebody keeps an old snapshot (a dump of two hours), deleted rows of the outbox and old versions of the rows that count stay,
-- and each commit read all of them again. Now the sequencing remembers the snapshot up to which it has looked and looks at transactions
-- that had not ended then, by an index; and what counted in a row that was updated is a row more (ADR 0029).
-- Locks: outbox while its indexes are built (it holds what waits, milliseconds' worth), change_head and notice_cursor for an instant.
-- Undo: put the two tables, dmp_sequence_changes and dmp_changed_since back as in 0018, 0022 and 0027; drop the views, the new tables,
-- functions and indexes.

-- What one sequencing looked at. The newest row counts; the rows before it are forgotten now and then.
create table change_pass (
    -- The last position that was given then.
    last_position bigint not null,
    -- Whatever this sees was sequenced. Null: look at everything.
    snapshot pg_snapshot,
    -- The cluster in which transactions are numbered so.
    cluster bigint,
    constraint change_pass_pkey primary key (last_position)
);
insert into change_pass (last_position) select last_position from change_head;

-- One row, which the sequencing locks. What is at or below first_position was forgotten.
alter table change_head rename to change_floor;
alter index change_head_key rename to change_floor_key;
alter table change_floor drop column last_position;

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

drop index outbox_record_idx;
create index outbox_record_idx on outbox (record_id, commit_id);
create index outbox_commit_idx on outbox (commit_id);
create index outbox_subject_idx on outbox (subject_id) where subject_id is not null;

-- No row of the outbox that waits is of an earlier transaction. 0 where transactions are counted anew, after a dump was restored elsewhere.
create function dmp_outbox_begin() returns xid8
    language plpgsql stable set search_path = pg_catalog, public, pg_temp
    as $$
declare
    seen pg_snapshot;
begin
    select p.snapshot into seen from public.change_pass p order by p.last_position desc limit 1;
    return case
        when seen is null or pg_snapshot_xmax(seen) > pg_snapshot_xmax(pg_current_snapshot()) then '0'::xid8
        else pg_snapshot_xmin(seen)
    end;
end
$$;

-- Something has committed that has no position yet. Served by outbox_commit_idx, and by nothing else.
create function dmp_outbox_waits() returns boolean
    language plpgsql stable set search_path = pg_catalog, public, pg_temp set enable_seqscan = off
    as $$
declare
    begin_id xid8 := public.dmp_outbox_begin();
begin
    return exists (select from public.outbox o where o.commit_id >= begin_id);
end
$$;

-- As in 0018, but that it looks only at transactions that had not ended at the last look: those that were running, and those that came
-- later. Rows are deleted still: what is there waits, however transactions are counted, and that no row is told twice rests on nothing
-- else. A table that is dropped or emptied would have to wait for the dump, and all commits behind it.
create or replace function dmp_sequence_changes() returns integer
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

-- As in 0027, and past the dead rows of a record that changes often.
create or replace function dmp_changed_since(record uuid, seen bigint, key uuid) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off
    as $$
declare
    begin_id xid8 := public.dmp_outbox_begin();
begin
    return exists (select from public.change c where c.record_id = record and c.position > seen)
        or exists (select from public.outbox o where o.record_id = record and o.commit_id >= begin_id)
        or exists (select from public.record_key k where k.record_key_id = key and k.wrapped is null);
end
$$;

grant select, insert, delete on change_pass to dmp_runtime;
grant select on change_head to dmp_runtime;

-- Cursors of notices: a row for each place that was reached, the last one counts. Who holds the lock of the source moves on.
alter table notice_cursor rename to notice_source;
alter table notice_source rename constraint notice_cursor_pkey to notice_source_pkey;
create table notice_step (
    source text not null,
    position bigint not null,
    constraint notice_step_pkey primary key (source, position)
);
insert into notice_step select source, position from notice_source;
alter table notice_source drop column position;

create view notice_cursor with (security_invoker = true) as
select s.source, (select max(t.position) from notice_step t where t.source = s.source) as position
from notice_source s;

grant select, insert, delete on notice_step to dmp_runtime;
grant select on notice_cursor to dmp_runtime;
