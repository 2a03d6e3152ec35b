namespace Dmp.Proofs;

/// <summary>One event of the trace, as stored. What of it is committed, and how, is in <see cref="EventContent"/>.</summary>
internal record AuditEventRow
{
    public required Guid EventId { get; init; }

    public required DateTimeOffset EventTime { get; init; }

    public required string Method { get; init; }

    public required short ActorKind { get; init; }

    public string? ActorId { get; init; }

    public string? ActorName { get; init; }

    public string? ProfessionSystem { get; init; }

    public string? ProfessionCode { get; init; }

    public string? SpecialtyCode { get; init; }

    public string? SectorCode { get; init; }

    public string? StructureId { get; init; }

    public string? StructureName { get; init; }

    public string? SoftwareId { get; init; }

    public string? Subject { get; init; }

    public Guid? RecordId { get; init; }

    public required Guid[] DocumentIds { get; init; }

    /// <summary>Beside <see cref="DocumentIds"/>; null in events of before versions were kept.</summary>
    public int[]? DocumentVersions { get; init; }

    /// <summary>Beside <see cref="DocumentIds"/>, empty where the version is 0; null in events of before.</summary>
    public byte[][]? DocumentSha256s { get; init; }

    public string? StaffId { get; init; }

    public string? UserAgent { get; init; }

    public short? AccessMode { get; init; }

    /// <summary>The numbers of <see cref="Audit.V1.AuditBasis"/>.</summary>
    public short? Basis { get; init; }

    public Guid? EmergencyAccessId { get; init; }

    public string? Justification { get; init; }

    public string? Origin { get; init; }

    public long? DurationUs { get; init; }

    /// <summary>How many refused calls that are counted this event counts; null in the event of one call.</summary>
    public long? CallCount { get; init; }

    public required short Outcome { get; init; }

    public required short StatusCode { get; init; }

    public string? Reason { get; init; }

    public required Guid ServerRequestId { get; init; }

    public string? RequestId { get; init; }

    /// <summary>Done in a secret connection, or about something done in one.</summary>
    public bool HiddenFromRepresentatives { get; init; }

    /// <summary>Random, 32 bytes: what the commitment is blinded with.</summary>
    public required byte[] Salt { get; init; }

    /// <summary>The commitment (<see cref="EventTree"/>); null in events of before the log.</summary>
    public byte[]? Root { get; init; }

    /// <summary>Ed25519, see <see cref="EventSignature"/>.</summary>
    public byte[]? Signature { get; init; }

    /// <summary><see cref="NoteVerifier.KeyId"/> of the key of the signature.</summary>
    public string? SigningKey { get; init; }
}
