using System.Reflection;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Documents;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// The statements of one search straight through Npgsql: the server's own texts, read by reflection so that they cannot
/// differ, with parameters bound by hand, prepared, every column of every row read.
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

    public async Task RunAsync(NpgsqlDataSource source, bool withTrace)
    {
        await using var connection = await source.OpenConnectionAsync();
        await ReadAsync(
            connection,
            $"{RowScope.Set}; {access}",
            [
                .. Scope(),
                ("RecordId", recordId),
                ("Subject", "bench"),
                ("ProfessionalId", professionalId),
                ("StructureId", structureId),
                ("WithSecret", true),
                ("IsOccupational", false),
                ("Now", DateTimeOffset.UtcNow),
            ]);
        var ids = await SearchAsync(connection, search);
        if (withTrace)
        {
            await AppendAsync(connection, ids);
        }
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
        ("ScopeTask", ""),
        ("ScopeCluster", 0L),
        ("ScopePosition", ""),
    ];

    private Task<List<Guid>> SearchAsync(NpgsqlConnection connection, string sql) => ReadAsync(
        connection,
        sql,
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
        ("Limit", limit));

    private Task<List<Guid>> AppendAsync(NpgsqlConnection connection, List<Guid> documentIds) => ReadAsync(
        connection,
        append,
        ("EventId", Guid.CreateVersion7()),
        ("EventTime", DateTimeOffset.UtcNow),
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
        ("ServerRequestId", Guid.CreateVersion7()),
        ("RequestId", null),
        ("HiddenFromRepresentatives", false));

    private static async Task<List<Guid>> ReadAsync(NpgsqlConnection connection, string sql, params (string Name, object? Value)[] parameters)
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
