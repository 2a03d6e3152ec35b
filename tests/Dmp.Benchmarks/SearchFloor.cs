using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// The statements of one search without the server: its own texts, read by reflection so that they cannot differ. As a script for pgbench,
/// or straight through Npgsql with parameters bound by hand, prepared, every column of every row read.
/// </summary>
internal sealed class SearchFloor(Guid recordId, string professionalId, string structureId, int limit)
{
    private static readonly string access = TextOf(typeof(AccessSql), "ByRecord");
    // The driver keeps one prepared form of a text, and leaves it aside when the types of parameters differ: a text of its own.
    private static readonly string search =
        $"{TextOf(typeof(DocumentSql), "AsIndexed")}; -- floor\n{TextOf(typeof(DocumentSql), "Search")}";
    private static readonly string append = TextOf(typeof(AuditSql), "Append");

    // What a search would cost if everybody saw everything: the one predicate taken out, everything else as it is.
    private static readonly string searchWithoutPolicy = search.Contains(DocumentFilter.Exists, StringComparison.Ordinal)
        ? search.Replace(DocumentFilter.Exists, "true", StringComparison.Ordinal)
        : throw new InvalidOperationException("The search does not hold the predicate.");

    /// <summary>
    /// The statements of one search for pgbench: who may see, what there is, and the event in the trace. pgbench prepares each statement
    /// and sends one after the other, the server two in one batch; the settings of the planner that the server sends with the search are
    /// those of pgbench's connection.
    /// </summary>
    public string Script(IReadOnlyList<Guid> documentIds, bool withTrace)
    {
        var now = DateTimeOffset.UtcNow;
        List<string> lines =
        [
            // No position: as a literal, an empty one would be read before it is found to be empty.
            Line(RowScope.Set, Scope().Select(parameter => parameter.Name == "ScopePosition" ? (parameter.Name, null) : parameter)),
            Line(
                access,
                [
                    ("RecordId", recordId), ("Subject", "bench"), ("ProfessionalId", professionalId), ("StructureId", structureId),
                    ("WithSecret", true), ("IsOccupational", false), ("Now", now),
                ]),
            Line(TextOf(typeof(DocumentSql), "Search"), SearchParameters()),
        ];
        if (withTrace)
        {
            // Ids and time are made by the database here, by the server there.
            var fresh = append
                .Replace("@EventId", "gen_random_uuid()", StringComparison.Ordinal)
                .Replace("@EventTime", "now()", StringComparison.Ordinal)
                .Replace("@ServerRequestId", "gen_random_uuid()", StringComparison.Ordinal);
            lines.Add(Line(fresh, EventParameters(documentIds)));
        }

        return string.Join('\n', lines) + "\n";

        static string Line(string sql, IEnumerable<(string, object?)> parameters) =>
            Regex.Replace(Written(sql, parameters), @"\s+", " ").Trim() + ";";
    }

    /// <summary>The search alone, with the rules or without them, on a connection that <see cref="OpenAsync"/> made.</summary>
    public Task<List<Guid>> SearchAsync(NpgsqlConnection connection, bool withPolicy) =>
        SearchAsync(connection, withPolicy ? search : searchWithoutPolicy);

    /// <summary>A connection for the record.</summary>
    public async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource source)
    {
        var connection = await source.OpenConnectionAsync();
        await ReadAsync(connection, RowScope.Set, Scope());
        return connection;
    }

    private (string Name, object? Value)[] Scope() =>
    [
        ("ScopeRecord", recordId.ToString()),
        ("ScopeIns", ""),
        ("ScopeActors", ""),
        ("ScopeCaller", "bench"),
        ("ScopeCode", ""),
        ("ScopeCall", ""),
        ("ScopeTask", ""),
        ("ScopeRecords", ""),
        ("ScopeCluster", 0L),
        ("ScopePosition", ""),
    ];

    private Task<List<Guid>> SearchAsync(NpgsqlConnection connection, string sql) => ReadAsync(connection, sql, SearchParameters());

    private (string Name, object? Value)[] SearchParameters() =>
    [
        ("RecordId", recordId),
        ("IsOwner", false),
        ("IsRepresentative", false),
        ("IsAuthorized", true),
        ("SeesMasked", false),
        ("IsStructure", false),
        ("SecretActsHiddenFromStaff", false),
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
        ("CallCount", null),
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

    private static async Task<List<Guid>> ReadAsync(
        NpgsqlConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var (name, value) in parameters)
        {
            command.Parameters.Add(value is null
                ? new NpgsqlParameter { ParameterName = name, Value = DBNull.Value }
                : new NpgsqlParameter(name, value));
        }

        var ids = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync();
        do
        {
            var row = new object[reader.FieldCount];
            while (await reader.ReadAsync())
            {
                reader.GetValues(row);
                if (row[0] is Guid id)
                {
                    ids.Add(id);
                }
            }
        }
        while (await reader.NextResultAsync());

        return ids;
    }

    private static string TextOf(System.Type type, string name) =>
        (string)type.GetField(name, BindingFlags.Static | BindingFlags.NonPublic)!.GetRawConstantValue()!;
}
