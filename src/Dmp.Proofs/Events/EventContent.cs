using System.Net;
using Dmp.Audit.V1;
using Dmp.Type.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using AccessMode = Dmp.Access.V1.AccessMode;

namespace Dmp.Proofs;

/// <summary>
/// What a row of the trace says, and therefore what its commitment covers. FROZEN: version 1. Events of ten years are checked with it;
/// another byte for the same row would make all of them look changed. New columns go into a version 2 beside it, chosen by the row.
/// A test holds known rows against known roots.
/// </summary>
internal static class EventContent
{
    private const string PurposeOfUse = "2.16.840.1.113883.5.8";
    private const long MicrosPerSecond = 1_000_000;

    // Set when the column is there: it is younger than the format, and an event without it must stay what it was.
    private const uint CountedBit = 1u << 23;

    /// <summary>The commitment of a row as it stands.</summary>
    public static EventTree TreeOf(AuditEventRow row) => new(
        row.Salt,
        Core(row).ToByteArray(),
        Review(row).ToByteArray(),
        Internals(row).ToByteArray(),
        [.. Documents(row).Select(document => document.ToByteArray())]);

    /// <summary>Part 0: what everybody sees who sees the event.</summary>
    public static AuditEvent Core(AuditEventRow row)
    {
        var actor = new Actor
        {
            Kind = (ActorKind)row.ActorKind,
            Id = row.ActorId ?? "",
            Name = row.ActorName ?? "",
            StructureId = row.StructureId ?? "",
            StructureName = row.StructureName ?? "",
        };
        if (row.ProfessionCode is { } code)
        {
            actor.Profession = new Coding { System = row.ProfessionSystem ?? "", Code = code };
        }

        return new AuditEvent
        {
            EventId = row.EventId.ToString(),
            EventTime = row.EventTime.ToTimestamp(),
            Method = row.Method,
            Actor = actor,
            SoftwareId = row.SoftwareId ?? "",
            RecordId = row.RecordId?.ToString() ?? "",
            StaffId = row.StaffId ?? "",
            SpecialtyCode = row.SpecialtyCode ?? "",
            SectorCode = row.SectorCode ?? "",
            UserAgent = row.UserAgent ?? "",
            AccessMode = (AccessMode)(row.AccessMode ?? 0),
            Basis = (AuditBasis)(row.Basis ?? 0),
            Purpose = PurposeOf((AuditBasis)(row.Basis ?? 0), (AccessMode)(row.AccessMode ?? 0)),
            EmergencyAccessId = row.EmergencyAccessId?.ToString() ?? "",
            Justification = row.Justification ?? "",
            Outcome = (AuditOutcome)row.Outcome,
            Reason = row.Reason ?? "",
            ServerRequestId = row.ServerRequestId.ToString(),
            CallCount = row.CallCount ?? 0,
        };
    }

    /// <summary>Part 1: what operators and auditors see besides.</summary>
    public static AuditEvent Review(AuditEventRow row) => new()
    {
        Origin = OriginOf(row.Origin),
        Duration = row.DurationUs is { } micros
            ? new Duration { Seconds = micros / MicrosPerSecond, Nanos = (int)(micros % MicrosPerSecond) * 1000 }
            : null,
    };

    /// <summary>Part 2: what nobody sees.</summary>
    public static AuditEventInternals Internals(AuditEventRow row) => new()
    {
        Subject = row.Subject ?? "",
        RequestId = row.RequestId ?? "",
        StatusCode = row.StatusCode,
        HiddenFromRepresentatives = row.HiddenFromRepresentatives,
        ProfessionSystem = row.ProfessionSystem ?? "",
        NullColumns = NullsOf(
            row.ActorId, row.ActorName, row.ProfessionSystem, row.ProfessionCode, row.StructureId, row.StructureName,
            row.SoftwareId, row.Subject, row.RecordId, row.Reason, row.RequestId, row.SpecialtyCode, row.SectorCode, row.StaffId,
            row.UserAgent, row.AccessMode, row.Basis, row.EmergencyAccessId, row.DocumentVersions, row.DocumentSha256s,
            row.Justification, row.Origin, row.DurationUs) | (row.CallCount is null ? 0 : CountedBit),
        DocumentCount = row.DocumentIds.Length,
    };

    /// <summary>Parts 3 to 255: a document each, in the order of the row.</summary>
    public static IEnumerable<AuditedDocument> Documents(AuditEventRow row) => row.DocumentIds.Select((id, i) => new AuditedDocument
    {
        DocumentId = id.ToString(),
        Version = row.DocumentVersions is { } versions ? versions[i] : 0,
        Sha256 = row.DocumentSha256s is { } digests ? ByteString.CopyFrom(digests[i]) : ByteString.Empty,
    });

    /// <summary>PostgreSQL keeps microseconds: what is committed must be what it keeps.</summary>
    public static DateTimeOffset Stored(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));

    private static Coding? PurposeOf(AuditBasis basis, AccessMode mode)
    {
        var code = (basis, mode) switch
        {
            (AuditBasis.Unspecified, _) => null,
            (AuditBasis.Role, _) => "HOPERAT",
            (AuditBasis.Patient or AuditBasis.Representative or AuditBasis.Caregiver, _) => "PATRQT",
            (_, AccessMode.BreakGlass) => "BTG",
            (_, AccessMode.Regulation) => "ETREAT",
            _ => "TREAT",
        };
        return code is null ? null : new Coding { System = PurposeOfUse, Code = code };
    }

    // One form for one address, whether it comes from the network or from the database.
    private static string OriginOf(string? origin) => IPAddress.TryParse(origin, out var address) ? address.ToString() : origin ?? "";

    private static uint NullsOf(params ReadOnlySpan<object?> columns)
    {
        var nulls = 0u;
        for (var i = 0; i < columns.Length; i++)
        {
            nulls |= columns[i] is null ? 1u << i : 0;
        }

        return nulls;
    }
}
