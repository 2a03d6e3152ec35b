using Dmp.Notice.V1;
using Dmp.Server.Data;
using Dmp.Server.Options;
using Dmp.Type.V1;

namespace Dmp.Server.Notices;

/// <summary>Rules on notices that need no I/O: what a change tells, to whom, and when to try again.</summary>
internal static class NoticeRules
{
    private static readonly Dictionary<string, NoticeKind> kinds = new(StringComparer.Ordinal)
    {
        [OutboxKind.EmergencyOpened] = NoticeKind.EmergencyAccess,
        [OutboxKind.DocumentCreated] = NoticeKind.NewDocument,
        [OutboxKind.DocumentReplaced] = NoticeKind.NewDocument,
        [OutboxKind.DocumentRevealed] = NoticeKind.NewDocument,
        [OutboxKind.DocumentAnnounced] = NoticeKind.DocumentAnnounced,
        [OutboxKind.ConsentGranted] = NoticeKind.ConsentChanged,
        [OutboxKind.InitialConsentGiven] = NoticeKind.ConsentChanged,
        [OutboxKind.ConsentRevoked] = NoticeKind.ConsentChanged,
        [OutboxKind.ActorBlocked] = NoticeKind.ConsentChanged,
        [OutboxKind.ActorUnblocked] = NoticeKind.ConsentChanged,
        [OutboxKind.VisibilityChanged] = NoticeKind.ConsentChanged,
        [OutboxKind.SettingsChanged] = NoticeKind.ConsentChanged,
        [OutboxKind.CareTeamChanged] = NoticeKind.ConsentChanged,
        [OutboxKind.DelegationAccepted] = NoticeKind.ConsentChanged,
        [OutboxKind.DelegationRevoked] = NoticeKind.ConsentChanged,
        [OutboxKind.GuardianshipSet] = NoticeKind.ConsentChanged,
        [OutboxKind.ConsentExpired] = NoticeKind.ConsentChanged,
        [OutboxKind.DelegationStarted] = NoticeKind.ConsentChanged,
        [OutboxKind.DelegationEnded] = NoticeKind.ConsentChanged,
        [OutboxKind.MajorityReached] = NoticeKind.ConsentChanged,
        [OutboxKind.GuardianshipEnded] = NoticeKind.ConsentChanged,
        [OutboxKind.WishStated] = NoticeKind.WishesChanged,
        [OutboxKind.WishRevoked] = NoticeKind.WishesChanged,
        [OutboxKind.TrustedPersonAccepted] = NoticeKind.WishesChanged,
        [OutboxKind.TrustedPersonRefused] = NoticeKind.WishesChanged,
        [OutboxKind.TrustedPersonEnded] = NoticeKind.WishesChanged,
    };

    /// <summary>The kinds of changes that may be told.</summary>
    public static IReadOnlyCollection<string> ChangeKinds => kinds.Keys;

    /// <summary>
    /// What a change tells the patient's side; null: nothing.
    /// <code>
    /// what the patient did in person                      nothing: the patient knows, and a minor's own acts are not the family's business
    /// what anybody else did, representatives too          told
    /// an accepted delegation                              told: who accepts holds a token of kind patient, of another person
    /// a document hidden from the patient                  nothing, until it is revealed
    /// a document revealed while its creation was waiting  told once, by the revelation
    /// a waiting document that was revealed since          nothing: the revelation tells
    /// documents of a closed record                        nothing: there is nothing to open
    /// </code>
    /// </summary>
    public static NoticeKind? KindOf(ChangeRow change, NoticeFacts facts)
    {
        if (!kinds.TryGetValue(change.Kind, out var kind))
        {
            return null;
        }

        if (change.MadeByKind == (short)ActorKind.Patient && change.Kind != OutboxKind.DelegationAccepted)
        {
            return null;
        }

        if (change.DocumentId is null || kind is NoticeKind.ConsentChanged or NoticeKind.WishesChanged)
        {
            return kind;
        }

        // Until the time is cleared, by the clock or by a professional, a revelation is still to come, and it tells.
        var isHidden = facts.PatientVisibleTime is not null;
        var isTold = change.Kind switch
        {
            OutboxKind.DocumentAnnounced => isHidden,
            OutboxKind.DocumentRevealed => !isHidden && (change.WasPatientVisibleTime is not null
                || change.WasHiddenFromRepresentatives == true),
            _ => !isHidden && !facts.IsRevealedLater,
        };
        return isTold && facts.DocumentExists && facts.IsOpen ? kind : null;
    }

    /// <summary>
    /// About what a minor, or somebody under guardianship, keeps from representatives. Such a notice is in the patient's own list and
    /// goes nowhere: the address of the record is the family's, and so is the application.
    /// </summary>
    public static bool IsSecret(ChangeRow change, NoticeFacts facts) =>
        facts.IsRepresented && (change.HiddenFromRepresentatives || facts.HiddenFromRepresentatives);

    /// <summary>
    /// On which of the open channels a notice of this kind goes. An emergency that no chosen channel can carry goes on all there are
    /// (CSP R1111-48): a preference for webhooks must not silence it where there is no webhook.
    /// </summary>
    public static IReadOnlyList<NoticeWay> WaysOf(NoticeKind kind, bool secret, NoticeFacts facts, IReadOnlyCollection<NoticeWay> open)
    {
        if (secret)
        {
            return [];
        }

        var possible = open.Where(way => way.Channel != NoticeChannel.Email || facts.HasEmail).ToList();
        var wanted = possible.FindAll(way => !facts.OffOn(way.Channel).Contains((short)kind));
        return wanted.Count == 0 && kind == NoticeKind.EmergencyAccess ? possible : wanted;
    }

    /// <summary>
    /// The pause after a failed attempt: it doubles each time up to a limit, and is cut by up to a half at random, so that
    /// what failed together does not come back together.
    /// </summary>
    public static TimeSpan PauseAfter(int attempts, double random, NoticeOptions options)
    {
        var doubled = options.RetryAfter.TotalSeconds * Math.Pow(2, Math.Clamp(attempts - 1, 0, 40));
        return TimeSpan.FromSeconds(Math.Min(doubled, options.RetryAfterMax.TotalSeconds) * (1 - (random / 2)));
    }

    /// <summary>What becomes of a delivery after an attempt.</summary>
    public static NoticeDeliveryState StateAfter(AttemptResult result, DateTimeOffset nextAttempt, DateTimeOffset giveUp) => result switch
    {
        { Failure: NoticeDeliveryFailure.Unspecified } => NoticeDeliveryState.Delivered,
        { Failure: NoticeDeliveryFailure.AddressMissing } => NoticeDeliveryState.Cancelled,
        { Failure: NoticeDeliveryFailure.Refused or NoticeDeliveryFailure.Gone } => NoticeDeliveryState.Dead,
        _ => nextAttempt > giveUp ? NoticeDeliveryState.Dead : NoticeDeliveryState.Pending,
    };
}

/// <summary>One way to a reader: e-mail, or one patient application.</summary>
internal readonly record struct NoticeWay(NoticeChannel Channel, string Target);

/// <summary>How an attempt ended; <see cref="NoticeDeliveryFailure.Unspecified"/> is success.</summary>
internal readonly record struct AttemptResult(NoticeDeliveryFailure Failure)
{
    public static AttemptResult Delivered => default;
}
