using System.Reflection;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Documents;
using Npgsql;
using NpgsqlTypes;

namespace Dmp.Benchmarks;

/// <summary>
/// The statements of one search straight through Npgsql: the server's own texts, read by reflection so that they cannot
/// differ, with parameters bound by hand, prepared, every column of every row read.
/// </summary>
internal sealed class SearchFloor(Guid recordId, string professionalId, string structureId, int limit)
{
    private static readonly string access = TextOf(typeof(AccessSql), "ByRecord");
    private static readonly string search = TextOf(typeof(DocumentSql), "Search");
    private static readonly string append = TextOf(typeof(AuditSql), "Append");

    public async Task RunAsync(NpgsqlDataSource source, bool withTrace)
    {
        await using var connection = await source.OpenConnectionAsync();
        await ReadAsync(
            connection,
            $"{RowScope.Set}; {access}",
            ("ScopeRecord", recordId.ToString()),
            ("ScopeIns", ""),
            ("ScopeActors", ""),
            ("ScopeCaller", "bench"),
            ("ScopeTask", ""),
            ("RecordId", recordId),
            ("ProfessionalId", professionalId),
            ("StructureId", structureId),
            ("Now", DateTimeOffset.UtcNow));
        var ids = await ReadAsync(
            connection,
            search,
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
            ("CurrentStates", new short[] { 1 }),
            ("WithDeprecated", false),
            ("WithDeleted", false),
            ("Limit", limit));
        if (withTrace)
        {
            await AppendAsync(connection, ids);
        }
    }

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
        ("StructureId", structureId),
        ("StructureName", "BENCH"),
        ("SoftwareId", "bench"),
        ("Subject", "bench"),
        ("RecordId", recordId),
        ("DocumentIds", documentIds.ToArray()),
        ("Outcome", (short)1),
        ("StatusCode", (short)0),
        ("Reason", null),
        ("ServerRequestId", Guid.CreateVersion7()),
        ("RequestId", null));

    private static async Task<List<Guid>> ReadAsync(NpgsqlConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var (name, value) in parameters)
        {
            command.Parameters.Add(value is null
                ? new NpgsqlParameter(name, NpgsqlDbType.Text) { Value = DBNull.Value }
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
