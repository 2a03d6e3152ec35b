using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;

namespace Dmp.Server.Tests.Data;

/// <summary>Positions in the feed that are others in each country.</summary>
internal enum Positions
{
    OfRecord,
    OfRule,
    NearTheEnd,
}

/// <summary>A statement of the catalogue with the parameters and the scope of one realistic call.</summary>
internal sealed partial record Measure(string Statement, string Who, Dictionary<string, string> Scope, object? Own = null)
{
    // What the statements share; a measure has its own where it matters.
    private static readonly Dictionary<string, object?> shared = Properties(new
    {
        RecordId = Country.IdOf(1, 1),
        RecordIds = new[] { Country.IdOf(1, 1), Country.IdOf(1, 3), Country.IdOf(1, 5) },
        DocumentId = Country.IdOf(2, 5000),
        Version = 0,
        Now = DateTimeOffset.UtcNow,
        ProfessionalId = "nurse",
        StructureId = "nurses",
        Subject = "person",
        Profession = "test|10",
        IsStructure = false,
        SecretActsHiddenFromStaff = false,
        IsOccupational = false,
        IsOwner = false,
        IsPatient = false,
        IsRepresentative = false,
        IsRepresentativeByToken = false,
        IsNamedByToken = false,
        IsAuthorized = true,
        SeesMasked = false,
        SeesSecret = true,
        WithSecret = true,
        ReadsDeleted = false,
        ForOwner = false,
        ForRepresentative = false,
        OnlyMyStructure = false,
        OnlyMine = false,
        OnlySubject = (string?)null,
        Limit = 51,
        BatchSize = 500,
        CallerKey = "caller",
        ActorKind = (short)1,
        ActorId = "nurse",
        After = 0L,
        PieceRows = 500,
        OwnMax = 2000,
        InsSystems = new[] { "urn:oid:1.2.250.1.213.1.4.8", "urn:oid:1.2.250.1.213.1.4.9" },
        InsNumbers = new[] { "000000000000001" },
        InsSystem = "urn:oid:1.2.250.1.213.1.4.8",
        InsNumber = "000000000000001",
        Kind = "KIND",
        AfterTime = DateTimeOffset.UtcNow.AddYears(100),
        AfterId = Guid.AllBitsSet,
        AfterVersion = int.MaxValue,
        Stretch = 102,
        CurrentStates = new short[] { 1 },
        WithDeprecated = false,
        WithDeleted = false,
        ConsentId = Country.IdOf(4, 9),
        DelegationId = Country.IdOf(9, 1),
        TrustedPersonId = Country.IdOf(22, 1),
        CodeSha256 = new byte[32],
        WishesType = "loinc|type-1",
        DirectivesType = "loinc|type-1",
        CareTeamId = Country.IdOf(5, 2),
        CareTeamIds = new[] { Country.IdOf(5, 2), Country.IdOf(5, 3) },
        EmergencyAccessId = Country.IdOf(8, 1),
        VisibilityRuleId = Country.IdOf(10, 1),
        SubmissionSetId = Country.IdOf(11, 1),
        SubmissionSetIds = new[] { Country.IdOf(11, 1) },
        RecordKeyId = Country.IdOf(3, 1),
        RequestId = Country.IdOf(14, 1),
        RequestIds = new[] { Country.IdOf(14, 1), Country.IdOf(14, 2) },
        RememberedIds = new[] { Country.IdOf(14, 1), Country.IdOf(14, 2) },
        NoticeId = Country.IdOf(16, 100),
        NoticeIds = Enumerable.Range(0, 50).Select(i => Country.IdOf(16, 100 + i)).ToArray(),
        MasterKeyId = "file/load",
        Channel = (short)1,
        Target = "",
        Source = "load",
        UniqueId = $"1.2.250.{Country.IdOf(2, 5001)}.1",
        DepositorKey = "practice-1",
    });

    /// <summary>Settings of the transaction, as the server makes them for the statement.</summary>
    public string Before { get; init; } = "";

    public static Dictionary<string, string> OfRecord(long record = 1) =>
        new() { ["role"] = "dmp_request", ["record"] = Country.IdOf(1, record).ToString(), ["caller"] = "caller" };

    public static Dictionary<string, string> OfActor(string role, params string[] actors) =>
        new() { ["role"] = role, ["actors"] = string.Join(' ', actors), ["caller"] = "caller" };

    public static Dictionary<string, string> OfTask(string role, long? record = null) =>
        record is { } number ? new(OfRecord(number)) { ["role"] = role } : new() { ["role"] = role };

    public static Dictionary<string, string> OfPerson(string role) =>
        new() { ["role"] = role, ["ins"] = "000000000000001", ["caller"] = "person" };

    /// <summary>Gives each parameter that the statement names its value; what nobody names is null.</summary>
    public void Bind(NpgsqlCommand command, string sql, IReadOnlyDictionary<Positions, object> positions)
    {
        var own = Properties(Own ?? new { });
        foreach (var name in Parameter().Matches(sql).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal))
        {
            var value = own.TryGetValue(name, out var given) ? given : shared.GetValueOrDefault(name);
            value = value is Positions position ? positions[position] : value;
            command.Parameters.Add(value is null
                ? new NpgsqlParameter(name, NpgsqlDbType.Unknown) { Value = DBNull.Value }
                : new NpgsqlParameter(name, value));
        }
    }

    private static Dictionary<string, object?> Properties(object values) =>
        values.GetType().GetProperties().ToDictionary(
            property => property.Name, property => property.GetValue(values), StringComparer.Ordinal);

    [GeneratedRegex("@([A-Za-z0-9]+)")]
    private static partial Regex Parameter();
}
