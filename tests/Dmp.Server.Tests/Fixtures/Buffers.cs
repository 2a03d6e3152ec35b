using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dapper;
using Npgsql;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>Pages of PostgreSQL that a statement touches: what grows with a table that is read too far.</summary>
internal static partial class Buffers
{
    /// <summary>A statement of the server, by its class and name.</summary>
    public static string Statement(System.Type sql, string name) =>
        (string)sql.GetField(name, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!.GetRawConstantValue()!;

    /// <summary>Runs the statement on this connection, with literals in the place of its parameters, and counts.</summary>
    public static async Task<long> OfAsync(NpgsqlConnection connection, string sql, IReadOnlyDictionary<string, string> literals)
    {
        var filled = Parameter().Replace(sql, match => literals[match.Value[1..]]);
        var json = await connection.QuerySingleAsync<string>($"explain (analyze, buffers, format json) {filled}");
        var plan = JsonDocument.Parse(json).RootElement[0].GetProperty("Plan");
        return plan.GetProperty("Shared Hit Blocks").GetInt64() + plan.GetProperty("Shared Read Blocks").GetInt64();
    }

    [GeneratedRegex("@[A-Za-z0-9]+")]
    private static partial Regex Parameter();
}
