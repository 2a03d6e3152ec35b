-- Why: changes are told to others (feed, notices) in the order in which they committed, without holes and never half a commit. Rows of
-- the outbox have no such order: ids are taken before the commit. One function moves what has committed from the outbox to change and
-- gives it the next positions, so that whatever commits late comes later, and nobody who read up to a position has missed anything.
-- The outbox says more of each change: whom it is about, and how the document was before, so that somebody who lost sight of it can be
-- told. Locks: outbox for an instant; no table is rewritten, and old rows, which all wait, count as committed together.
-- Undo: drop the tables, the function, the policies and the columns.

alter table outbox
    -- The transaction: what committed together is told together.
    add column commit_id xid8 not null default pg_current_xact_id(),
    -- Who made the change: the numbers of dmp.type.v1.ActorKind and the national identifier; null: the platform by itself.
    add column made_by_kind smallint,
    add column made_by_id text,
    -- Whom it is about: the actor of an authorisation or a block.
    add column actor_kind smallint,
    add column actor_id text,
    -- The authorisation, rule, block, emergency access, delegation or care team.
    add column subject_id uuid,
    -- The document before the change; null when it is new.
    add column previous_version integer,
    add column was_masked boolean,
    add column was_state smallint,
    add column was_patient_visible_time timestamptz,
    add column was_hidden_from_representatives boolean;

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
    constraint change_pkey primary key (position),
    constraint change_commit_check check (commit_position >= position)
);

create index change_record_idx on change (record_id, position);
create index change_time_idx on change (sequence_time);

-- One row. What is at or below first_position was forgotten.
create table change_head (
    first_position bigint not null,
    last_position bigint not null,
    constraint change_head_check check (first_position <= last_position)
);
create unique index change_head_key on change_head ((true));
insert into change_head values (0, 0);

-- Moves what has committed; returns how many. One caller at a time: the row of change_head is locked first, and what others
-- committed before that is seen by the statement after it (READ COMMITTED). A transaction that waited for another one's rows took the
-- ids of its own rows later, so that the largest id of a transaction gives the order of those that touched the same.
create function dmp_sequence_changes() returns integer
    language plpgsql volatile set search_path = pg_catalog, public, pg_temp
    as $$
declare
    last bigint;
    moved integer;
begin
    select last_position into strict last from public.change_head for update;
    with taken as (
        delete from public.outbox returning *
    ), placed as (
        select t.*,
            last + row_number() over (order by t.commit_last, t.outbox_id) as position
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
        update public.change_head set last_position = last + moved;
        -- Once for all that was moved, and not in the transactions of the changes: a notification serialises commits.
        notify dmp_change;
    end if;
    return moved;
end
$$;

-- A row of the outbox is read by the sequencing alone; changes by whoever was opened for them.
alter table outbox enable row level security;
create policy outbox_add on outbox for insert to dmp_runtime with check (true);
create policy outbox_take on outbox for select to dmp_runtime using (dmp_task() = 'changes');
create policy outbox_drop on outbox for delete to dmp_runtime using (dmp_task() = 'changes');

alter table change enable row level security;
create policy change_scope on change to dmp_runtime
    using (record_id = dmp_record() or dmp_task() = 'changes')
    with check (dmp_task() = 'changes');

grant delete on outbox to dmp_runtime;
grant select, insert, delete on change to dmp_runtime;
grant select, update on change_head to dmp_runtime;
