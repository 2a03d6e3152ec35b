using System.Globalization;
using System.Text.RegularExpressions;
using Dmp.Server.Postgres;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// The floor of the searches, which does not change with the server: the statements of a search as they stood at 5922e6d, in the schema of
/// then, in a database of its own beside the server's, with the rows of the record that the server searches. pgbench prepares each
/// statement and sends one after the other, the server several in one batch; the settings of the planner that the server sends with the
/// search are those of pgbench's connection.
/// </summary>
internal sealed class FrozenSearch(BenchmarkPlatform platform, Guid recordId, string professionalId, string structureId, int limit)
{
    private const string Database = "frozen";

    private static readonly string[] tables = ["record", "consent", "record_key", "document", "document_version"];

    private static readonly string[] statements = [.. Text("search.sql").Split(";\n", StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Makes the database where it is missing, and gives it the rows of the record.</summary>
    public async Task FillAsync()
    {
        await using (var admin = new NpgsqlConnection(await Pgbench.ConnectionAsync(platform, PostgresRoles.Admin, "Admin", "postgres")))
        {
            await admin.OpenAsync();
            await using var exists = new NpgsqlCommand($"select exists (select from pg_database where datname = '{Database}')", admin);
            if (await exists.ExecuteScalarAsync() is not true)
            {
                await Pgbench.ExecuteAsync(admin, $"create database {Database}");
                await using var made = new NpgsqlConnection(
                    await Pgbench.ConnectionAsync(platform, PostgresRoles.Admin, "Admin", Database));
                await made.OpenAsync();
                await Pgbench.ExecuteAsync(made, Text("schema.sql"));
            }
        }

        await using var source = await platform.OpenOwnerAsync();
        await using var target = new NpgsqlConnection(await Pgbench.ConnectionAsync(platform, PostgresRoles.Admin, "Admin", Database));
        await target.OpenAsync();
        var copied = tables.Append("habilitation_matrix").Append("habilitation_cell");
        await Pgbench.ExecuteAsync(target, $"truncate {string.Join(", ", copied)} cascade");
        foreach (var table in tables)
        {
            await CopyAsync(source, target, table, $" where record_id = '{recordId}'");
        }

        await CopyAsync(source, target, "habilitation_matrix", "");
        await CopyAsync(source, target, "habilitation_cell", "");
        await Pgbench.ExecuteAsync(target, "vacuum analyze");
    }

    /// <summary>Searches a second, by so many clients at once; without the event in the trace, what the reads alone cost.</summary>
    public Task<double> RateAsync(IReadOnlyList<Guid> documentIds, bool withTrace, int clients, TimeSpan time) =>
        Pgbench.RateAsync(platform, Script(documentIds, withTrace), clients, time, Database, PostgresRoles.Runtime, "Runtime");

    private string Script(IReadOnlyList<Guid> documentIds, bool withTrace)
    {
        List<string> lines =
        [
            Line(statements[0], ScopeParameters()),
            Line(
                statements[1],
                [
                    ("RecordId", recordId), ("Subject", "bench"), ("ProfessionalId", professionalId), ("StructureId", structureId),
                    ("WithSecret", true), ("IsOccupational", false), ("Now", DateTimeOffset.UtcNow),
                ]),
            Line(statements[2], SearchParameters()),
        ];
        if (withTrace)
        {
            // Ids and time are made by the database here, by the server there.
            var fresh = statements[3]
                .Replace("@EventId", "gen_random_uuid()", StringComparison.Ordinal)
                .Replace("@EventTime", "now()", StringComparison.Ordinal)
                .Replace("@ServerRequestId", "gen_random_uuid()", StringComparison.Ordinal);
            lines.Add(Line(fresh, EventParameters(documentIds)));
        }

        return string.Join('\n', lines) + "\n";

        static string Line(string sql, IEnumerable<(string, object?)> parameters) =>
            Regex.Replace(Written(sql, parameters), @"\s+", " ").Trim() + ";";
    }

    private static async Task CopyAsync(NpgsqlConnection source, NpgsqlConnection target, string table, string where)
    {
        var columns = new List<string>();
        await using (var names = new NpgsqlCommand(
            $"select quote_ident(column_name) from information_schema.columns where table_name = '{table}' order by ordinal_position",
                target))
        await using (var rows = await names.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
            {
                columns.Add(rows.GetString(0));
            }
        }

        var list = string.Join(", ", columns);
        using var from = await source.BeginTextExportAsync($"copy (select {list} from {table}{where}) to stdout");
        await using var to = await target.BeginTextImportAsync($"copy {table} ({list}) from stdin");
        while (await from.ReadLineAsync() is { } line)
        {
            await to.WriteAsync(line + "\n");
        }
    }

    private static string Text(string name)
    {
        using var reader = new StreamReader(typeof(FrozenSearch).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private (string Name, object? Value)[] ScopeParameters() =>
    [
        ("ScopeRecord", recordId.ToString()),
        ("ScopeIns", ""),
        ("ScopeActors", ""),
        ("ScopeCaller", "bench"),
        ("ScopeCode", ""),
        ("ScopeTask", ""),
        ("ScopeRecords", ""),
        ("ScopeCluster", 0L),

        // As a literal, an empty one would be read before it is found to be empty.
        ("ScopePosition", null),
    ];

    private (string Name, object? Value)[] SearchParameters() =>
    [
        ("RecordId", recordId),
        ("IsOwner", false),
        ("IsRepresentative", false),
        ("IsAuthorized", true),
        ("SeesMasked", false),
        ("IsStructure", false),
        ("Profession", "1.2.250.1.71.1.2.7|10"),
        ("Now", DateTimeOffset.UtcNow),
        ("ProfessionalId", professionalId),
        ("StructureId", structureId),
        ("AfterTime", DateTimeOffset.MaxValue),
        ("AfterId", Guid.AllBitsSet),
        ("AfterVersion", int.MaxValue),
        ("Stretch", 2 * limit),
        ("CurrentStates", new short[] { 1 }),
        ("WithDeprecated", false),
        ("WithDeleted", false),
        ("Types", null),
        ("Classes", null),
        ("CreationTimeFrom", null),
        ("CreationTimeTo", null),
        ("ServiceTimeFrom", null),
        ("ServiceTimeTo", null),
        ("AuthorId", null),
        ("AuthorStructureId", null),
        ("PracticeSettings", null),
        ("FacilityTypes", null),
        ("EventCodes", null),
        ("UniqueId", null),
        ("ForOwner", false),
        ("ForRepresentative", false),
        ("Limit", limit),
    ];

    private (string Name, object? Value)[] EventParameters(IReadOnlyList<Guid> documentIds) =>
    [
        ("Method", "dmp.document.v1.DocumentService/SearchDocuments"),
        ("ActorKind", (short)1),
        ("ActorId", professionalId),
        ("ActorName", "BENCH"),
        ("ProfessionSystem", null),
        ("ProfessionCode", "10"),
        ("SpecialtyCode", null),
        ("SectorCode", null),
        ("StructureId", structureId),
        ("StructureName", "BENCH"),
        ("SoftwareId", "bench"),
        ("Subject", "bench"),
        ("RecordId", recordId),
        ("DocumentIds", documentIds.ToArray()),
        ("DocumentVersions", documentIds.Select(_ => 1).ToArray()),
        ("DocumentSha256s", documentIds.Select(_ => new byte[32]).ToArray()),
        ("StaffId", null),
        ("UserAgent", "bench"),
        ("AccessMode", (short)1),
        ("Basis", (short)4),
        ("EmergencyAccessId", null),
        ("Justification", null),
        ("Origin", "127.0.0.1"),
        ("DurationUs", 1L),
        ("Outcome", (short)1),
        ("StatusCode", (short)0),
        ("Reason", null),
        ("RequestId", null),
        ("HiddenFromRepresentatives", false),
        ("Salt", new byte[32]),
        ("Root", new byte[32]),
        ("Signature", new byte[64]),
        ("SigningKey", "bench"),
    ];

    /// <summary>A statement with its parameters written into it.</summary>
    private static string Written(string sql, IEnumerable<(string Name, object? Value)> parameters)
    {
        var values = parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value);
        return Regex.Replace(
            Regex.Replace(sql, "--.*$", "", RegexOptions.Multiline),
            "@([A-Z][A-Za-z0-9]*)",
            match => Literal(values[match.Groups[1].Value]));
    }

    private static string Literal(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        short or int or long => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        Guid id => $"'{id}'::uuid",
        DateTimeOffset time when time == DateTimeOffset.MaxValue => "'infinity'::timestamptz",
        // pgbench takes a single colon for the beginning of a variable, in a literal too.
        DateTimeOffset time => string.Create(CultureInfo.InvariantCulture, $"to_timestamp({time.ToUnixTimeMilliseconds() / 1000.0:F3})"),
        byte[] bytes => $"'\\x{Convert.ToHexString(bytes)}'::bytea",
        Guid[] ids => $"array[{string.Join(',', ids.Select(id => Literal(id)))}]::uuid[]",
        short[] numbers => $"array[{string.Join(',', numbers)}]::smallint[]",
        int[] numbers => $"array[{string.Join(',', numbers)}]::int[]",
        byte[][] many => $"array[{string.Join(',', many.Select(Literal))}]::bytea[]",
        string text => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'",
        _ => throw new InvalidOperationException($"No literal for a {value.GetType()}."),
    };
}
