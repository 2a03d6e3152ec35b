-- Why: the log has a leaf for each event of ten years and keeps them when months of events are retired: proofs need their hashes. One table
-- that size is vacuumed, dumped and indexed as one. Leaves are divided by ranges of 2^28 indexes, some 40 GB, about a week of a country
-- (ADR 0029); where the leaf of an event is, audit_leaf_span tells by the beginning of the event's id, which is its time.
-- Locks: audit_leaf is read twice as a whole; the sequencer waits, calls go on. No row is rewritten. Undo: detach the first part, drop
-- audit_leaf, the function and audit_leaf_span, rename the part back; copy the leaves of later parts into it.

alter table audit_leaf rename to audit_leaf_000000;
alter table audit_leaf_000000 rename constraint audit_leaf_pkey to audit_leaf_000000_pkey;
alter table audit_leaf_000000 rename constraint audit_leaf_event_id_key to audit_leaf_000000_event_id_key;

-- No default: whatever is appended has its part, made long before, and reading in order needs to look at no other.
create table audit_leaf (
    like audit_leaf_000000 including constraints,
    constraint audit_leaf_pkey primary key (leaf_index)
) partition by range (leaf_index);

-- The first part holds what there is, however much.
do $$
declare
    parts bigint := coalesce((select max(leaf_index) >> 28 from audit_leaf_000000), 0) + 1;
    first text := 'audit_leaf_' || lpad((parts - 1)::text, 6, '0');
begin
    if first <> 'audit_leaf_000000' then
        execute format('alter table audit_leaf_000000 rename to %I', first);
    end if;
    execute format('alter table audit_leaf attach partition %I for values from (minvalue) to (%s)', first, parts << 28);
    execute format('revoke all on %I from dmp_runtime', first);
end
$$;

-- In which range of indexes the leaves of events are whose ids begin so: four digits are 50 days.
create table audit_leaf_span (
    id_prefix text not null,
    first_leaf bigint not null,
    behind_leaf bigint not null,
    constraint audit_leaf_span_pkey primary key (id_prefix, first_leaf, behind_leaf)
);
insert into audit_leaf_span
select distinct left(event_id::text, 4), (leaf_index >> 28) << 28, ((leaf_index >> 28) + 1) << 28 from audit_leaf;

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
        'alter table public.audit_leaf attach partition public.%I for values from (%s) to (%s)', part, (newest + 1) << 28, (newest + 2) << 28);
    return true;
end
$$;
revoke all on function dmp_add_leaf_part() from public;
select dmp_add_leaf_part();

-- As in 0017, with the next part of the log.
create or replace function dmp_add_trace_months(ahead integer) returns integer
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

grant select, insert on audit_leaf, audit_leaf_span to dmp_runtime;
