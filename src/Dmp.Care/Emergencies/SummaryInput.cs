using Dmp.Care.Medications;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Interactions.V1;

namespace Dmp.Care.Emergencies;

/// <summary>All that the page is made of.</summary>
public sealed record SummaryInput
{
    /// <summary>The moment that ages are counted for.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The language of the page; documents keep theirs.</summary>
    public SummaryLanguage Language { get; init; }

    /// <summary>Of whom, for whom, by which right; its words are written here.</summary>
    public required SummaryStrip Strip { get; init; }

    /// <summary>The record: identity alone is told of it.</summary>
    public required Record.V1.Record Record { get; init; }

    /// <summary>The documents that were read, with what they state.</summary>
    public required IReadOnlyList<CareDocument> Documents { get; init; }

    /// <summary>Those that state nothing: not structured, not read yet, not readable.</summary>
    public IReadOnlyList<CareDocument> Unread { get; init; } = [];

    /// <summary>What became of all of them.</summary>
    public DocumentCoverage Coverage { get; init; } = new();

    /// <summary>What the patient takes, without what ended long ago.</summary>
    public required MedicationStatement Medication { get; init; }

    /// <summary>The groups by which its medicines count as dangerous.</summary>
    public IReadOnlyList<DangerousGroup> DangerousGroups { get; init; } = DangerousMedicines.Embedded.Groups;

    /// <summary>Which rules these medicines meet; null when there are no rules.</summary>
    public InteractionReport? Report { get; init; }

    /// <summary>Of each medicine of the report, its place among the lines of the statement.</summary>
    public IReadOnlyList<int> ReportLines { get; init; } = [];

    /// <summary>What the patient stated beside documents; null when nothing is known of it.</summary>
    public SummaryWishes? Wishes { get; init; }
}

/// <summary>Languages of the page.</summary>
public enum SummaryLanguage
{
    /// <summary>French.</summary>
    French,

    /// <summary>English.</summary>
    English,
}

/// <summary>What the patient stated beside documents.</summary>
/// <param name="People">Whom to call. Only a trusted person who accepted may be among them.</param>
/// <param name="Directives">Directives that were stated in words or deposited.</param>
/// <param name="Donation">What was stated on organ donation; null when nothing was.</param>
public sealed record SummaryWishes(
    IReadOnlyList<SummaryPerson> People, IReadOnlyList<SummaryDirective> Directives, SummaryDonation? Donation);

/// <summary>Somebody to call.</summary>
/// <param name="Kind">What the person is to the patient.</param>
/// <param name="Name">The name.</param>
/// <param name="PhoneNumber">Where to call; may be empty.</param>
/// <param name="Relation">What the person is to the patient: an HL7 RoleCode, or words; may be empty.</param>
/// <param name="Since">Since when.</param>
public sealed record SummaryPerson(
    SummaryPersonKind Kind, string Name, string PhoneNumber, string Relation, DateTimeOffset? Since);

/// <summary>An advance directive that is in force.</summary>
/// <param name="WriteDate">On which day they were written.</param>
/// <param name="DocumentId">The document to open; null when there is none that exists for the reader.</param>
public sealed record SummaryDirective(DateOnly WriteDate, string? DocumentId);

/// <summary>A statement on organ donation.</summary>
/// <param name="Kind">What is stated.</param>
/// <param name="Exceptions">Of a partial refusal: what is refused, in the patient's words.</param>
/// <param name="Time">When it was stated.</param>
public sealed record SummaryDonation(SummaryDonationKind Kind, string Exceptions, DateTimeOffset Time);

/// <summary>What a patient may state on organ donation. It is never "a donor": consent is presumed by law.</summary>
public enum SummaryDonationKind
{
    /// <summary>Does not oppose.</summary>
    NotOpposed,

    /// <summary>Opposes.</summary>
    Opposed,

    /// <summary>Opposes in part.</summary>
    OpposedInPart,
}
