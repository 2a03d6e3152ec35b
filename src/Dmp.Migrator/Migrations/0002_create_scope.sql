-- What a transaction is for, and where the database is. Locks: none. Undo: drop the functions.

-- The settings of the second wall (Data/RowScope.cs, 0010_grant_rights.sql). They are made for one transaction and end with it.

create function dmp_record() returns uuid
    language sql stable
    return nullif(current_setting('dmp.record', true), '')::uuid;

-- The records of a batch.
create function dmp_records() returns uuid[]
    language sql stable
    return string_to_array(nullif(current_setting('dmp.records', true), ''), ' ')::uuid[];

-- INS numbers of the patient, of those represented, or of an existence test.
create function dmp_ins() returns text[]
    language sql stable
    return string_to_array(current_setting('dmp.ins', true), ' ');

-- Identifiers of the professional and of the structure.
create function dmp_actors() returns text[]
    language sql stable
    return string_to_array(nullif(current_setting('dmp.actors', true), ''), ' ');

-- Issuer and subject of the caller's token.
create function dmp_caller() returns text
    language sql stable
    return current_setting('dmp.caller', true);

-- The hash of an invitation code.
create function dmp_code() returns bytea
    language sql stable
    return decode(nullif(current_setting('dmp.code', true), ''), 'hex');

-- The id of a call that is looked for.
create function dmp_call() returns uuid
    language sql stable
    return nullif(current_setting('dmp.call', true), '')::uuid;

-- When a person born on this day comes of age: 18 years completed (Code civil, art. 414), at midnight in Paris. Who is born on
-- 29 February comes of age on 1 March. The only place where the age of majority is written.
create function dmp_majority_time(birth_date date) returns timestamptz
    language sql stable
    return (
        (birth_date + interval '18 years')::date
        + case when extract(day from birth_date + interval '18 years') <> extract(day from birth_date) then 1 else 0 end
    )::timestamp at time zone 'Europe/Paris';

-- Where the database is, after everything that has committed. Not the position written to disk: a commit may be answered
-- before that with synchronous_commit off. At the very start of a page the next record would follow the page's header (24
-- bytes, 40 at the start of a segment), and a standby that replayed everything would still say the end of the page before.
create function dmp_position() returns pg_lsn
    language plpgsql volatile
    as $$
declare
    lsn pg_lsn := pg_current_wal_insert_lsn();
    in_page integer := (lsn - '0/0'::pg_lsn) % current_setting('wal_block_size')::integer;
begin
    return case
        when in_page = 40 and (lsn - '0/0'::pg_lsn) % pg_size_bytes(current_setting('wal_segment_size')) = 40 then lsn - 40::numeric
        when in_page = 24 then lsn - 24::numeric
        else lsn
    end;
end
$$;

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

-- Keys that protect page tokens (ASP.NET Core Data Protection), shared by all servers.
create table key_ring (
    name text not null,
    xml text not null,
    constraint key_ring_pkey primary key (name)
);

-- First answer of every mutating call, for repeats of it. Keyed by the caller, because a request id is the caller's, whatever record it
-- is about.
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
