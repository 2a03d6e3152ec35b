using Dapper;
using Dmp.Server.Calls;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>What an outbox row tells. Names are stable: subscribers will read them.</summary>
internal static class OutboxKind
{
    public const string RecordOpened = "RECORD_OPENED";
    public const string RecordUpdated = "RECORD_UPDATED";
    public const string RecordClosed = "RECORD_CLOSED";
    public const string RecordReopened = "RECORD_REOPENED";
    public const string DocumentCreated = "DOCUMENT_CREATED";
    public const string DocumentReplaced = "DOCUMENT_REPLACED";
    public const string DocumentMasked = "DOCUMENT_MASKED";
    public const string DocumentUnmasked = "DOCUMENT_UNMASKED";
    public const string DocumentArchived = "DOCUMENT_ARCHIVED";
    public const string DocumentUnarchived = "DOCUMENT_UNARCHIVED";
    public const string DocumentDeleted = "DOCUMENT_DELETED";
    public const string DocumentAnnounced = "DOCUMENT_ANNOUNCED";
    public const string DocumentRevealed = "DOCUMENT_REVEALED";
    public const string DocumentHidden = "DOCUMENT_HIDDEN";
    public const string EmergencyOpened = "EMERGENCY_OPENED";
    public const string EmergencyAcknowledged = "EMERGENCY_ACKNOWLEDGED";
    public const string ConsentGranted = "CONSENT_GRANTED";
    public const string ConsentRevoked = "CONSENT_REVOKED";
    public const string ActorBlocked = "ACTOR_BLOCKED";
    public const string ActorUnblocked = "ACTOR_UNBLOCKED";
    public const string VisibilityChanged = "VISIBILITY_CHANGED";
    public const string InitialConsentGiven = "INITIAL_CONSENT_GIVEN";
    public const string CareTeamChanged = "CARE_TEAM_CHANGED";
    public const string SettingsChanged = "SETTINGS_CHANGED";
    public const string SecretActsHiddenFromStaff = "SECRET_ACTS_HIDDEN_FROM_STAFF";
    public const string SecretActsShownToStaff = "SECRET_ACTS_SHOWN_TO_STAFF";
    public const string DelegationInvited = "DELEGATION_INVITED";
    public const string DelegationAccepted = "DELEGATION_ACCEPTED";
    public const string DelegationRefused = "DELEGATION_REFUSED";
    public const string GuardianshipSet = "GUARDIANSHIP_SET";
    public const string DelegationRevoked = "DELEGATION_REVOKED";
    public const string ConsentExpired = "CONSENT_EXPIRED";
    public const string DelegationStarted = "DELEGATION_STARTED";
    public const string DelegationEnded = "DELEGATION_ENDED";
    public const string MajorityReached = "MAJORITY_REACHED";
    public const string GuardianshipEnded = "GUARDIANSHIP_ENDED";
    public const string WishStated = "WISH_STATED";
    public const string WishRevoked = "WISH_REVOKED";
    public const string TrustedPersonInvited = "TRUSTED_PERSON_INVITED";
    public const string TrustedPersonAccepted = "TRUSTED_PERSON_ACCEPTED";
    public const string TrustedPersonRefused = "TRUSTED_PERSON_REFUSED";
    public const string TrustedPersonEnded = "TRUSTED_PERSON_ENDED";
}

/// <summary>What a row of the outbox says beside its kind, record and time. What does not apply is null.</summary>
internal sealed record OutboxDetail
{
    public Guid? DocumentId { get; init; }

    public int? Version { get; init; }

    /// <summary>Whom it is about, the actor of an authorisation or a block: the numbers of <see cref="Dmp.Type.V1.ActorKind"/>.</summary>
    public short? ActorKind { get; init; }

    public string? ActorId { get; init; }

    /// <summary>The authorisation, rule, block, emergency access, delegation, care team, statement or designation.</summary>
    public Guid? SubjectId { get; init; }

    /// <summary>The document before the change; all null when it is new.</summary>
    public int? PreviousVersion { get; init; }

    public bool? WasMasked { get; init; }

    public short? WasState { get; init; }

    public DateTimeOffset? WasPatientVisibleTime { get; init; }

    public bool? WasHiddenFromRepresentatives { get; init; }
}

internal static class OutboxSql
{
    private const string Append =
        """
        insert into outbox (
            event_time, kind, record_id, document_id, version, hidden_from_representatives, made_by_kind, made_by_id, actor_kind, actor_id,
            subject_id, previous_version, was_masked, was_state, was_patient_visible_time, was_hidden_from_representatives)
        values (
            @Now, @Kind, @RecordId, @DocumentId, @Version, @Hidden, @MadeByKind, @MadeById, @ActorKind, @ActorId,
            @SubjectId, @PreviousVersion, @WasMasked, @WasState, @WasPatientVisibleTime, @WasHiddenFromRepresentatives)
        """;

    // The columns of Append, for several changes.
    private const string AppendAll =
        """
        insert into outbox (
            event_time, kind, record_id, document_id, version, hidden_from_representatives, made_by_kind, made_by_id,
            previous_version, was_masked, was_state, was_patient_visible_time, was_hidden_from_representatives)
        select
            @Now, n.kind, n.record_id, n.document_id, n.version, n.hidden, n.made_by_kind, n.made_by_id,
            n.previous_version, n.was_masked, n.was_state, n.was_patient_visible_time, n.was_hidden
        from unnest(
            @Kind::text[], @RecordId::uuid[], @DocumentId::uuid[], @Version::integer[], @Hidden::boolean[], @MadeByKind::smallint[],
            @MadeById::text[], @PreviousVersion::integer[], @WasMasked::boolean[], @WasState::smallint[],
            @WasPatientVisibleTime::timestamptz[], @WasHidden::boolean[]) with ordinality n (
            kind, record_id, document_id, version, hidden, made_by_kind, made_by_id, previous_version, was_masked, was_state,
            was_patient_visible_time, was_hidden, place)
        order by n.place
        """;

    /// <summary>
    /// Adds a row in the transaction of the change it tells of. What was done in a secret connection is told to no representative, but that
    /// a document is gone, from whom it was hidden just now: a copy would be kept for ever. What the patient decides about staff is never.
    /// </summary>
    public static Task AppendAsync(
        NpgsqlConnection connection, Call call, string kind, Guid recordId, DateTimeOffset now, OutboxDetail? detail, CancellationToken ct)
    {
        var maker = call.ActingCaller.ToActor();
        var change = new
        {
            Now = now,
            Kind = kind,
            RecordId = recordId,
            Hidden = kind is OutboxKind.SecretActsHiddenFromStaff or OutboxKind.SecretActsShownToStaff
                || kind != OutboxKind.DocumentHidden && call.Trace.HidesEvent,
            MadeByKind = (short)maker.Kind,
            MadeById = maker is { Id.Length: > 0 } ? maker.Id : null,
        };
        var parameters = new StatementParameters(detail ?? new OutboxDetail(), change);
        return connection.ExecuteAsync(new CommandDefinition(Append, parameters, cancellationToken: ct));
    }

    /// <summary>Adds several rows about documents, each of a call of its own.</summary>
    public static NpgsqlBatchCommand ToAppend(
        IReadOnlyList<(string Kind, Guid RecordId, OutboxDetail Detail, Call Call)> rows, DateTimeOffset now) =>
        new NpgsqlBatchCommand(AppendAll)
            .With("Now", now)
            .With("Kind", rows, row => row.Kind)
            .With("RecordId", rows, row => row.RecordId)
            .With("DocumentId", rows, row => row.Detail.DocumentId)
            .With("Version", rows, row => row.Detail.Version)
            .With("Hidden", rows, row => row.Call.Trace.HidesEvent)
            .With("MadeByKind", rows, row => (short)row.Call.ActingCaller.ToActor().Kind)
            .With("MadeById", rows, row => row.Call.ActingCaller.ToActor() is { Id.Length: > 0 } maker ? maker.Id : null)
            .With("PreviousVersion", rows, row => row.Detail.PreviousVersion)
            .With("WasMasked", rows, row => row.Detail.WasMasked)
            .With("WasState", rows, row => row.Detail.WasState)
            .With("WasPatientVisibleTime", rows, row => row.Detail.WasPatientVisibleTime)
            .With("WasHidden", rows, row => row.Detail.WasHiddenFromRepresentatives);
}
