using Dmp.Annotations.V1;
using Dmp.Event.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Events;

/// <summary>What a change is to a caller, once it is known what the caller sees and saw. Pure.</summary>
internal static class FeedRules
{
    /// <summary>
    /// Documents are told to whoever finds them: an authorised professional whom searches are open to, a structure that is not blocked (of
    /// its own; the filter of documents sees to that), the patient's side. Nothing of a closed record is found.
    /// </summary>
    public static bool SeesDocuments(RecordAccess access) => access.IsOpen && access.Caller.Kind switch
    {
        CallerKind.Professional => access.IsAuthorized && access.Right(Function.Search).IsAllowed,
        CallerKind.Structure => !access.IsBlocked && access.Right(Function.FindReference).IsAllowed,
        _ => access.Capacity != Capacity.None,
    };

    /// <summary>What was done in secret does not reach a person who is not the patient.</summary>
    public static bool MayHear(RecordAccess access, FeedRow row) =>
        !row.HiddenFromRepresentatives || !access.Caller.Kind.IsPerson || access.Capacity == Capacity.Patient;

    /// <summary>
    /// The event of a change of a document; null when it is none to the caller.
    /// <code>
    /// existed  exists
    /// no       no       nothing: it never was
    /// no       yes      CREATED, also when it was hidden before
    /// yes      no       DELETED, also when it is hidden now
    /// yes      yes      what happened
    /// </code>
    /// </summary>
    public static ChangeEvent? OfDocument(FeedRow row, FeedDocumentRow document) => (document.Existed, document.Exists) switch
    {
        (false, false) => null,
        (false, true) => Present(row, document, ChangeKind.Created),
        (true, false) => new ChangeEvent
        {
            Kind = ChangeKind.Deleted,
            RecordId = row.RecordId.ToString(),
            DocumentId = document.DocumentId.ToString(),
            PreviousVersion = document.FormerVersion ?? 0,
            Type = ToCoding(document.FormerTypeCode ?? ""),
            ChangeTime = row.EventTime.ToTimestamp(),
        },
        (true, true) => row.Kind switch
        {
            // A rule that changed nothing for the caller is none of the caller's business.
            OutboxKind.VisibilityChanged or OutboxKind.SecretActsHiddenFromStaff or OutboxKind.SecretActsShownToStaff => null,
            OutboxKind.DocumentReplaced => Present(row, document, ChangeKind.Replaced),
            OutboxKind.DocumentMasked when document.SeesMasked => Present(row, document, ChangeKind.Hidden),
            OutboxKind.DocumentUnmasked when document.SeesMasked => Present(row, document, ChangeKind.Unhidden),
            _ => Present(row, document, ChangeKind.MetadataChanged),
        },
    };

    /// <summary>
    /// The event of a change of the record as a whole; null when it is none to the caller. Nobody is sent to list a record that is closed:
    /// its opening is told when it comes.
    /// </summary>
    public static ChangeEvent? OfRecord(FeedRow row, RecordAccess access, FeedRecordRow record)
    {
        var hasAccess = access.Caller.Kind switch
        {
            CallerKind.Professional => access.IsAuthorized,
            CallerKind.Structure => !access.IsBlocked && (access.HoldsConsent || record.HasDeposits),
            _ => access.Capacity != Capacity.None,
        };
        ChangeKind? kind = row.Kind switch
        {
            _ when !record.IsConcerned => null,
            OutboxKind.RecordOpened or OutboxKind.RecordReopened => hasAccess && access.IsOpen ? ChangeKind.RecordOpened : null,
            OutboxKind.RecordClosed => hasAccess ? ChangeKind.RecordClosed : null,
            _ when hasAccess => access.IsOpen ? ChangeKind.AccessGranted : null,
            _ when record.HadAccess || record.HasDeposits => ChangeKind.AccessLost,
            _ => null,
        };
        return kind is not { } told ? null : new ChangeEvent
        {
            Kind = told,
            RecordId = row.RecordId.ToString(),
            ChangeTime = row.EventTime.ToTimestamp(),
        };
    }

    /// <summary>
    /// Whether a change is about a document, a rule on documents, what staff sees of secret acts, or the record; null: about nothing that
    /// the feed tells.
    /// </summary>
    public static FeedSubject? SubjectOf(string kind) => kind switch
    {
        OutboxKind.DocumentCreated or OutboxKind.DocumentReplaced or OutboxKind.DocumentMasked or OutboxKind.DocumentUnmasked
            or OutboxKind.DocumentArchived or OutboxKind.DocumentUnarchived or OutboxKind.DocumentDeleted
            or OutboxKind.DocumentRevealed or OutboxKind.DocumentHidden => FeedSubject.Document,
        OutboxKind.VisibilityChanged => FeedSubject.Rule,
        OutboxKind.SecretActsHiddenFromStaff or OutboxKind.SecretActsShownToStaff => FeedSubject.StaffSight,
        OutboxKind.RecordOpened or OutboxKind.RecordReopened or OutboxKind.RecordClosed
            or OutboxKind.ConsentGranted or OutboxKind.InitialConsentGiven or OutboxKind.ConsentRevoked or OutboxKind.ConsentExpired
            or OutboxKind.ActorBlocked or OutboxKind.ActorUnblocked or OutboxKind.CareTeamChanged or OutboxKind.MajorityReached
            or OutboxKind.GuardianshipSet or OutboxKind.GuardianshipEnded
            or OutboxKind.DelegationAccepted or OutboxKind.DelegationStarted or OutboxKind.DelegationRevoked
            or OutboxKind.DelegationEnded => FeedSubject.Record,
        _ => null,
    };

    /// <summary>Whole commits, in their order, with at most so many rows each; one commit with more is a piece of its own.</summary>
    public static IEnumerable<List<FeedRow>> ByCommits(IEnumerable<FeedRow> rows, int rowsMax)
    {
        var piece = new List<FeedRow>();
        foreach (var commit in rows.GroupBy(row => row.CommitPosition).Select(commit => commit.ToList()))
        {
            if (piece.Count > 0 && piece.Count + commit.Count > rowsMax)
            {
                yield return piece;
                piece = [];
            }

            piece.AddRange(commit);
        }

        if (piece.Count > 0)
        {
            yield return piece;
        }
    }

    /// <summary>How many of these deliveries make whole commits within the limit; the first commit always is.</summary>
    public static int CountWithin(IReadOnlyList<FeedDelivery> deliveries, int limit)
    {
        var count = 0;
        foreach (var commit in deliveries.GroupBy(delivery => delivery.Row.CommitPosition).Select(commit => commit.Count()))
        {
            if (count > 0 && count + commit > limit)
            {
                break;
            }

            count += commit;
        }

        return count;
    }

    public static Coding ToCoding(string column)
    {
        var bar = column.IndexOf('|', StringComparison.Ordinal);
        return bar < 0 ? new Coding { Code = column } : new Coding { System = column[..bar], Code = column[(bar + 1)..] };
    }

    private static ChangeEvent Present(FeedRow row, FeedDocumentRow document, ChangeKind kind) => new()
    {
        Kind = kind,
        RecordId = row.RecordId.ToString(),
        DocumentId = document.DocumentId.ToString(),
        Version = document.Version,
        PreviousVersion = kind == ChangeKind.Replaced ? document.FormerVersion ?? 0 : 0,
        Type = ToCoding(document.TypeCode),
        ChangeTime = row.EventTime.ToTimestamp(),
    };
}

/// <summary>What a change is about.</summary>
internal enum FeedSubject
{
    Document,
    Rule,
    StaffSight,
    Record,
}
