using System.Globalization;
using System.Text.Json;
using Dmp.Server.Tests.Fixtures;
using Npgsql;

namespace Dmp.Server.Tests.Data;

/// <summary>A database with as many records as asked for, written by the database itself, and what statements cost in it.</summary>
internal sealed class Country(TestDatabase databases, string database, bool isSmall, IReadOnlyDictionary<Positions, object> positions)
{
    private static readonly string[] settings = ["dmp.record", "dmp.records", "dmp.ins", "dmp.actors", "dmp.caller", "dmp.code",
        "dmp.call", "role"];

    public static async Task<Country> LoadAsync(TestDatabase databases, int records, bool isSmall, CancellationToken ct)
    {
        var database = await databases.CreateAsync();
        await using var resource = typeof(Country).Assembly.GetManifestResourceStream("country.sql")
            ?? throw new InvalidOperationException("country.sql is not in the assembly.");
        using var reader = new StreamReader(resource);
        var sql = (await reader.ReadToEndAsync(ct))
            .Replace("{records}", records.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        await using var connection = new NpgsqlConnection(databases.AdminOf(database));
        await connection.OpenAsync(ct);
        foreach (var statement in new[] { sql, "vacuum (analyze)" })
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 600 };
            await command.ExecuteNonQueryAsync(ct);
        }

        await using var places = new NpgsqlCommand(
            "select position from change where record_id = load_id(1, 1) order by position", connection);
        var ofRecord = new List<long>();
        await using var rows = await places.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct))
        {
            ofRecord.Add(rows.GetInt64(0));
        }

        return new Country(databases, database, isSmall, new Dictionary<Positions, object>
        {
            [Positions.OfRecord] = ofRecord.ToArray(),
            [Positions.OfRule] = ofRecord[0],
            [Positions.NearTheEnd] = (records * 4L) - 100,
        });
    }

    /// <summary>The id of a row of country.sql, for example of record 1.</summary>
    public static Guid IdOf(int kind, long number)
    {
#pragma warning disable CA5351 // As PostgreSQL's md5() in country.sql: it spreads ids, and keeps no secret.
        var hash = Convert.ToHexStringLower(
            System.Security.Cryptography.MD5.HashData(
                System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}"))));
#pragma warning restore CA5351
        return Guid.ParseExact(string.Create(CultureInfo.InvariantCulture, $"0193{number:x8}7{kind:x3}8{hash[..15]}"), "N");
    }

    /// <summary>
    /// Buffers that a statement reads, as the server's role and in its scope; the transaction is given up. The second of two runs: the
    /// first marks rows and fills the session's memory of tables. A small country is made to use its indexes, as every other does: its
    /// tables are so small that reading them whole is cheap.
    /// </summary>
    public async Task<Cost> MeasureAsync(Measure measure, string sql, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(databases.RuntimeOf(database));
        await connection.OpenAsync(ct);
        Cost? cost = null;
        for (var run = 0; run < 2; run++)
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            foreach (var name in settings)
            {
                await using var set = new NpgsqlCommand("select set_config($1, $2, true)", connection);
                set.Parameters.AddWithValue(name);
                set.Parameters.AddWithValue(measure.Scope.GetValueOrDefault(name.Replace("dmp.", "", StringComparison.Ordinal), ""));
                await set.ExecuteNonQueryAsync(ct);
            }

            if (measure.Before.Length > 0 || isSmall)
            {
                await using var set = new NpgsqlCommand(
                    $"{measure.Before}{(isSmall ? "; set local enable_seqscan = off" : "")}".TrimStart(';'), connection);
                await set.ExecuteNonQueryAsync(ct);
            }

            await using var explain = new NpgsqlCommand($"explain (analyze, buffers, timing off, format json) {sql}", connection);
            measure.Bind(explain, sql, positions);
            try
            {
                cost = Read((string)(await explain.ExecuteScalarAsync(ct))!);
            }
            catch (PostgresException fault)
            {
                throw new InvalidOperationException($"{measure.Statement}, {measure.Who}", fault);
            }

            await transaction.RollbackAsync(ct);
        }

        return cost!;
    }

    private static Cost Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var plan = document.RootElement[0].GetProperty("Plan");
        return new Cost(
            plan.GetProperty("Shared Hit Blocks").GetInt64() + plan.GetProperty("Shared Read Blocks").GetInt64(), Descents(plan), json);
    }

    private static long Descents(JsonElement node)
    {
        var children = node.TryGetProperty("Plans", out var plans) ? plans.EnumerateArray().ToList() : [];
        var isList = node.TryGetProperty("Index Cond", out var condition)
            && condition.GetString()!.Contains("= ANY", StringComparison.Ordinal);
        var own = node.TryGetProperty("Index Name", out _)
            ? node.GetProperty("Actual Loops").GetInt64() * (isList ? Math.Max(3, node.GetProperty("Actual Rows").GetInt64()) : 1)
            : node.GetProperty("Node Type").GetString() == "ModifyTable"
                ? 10 * children.Sum(child => child.GetProperty("Actual Rows").GetInt64())
                : 0;
        return own + children.Sum(Descents);
    }
}

/// <summary>What a statement read, and how often it went down a tree: for each look-up in an index, and about ten times for a row that it
/// wrote.</summary>
internal sealed record Cost(long Buffers, long Descents, string Plan);
