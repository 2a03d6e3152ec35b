using DbUp.Postgresql;
using Npgsql;

namespace Dmp.Migrator;

/// <summary>
/// Hands a script to the driver in one piece. DbUp's own splitter would have to understand dollar quotes, comments and SQL
/// function bodies; the driver already does.
/// </summary>
internal sealed class WholeScript(NpgsqlDataSource source) : PostgresqlConnectionManager(source)
{
    public override IEnumerable<string> SplitScriptIntoCommands(string scriptContents) => [scriptContents];
}
