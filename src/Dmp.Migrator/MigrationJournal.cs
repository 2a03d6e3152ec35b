using System.Data;
using DbUp.Engine;
using DbUp.Engine.Output;
using DbUp.Engine.Transactions;
using DbUp.Postgresql;

namespace Dmp.Migrator;

/// <summary>
/// Table <c>schema_migration</c>: DbUp's journal with a checksum, and readable by the server, which refuses to start on a
/// schema older than it needs.
/// </summary>
internal sealed class MigrationJournal(
    Func<IConnectionManager> connections,
    Func<IUpgradeLog> log,
    IReadOnlyDictionary<string, string> checksums)
    : PostgresqlTableJournal(connections, log, Schema, Table)
{
    public const string Schema = "public";
    public const string Table = "schema_migration";

    public const string ReadApplied =
        """
        select name, checksum
        from public.schema_migration
        order by name
        """;

    public const string Exists = "select to_regclass('public.schema_migration') is not null";

    // DbUp creates the journal before or after the first script, which creates dmp_runtime: whichever comes second grants.
    private const string Create =
        """
        create table public.schema_migration (
            name text not null,
            checksum text not null,
            apply_time timestamptz not null default now(),
            constraint schema_migration_pkey primary key (name)
        );
        do $$
        begin
            if exists (select from pg_catalog.pg_roles where rolname = 'dmp_runtime') then
                grant select on public.schema_migration to dmp_runtime;
            end if;
        end
        $$;
        """;

    private const string Insert = "insert into public.schema_migration (name, checksum) values (@name, @checksum)";

    protected override string CreateSchemaTableSql(string quotedPrimaryKeyName) => Create;

    protected override string GetJournalEntriesSql() => "select name from public.schema_migration order by name";

    protected override IDbCommand GetInsertScriptCommand(Func<IDbCommand> dbCommandFactory, SqlScript script)
    {
        var command = dbCommandFactory();
        command.CommandText = Insert;
        Add(command, "name", script.Name);
        Add(command, "checksum", checksums[script.Name]);
        return command;
    }

    private static void Add(IDbCommand command, string name, string value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}
