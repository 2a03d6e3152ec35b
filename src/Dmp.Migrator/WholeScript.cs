using DbUp.Postgresql;
using Npgsql;

namespace Dmp.Migrator;

/// <summary>
/// Hands a script to the driver in one piece, because the driver knows PostgreSQL's quotes, dollar quotes and comments. It
/// does not know <c>begin atomic</c>: write function bodies between dollar quotes.
/// </summary>
internal sealed class WholeScript(NpgsqlDataSource source) : PostgresqlConnectionManager(source)
{
    public override IEnumerable<string> SplitScriptIntoCommands(string scriptContents) => [scriptContents];
}
