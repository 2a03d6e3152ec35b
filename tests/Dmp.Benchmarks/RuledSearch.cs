using System.Reflection;
using Dmp.Server.Access;
using Dmp.Server.Documents;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// The search without the server, with its rules and without them: the server's own text, read by reflection so that it cannot differ,
/// straight through Npgsql with parameters bound by hand, prepared, every column of every row read.
/// </summary>
internal sealed class RuledSearch(Guid recordId, string professionalId, string structureId, int limit)
{
    // The driver keeps one prepared form of a text, and leaves it aside when the types of parameters differ: a text of its own.
    private static readonly string search =
        $"{TextOf(typeof(DocumentSql), "AsIndexed")}; -- floor\n{TextOf(typeof(DocumentSql), "Search")}";

    // What a search would cost if everybody saw everything: the one predicate taken out, everything else as it is.
    private static readonly string searchWithoutPolicy = search.Contains(DocumentFilter.Exists, StringComparison.Ordinal)
        ? search.Replace(DocumentFilter.Exists, "true", StringComparison.Ordinal)
        : throw new InvalidOperationException("The search does not hold the predicate.");

    /// <summary>The search alone, with the rules or without them, on a connection that <see cref="OpenAsync"/> made.</summary>
    public Task<List<Guid>> SearchAsync(NpgsqlConnection connection, bool withPolicy) =>
        ReadAsync(connection, withPolicy ? search : searchWithoutPolicy, SearchParameters());

    /// <summary>A connection for the record.</summary>
    public async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource source)
    {
        var connection = await source.OpenConnectionAsync();
        await ReadAsync(connection, $"set role dmp_request; select set_config('dmp.record', '{recordId}', false)");
        return connection;
    }

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
