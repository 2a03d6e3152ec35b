-- Why: the server works as roles that own nothing. It logs in as a member of dmp_runtime, which sees no patient's row; for each piece of
-- work it takes the role of that work, for one transaction (0010_grant_rights.sql): a member of dmp_runtime has the rights of dmp_runtime,
-- and those of another role only as long as it is that role. Whoever runs the server gives its login role membership of dmp_runtime, and
-- nothing else.
-- Locks: none that anybody waits for. Duration: milliseconds.
-- Undo: drop owned by each role, then drop the roles (they belong to the whole cluster, not to this database).
do $$
declare
    kind text;
    attempts integer := 0;
begin
    foreach kind in array array[
        'dmp_runtime', 'dmp_request', 'dmp_intake', 'dmp_directory', 'dmp_deposits', 'dmp_regulation', 'dmp_team', 'dmp_feed',
        'dmp_watch', 'dmp_notices', 'dmp_facts', 'dmp_sweep', 'dmp_sequencer', 'dmp_reviewer']
    loop
        loop
            begin
                if not exists (select from pg_catalog.pg_roles where rolname = kind) then
                    execute format('create role %I nologin noinherit', kind);
                elsif (select rolinherit from pg_catalog.pg_roles where rolname = kind) then
                    execute format('alter role %I noinherit', kind);
                end if;

                if kind <> 'dmp_runtime' and not pg_has_role('dmp_runtime', kind, 'member') then
                    -- From PostgreSQL 16 on this is a matter of the membership, and before of the member.
                    execute format(
                        'grant %I to dmp_runtime %s',
                        kind,
                        case when current_setting('server_version_num')::int >= 160000 then 'with inherit false, set true' else '' end);
                end if;
                exit;
            exception
                -- Roles are shared by all databases of a cluster and the migration lock is not: a migration of another database may do
                -- the same between the question and the command, or at this moment (internal_error: "tuple concurrently updated").
                when duplicate_object or unique_violation or undefined_object or internal_error then
                    attempts := attempts + 1;
                    if attempts > 500 then
                        raise;
                    end if;
                    perform pg_sleep(0.02);
                when insufficient_privilege then
                    raise exception 'the role % is missing, inherits, or is not one that dmp_runtime may become; % may not change that',
                        kind, current_user
                        using errcode = 'insufficient_privilege',
                            hint = format(
                                'Let an administrator run "create role %1$s nologin noinherit" (or alter role) and "grant %1$s to '
                                'dmp_runtime", or give the migrating role CREATEROLE.',
                                kind);
            end;
        end loop;
    end loop;
end
$$;

-- The default since PostgreSQL 15, said again because a database upgraded from an older one keeps the old grant.
revoke create on schema public from public;

grant usage on schema public to
    dmp_runtime, dmp_request, dmp_intake, dmp_directory, dmp_deposits, dmp_regulation, dmp_team, dmp_feed, dmp_watch, dmp_notices,
    dmp_facts, dmp_sweep, dmp_sequencer, dmp_reviewer;

-- The migrator's journal, which the server reads at its start. It may have been made just before this role was.
do $$
begin
    if to_regclass('public.schema_migration') is not null then
        grant select on public.schema_migration to dmp_runtime;
    end if;
end
$$;
