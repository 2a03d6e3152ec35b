-- Why: a caller who has seen a change names it by the database's position in its write-ahead log, and a read then makes sure
-- that the database at hand is at least there (docs/consistency.md). On a primary that costs a comparison; a standby waits.
-- Locks: none. Undo: drop the functions.

-- Where the database is, after everything that has committed. Not the position written to disk: a commit may be answered
-- before that with synchronous_commit off. At the very start of a page the next record would follow the page's header (24
-- bytes, 40 at the start of a segment), and a standby that replayed everything would still say the end of the page before.
create function dmp_position() returns pg_lsn
    language sql volatile
    return (
        select case
            when (lsn - '0/0') % pg_size_bytes(current_setting('wal_segment_size')) = 40 then lsn - 40::numeric
            when (lsn - '0/0') % current_setting('wal_block_size')::numeric = 24 then lsn - 24::numeric
            else lsn
        end
        from (select pg_current_wal_insert_lsn() as lsn) as here
    );

-- True when this database holds everything up to the position; raises when it does not: DM001 when it may later, DM002 when
-- the position is of another database cluster. A standby is given two seconds. To be called in a statement before the one
-- that reads, which then takes a new snapshot (READ COMMITTED).
create function dmp_at_least(cluster bigint, wanted pg_lsn) returns boolean
    language plpgsql volatile
    as $$
declare
    give_up timestamptz := clock_timestamp() + interval '2 s';
begin
    if cluster <> (select system_identifier from pg_control_system()) then
        raise exception 'position of another cluster' using errcode = 'DM002';
    end if;

    while pg_is_in_recovery() loop
        if pg_last_wal_replay_lsn() >= wanted then
            return true;
        end if;
        if clock_timestamp() >= give_up then
            raise exception 'position not reached' using errcode = 'DM001';
        end if;
        perform pg_sleep(0.005);
    end loop;

    -- A primary never lags behind itself. What is missing here is missing: it was promoted without it, or restored.
    if dmp_position() < wanted then
        raise exception 'position not reached' using errcode = 'DM001';
    end if;
    return true;
end
$$;
