-- Why: the trace is kept ten years and grows by a row a call; a month that has served its time is dropped as a whole, without a
-- delete. Event ids are UUIDs of version 7, so a month is a range of ids and the key stays the id.
-- Locks: audit_event for as long as its rows take to be copied; calls wait. On a large trace run it in a maintenance window.
-- Undo: create a plain table like it, copy the rows back, drop this one and the functions.

-- The smallest id of a month.
create function dmp_month_id(month date) returns uuid
    language sql immutable
    return (
        lpad(to_hex((extract(epoch from month::timestamp at time zone 'UTC') * 1000)::bigint), 12, '0') || repeat('0', 20)
    )::uuid;

alter table audit_event rename to audit_event_whole;
alter table audit_event_whole rename constraint audit_event_pkey to audit_event_whole_pkey;
alter index audit_event_record_idx rename to audit_event_whole_record_idx;
alter index audit_event_actor_idx rename to audit_event_whole_actor_idx;

create table audit_event (
    like audit_event_whole including defaults including constraints,
    constraint audit_event_pkey primary key (event_id)
) partition by range (event_id);
create index audit_event_record_idx on audit_event (record_id, event_id desc) where record_id is not null;
create index audit_event_actor_idx on audit_event (actor_id, event_id desc) where actor_id is not null;

-- What fits no month: nothing is ever lost because nobody made the next one.
create table audit_event_other partition of audit_event default;

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

-- Makes the months from the current one on, as far ahead as asked; says how many were missing. The server calls it, and owns no table:
-- the function acts as the owner of the schema, and can do nothing else.
create function dmp_add_trace_months(ahead integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
    as $$
begin
    if ahead not between 1 and 24 then
        raise exception 'ahead must be 1 to 24' using errcode = 'invalid_parameter_value';
    end if;

    return (
        select count(*) filter (
            where public.dmp_add_trace_month((date_trunc('month', now() at time zone 'UTC') + i * interval '1 month')::date))
        from generate_series(0, ahead - 1) i
    );
end
$$;
revoke all on function dmp_add_trace_months(integer) from public;
grant execute on function dmp_add_trace_months(integer) to dmp_runtime;

insert into audit_event select * from audit_event_whole;
drop table audit_event_whole;
select dmp_add_trace_month(month)
from (select distinct date_trunc('month', event_time at time zone 'UTC')::date as month from audit_event) kept;
select dmp_add_trace_months(3);

-- Rights and rules are those of the whole; no month can be read or written past it.
grant select, insert on audit_event to dmp_runtime;
alter table audit_event enable row level security;
create policy audit_event_add on audit_event for insert to dmp_runtime with check (true);
create policy audit_event_scope on audit_event for select to dmp_runtime
    using (record_id = dmp_record() or dmp_task() = 'conduct' and actor_id = any (dmp_actors()));
