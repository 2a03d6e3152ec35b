using Dapper;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>Runs a statement behind <see cref="PlannerSql.InIndexOrder"/>, in one batch.</summary>
internal static class IndexOrder
{
    public static async Task<List<T>> QueryInIndexOrderAsync<T>(
        this NpgsqlConnection connection, string sql, object parameters, CancellationToken ct)
    {
        // One batch, without which the settings would end before the statement where there is no transaction. Where there is one, what
        // follows in it is planned as ever.
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            $"{PlannerSql.InIndexOrder}; {sql}; {PlannerSql.InAnyOrder}", parameters, cancellationToken: ct));
        await results.ReadAsync();
        return (await results.ReadAsync<T>()).AsList();
    }
}
