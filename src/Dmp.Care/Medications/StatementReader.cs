using Dmp.Care.V1;
using Dmp.Facts.Reading;
using Dmp.Facts.V1;
using Fact = Dmp.Facts.V1.Fact;
using Medication = Dmp.Facts.V1.Medication;

namespace Dmp.Care.Medications;

/// <summary>Reads the statements of documents: on treatments, that there is none, and what is neither, counted by why.</summary>
internal sealed class StatementReader(ProductMatcher matcher)
{
    private const int TextMax = 300;
    private const string Summary = "SYNTH";
    private const string Treatments = "10160-0";

    // A clock that runs ahead of the platform's may do that to a day.
    private static readonly TimeSpan ahead = TimeSpan.FromDays(1);

    /// <summary>No time of a record is later: the arithmetic of times ends far from it.</summary>
    internal static readonly DateTimeOffset Latest = new(2300, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Of a treatment: a disease may be chronic, and its treatment short.
    private static readonly string[] longTerm =
    [
        "au long cours", "long cours", "traitement chronique", "traitements chroniques", "traitement de fond", "a vie", "long terme",
    ];

    // What was stopped, and not what is to be, or what may not be.
    private static readonly string[] stopped = ["arrete", "arretes", "arretee", "arretees", "stoppe", "stoppes", "stoppee", "stoppees"];

    private readonly SortedDictionary<UnusedReason, int> unused = [];

    /// <summary>Statements on treatments.</summary>
    public List<Statement> Statements { get; } = [];

    /// <summary>Statements that there is no treatment (M33).</summary>
    public List<(NoTreatment Message, DateTimeOffset StatedAt)> NoneStated { get; } = [];

    /// <summary>What is in no line.</summary>
    public IEnumerable<UnusedStatements> Unused =>
        unused.Select(entry => new UnusedStatements { Reason = entry.Key, Count = entry.Value });

    public void LeaveOut(UnusedReason reason, int count = 1) => unused[reason] = unused.GetValueOrDefault(reason) + count;

    public void Add(CareDocument document)
    {
        foreach (var fact in document.Facts.Where(fact => fact.KindCase == Fact.KindOneofCase.Medication))
        {
            if (fact.Subject is null && fact.Absence != FactAbsence.Unspecified)
            {
                AddNone(document, fact);
            }
            else if (Reason(fact) is { } reason)
            {
                LeaveOut(reason);
            }
            else
            {
                Statements.Add(Read(document, fact));
            }
        }
    }

    /// <summary>Without where it stands a fact is taken for the first of its document.</summary>
    private static Source SourceOf(CareDocument document, Fact fact) => fact.Source is null ? document.Source() : document.SourceOf(fact);

    /// <summary>Far from where the arithmetic of times ends.</summary>
    private static DateTimeOffset StatedAt(Source source) =>
        source.StatedTime.ToDateTimeOffset() is var time && time < Latest ? time : Latest;

    private void AddNone(CareDocument document, Fact fact)
    {
        var medication = fact.Medication;
        if (medication.Immunization || fact.Negated || fact.State == "nullified")
        {
            LeaveOut(medication.Immunization ? UnusedReason.SingleEvent : UnusedReason.NotTaken);
            return;
        }

        var name = ProductMatcher.NameOf(medication);
        var source = SourceOf(document, fact);
        NoneStated.Add((
            new NoTreatment
            {
                Source = source,
                Text = Words.Cut(fact.Text.Length > 0 ? fact.Text : name, TextMax),
                NothingKnown = fact.Absence == FactAbsence.NoInformation,
            },
            StatedAt(source)));
    }

    private static UnusedReason? Reason(Fact fact)
    {
        var medication = fact.Medication;
        return fact switch
        {
            { Subject: not null } => UnusedReason.OfAnotherPerson,
            _ when medication.Role == MedicationRole.Implicated => UnusedReason.Implicated,
            { State: "nullified" or "cancelled" or "not-done" or "declined" } => UnusedReason.NotTaken,
            _ when IsDenied(fact) && medication.Role != MedicationRole.Listed => UnusedReason.NotTaken,
            { Mood: "GOL" or "PRP" or "DEF" or "OPT" } when medication.Role is MedicationRole.Planned or MedicationRole.Prescribed =>
                UnusedReason.NotPrescribed,
            _ when medication.Immunization => UnusedReason.SingleEvent,
            _ when medication.Role == MedicationRole.Administered && IsOnce(medication) => UnusedReason.SingleEvent,
            _ => null,
        };
    }

    /// <summary>One administration is an event: of one day, or without any stretch of time or rhythm (M30).</summary>
    private static bool IsOnce(Medication medication)
    {
        var period = StatedPeriod.Of(medication.Period, Latest);
        var isRepeated = medication.Dosages.Any(dosage => dosage.Every is not null || dosage.Event.Length > 0);
        return period.IsPoint || (period is { Begin: null, End: null, IsInvalid: false } && !isRepeated);
    }

    private Statement Read(CareDocument document, Fact fact)
    {
        var medication = fact.Medication;
        var source = SourceOf(document, fact);
        var statedAt = StatedAt(source);
        var stretch = medication.Period;
        var period = StatedPeriod.Of(stretch, statedAt);
        StatedPeriod.Read(medication.SupplyTime, document.CameAt + ahead, out var isSupplyWrong);
        var match = matcher.Match(document, fact);
        var dose = DoseReader.Read(fact, statedAt);
        if (medication.Role == MedicationRole.Dispensed)
        {
            // What was handed out is taken from the day on which it was; its end is computed and not stated.
            period = StatedPeriod.None with { IsInvalid = period.IsInvalid };
        }
        else
        {
            period = WithPhases(period, dose);
        }

        var isOver = medication.Role == MedicationRole.Listed
            && (period.End?.Over <= statedAt || (fact.State == "completed" && IsFhir(document)));
        var isStopped = IsStopped(fact);
        var (stoppedAt, isInferred) = isOver || isStopped ? StopOf(fact, period, statedAt) : (null, false);
        return new Statement
        {
            Document = document,
            Fact = fact,
            Source = source,
            StatedAt = statedAt,
            Match = match,
            Route = Routes.Of(medication, match.Product),
            Period = period,
            Dose = dose,
            IsDateInvalid = period.IsInvalid || isSupplyWrong,
            StoppedAt = stoppedAt,
            IsStopInferred = isInferred,
            IsOver = isOver && !isStopped,
            IsDenied = IsDenied(fact),
            IsChronic = stoppedAt is null && IsChronic(document, fact, period),
        };
    }

    /// <summary>Where only the phases have times, the treatment lasts from the first to the last of them.</summary>
    private static StatedPeriod WithPhases(StatedPeriod period, Dose dose)
    {
        if (period.End is not null || dose.Phases.Count == 0)
        {
            return period;
        }

        var begin = period.Begin ?? dose.Phases.Min(phase => phase.Begin);
        var isOpen = dose.Phases.Any(phase => phase.End is null);
        var last = isOpen ? null : dose.Phases.MaxBy(phase => phase.End!.Value.Over)!.End;
        return period with
        {
            Begin = begin,
            End = last,
            Days = begin is { } from && last is { } until ? (decimal)(until.Over - from).Ticks / TimeSpan.TicksPerDay : null,
            IsInvalid = period.IsInvalid || dose.Phases.Any(phase => phase.IsInvalid),
        };
    }

    /// <summary>By its state, listed as not taken, or in a section of what was stopped.</summary>
    private static bool IsStopped(Fact fact) =>
        fact.State is "aborted" or "suspended" || IsDenied(fact) || IsOfStopped(fact.Source?.SectionTitle ?? "");

    private static bool IsDenied(Fact fact) => fact.Negated || fact.State == "not-taken";

    /// <summary>There "completed" says that the treatment is over; in CDA it says that the entry is, and stands on all of them.</summary>
    private static bool IsFhir(CareDocument document) =>
        document.Metadata.MediaType.StartsWith("application/fhir+", StringComparison.Ordinal);

    /// <summary>On the day of its end, or else on that of the statement.</summary>
    private static (DateTimeOffset? At, bool IsInferred) StopOf(Fact fact, StatedPeriod period, DateTimeOffset statedAt) =>
        fact.Medication.Role is MedicationRole.Dispensed or MedicationRole.Planned ? (null, false)
            : period.End is { } end ? (End.Day(end.Shown), false)
            : (statedAt, true);

    private static bool IsOfStopped(string title)
    {
        var words = NameWords.Of(title);
        var key = string.Join(' ', words);
        return words.Any(stopped.Contains)
            && !key.Contains("en cours", StringComparison.Ordinal)
            && !key.Contains("poursuivi", StringComparison.Ordinal);
    }

    /// <summary>
    /// By the words of a professional: of the section, of the statement or of its instructions; and by the one volet whose treatments are
    /// those "au long cours" by its definition, which it says around the section and not in it.
    /// </summary>
    private static bool IsChronic(CareDocument document, Fact fact, StatedPeriod period)
    {
        if (period.End is not null || fact.Medication.Role is not (MedicationRole.Listed or MedicationRole.Prescribed))
        {
            return false;
        }

        if (document.Metadata.Type?.Code is Summary && fact.Source?.SectionCode == Treatments)
        {
            return true;
        }

        var texts = fact.Medication.Dosages.Take(20).Select(dosage => dosage.Text)
            .Append(fact.Source?.SectionTitle ?? "")
            .Append(fact.Text)
            .Append(fact.Medication.PatientInstructions);
        return texts.Select(text => $" {string.Join(' ', NameWords.Of(text))} ")
            .Any(text => longTerm.Any(words => text.Contains($" {words} ", StringComparison.Ordinal)));
    }
}
