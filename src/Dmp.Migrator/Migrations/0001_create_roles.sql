-- Why: the server works as a role that owns nothing. Every later migration grants exactly what that role needs, so the
-- role must come first. dmp_runtime is a group without login; whoever runs the server gives its login role membership.
-- Locks: none that anybody waits for. Duration: milliseconds.
-- Undo: drop owned by dmp_runtime, then drop role dmp_runtime (roles belong to the whole cluster, not to this database).
do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'dmp_runtime') then
        create role dmp_runtime nologin;
    end if;
exception
    -- Roles are shared by all databases of a cluster and the migration lock is not: a migration of another database may
    -- create the role between the question and the command. The role exists then, which is all that is wanted.
    when duplicate_object or unique_violation then
        null;
    when insufficient_privilege then
        raise exception 'the role dmp_runtime does not exist and % may not create it', current_user
            using errcode = 'insufficient_privilege',
                  hint = 'Let an administrator run "create role dmp_runtime nologin", or give the migrating role CREATEROLE.';
end
$$;

-- The default since PostgreSQL 15, said again because a database upgraded from an older one keeps the old grant.
revoke create on schema public from public;

grant usage on schema public to dmp_runtime;

-- The migrator's journal, which the server reads at its start. It may have been made just before this role was.
do $$
begin
    if to_regclass('public.schema_migration') is not null then
        grant select on public.schema_migration to dmp_runtime;
    end if;
end
$$;
