-- Why: a download asks after each mebibyte whether its reader may still read. Whatever takes that away by a change, and not by time, writes a
-- row of the outbox with it; so as long as there is no such row, the decision of before still holds, and need not be made again.
-- Locks: outbox while its index is built; it holds what waits for its position, milliseconds' worth. Undo: drop the function and the index.

create index outbox_record_idx on outbox (record_id);

-- True when a change of the record committed after the position was read, or got its position since, and when the key was destroyed, which is no
-- change of the record. It says no more than that, so it may look past the row-level security, and needs no scope. Served by
-- change_record_idx, outbox_record_idx and record_key_pkey. In plpgsql, which keeps its plan.
create function dmp_changed_since(record uuid, seen bigint, key uuid) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp
    as $$
begin
    return exists (select from public.change c where c.record_id = record and c.position > seen)
        or exists (select from public.outbox o where o.record_id = record)
        or exists (select from public.record_key k where k.record_key_id = key and k.wrapped is null);
end
$$;

revoke execute on function dmp_changed_since(uuid, bigint, uuid) from public;
grant execute on function dmp_changed_since(uuid, bigint, uuid) to dmp_runtime;
