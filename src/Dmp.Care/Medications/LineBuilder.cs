using Dmp.Care.V1;
using Dmp.Facts.Reading;
using Dmp.Facts.V1;
using Dmp.Interactions;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Medications;

/// <summary>What stands beside all lines of a record.</summary>
/// <param name="At">The moment that the answer is made for.</param>
/// <param name="None">Statements that there is no treatment, the newest first.</param>
/// <param name="Lists">Lists of treatments by professionals, the newest first.</param>
/// <param name="HasDispensations">The record has a dispensation.</param>
internal sealed record RecordContext(
    DateTimeOffset At,
    IReadOnlyList<(NoTreatment Message, DateTimeOffset StatedAt)> None,
    IReadOnlyList<TreatmentList> Lists,
    bool HasDispensations)
{
    /// <summary>A list that came later and does not name a treatment; null when there is none.</summary>
    public TreatmentList? LaterThan(IReadOnlyList<Statement> statements, bool isComplete)
    {
        HashSet<string> naming =
            [.. statements.SelectMany(statement => statement.Copies.Select(copy => copy.DocumentId).Append(statement.Document.DocumentId))];
        return Lists.TakeWhile(list => list.StatedAt > statements[0].StatedAt)
            .FirstOrDefault(list => (list.IsComplete || !isComplete) && !naming.Contains(list.Source.DocumentId));
    }
}

/// <summary>A document that lists treatments.</summary>
/// <param name="StatedAt">When its last treatment was stated.</param>
/// <param name="Source">The document.</param>
/// <param name="IsComplete">Its author declares it a complete reconciliation (M17).</param>
internal sealed record TreatmentList(DateTimeOffset StatedAt, Source Source, bool IsComplete);

/// <summary>Makes the line of one treatment.</summary>
internal sealed class LineBuilder(RecordContext context, DangerousMedicines dangerous)
{
    private const int SubstanceNamesMax = 20;
    private const int ProductsMax = 20;
    private const int CodesMax = 20;
    private const int DosagesMax = 20;
    private const int TextMax = 300;
    private const int NameMax = 300;
    private const int AtcLength = 7;
    private const string AtcSystem = "2.16.840.1.113883.6.73";

    // Ours: longer than it takes to go to the pharmacy.
    private static readonly TimeSpan dispensedWithin = TimeSpan.FromDays(7);

    // Ours: how long a prescription without an end may be dispensed.
    private static readonly TimeSpan validity = TimeSpan.FromDays(365);

    // Ours: two prescriptions without an end overlap no longer than that.
    private static readonly TimeSpan together = TimeSpan.FromDays(90);

    private readonly CourseRules rules = new(context.At);
    private readonly LineConflicts conflictRules = new(context.At);

    /// <param name="route">Its group of routes.</param>
    /// <param name="statements">Its statements, the newest first.</param>
    public Treatment Of(RouteGroup route, IReadOnlyList<Statement> statements)
    {
        // What the patient says changes nothing that a professional says (M31); where nobody else says anything it is what there is (M32).
        var professional = statements.Where(statement => !statement.ByPatient).ToList();
        var deciding = professional.Count > 0 ? professional : [.. statements];
        var course = rules.Of(deciding, ServiceEnd);
        var doses = DosesOf(deciding, course);
        var conflicts = conflictRules.Of(statements, course, context);
        var evidence = statements.FirstOrDefault(statement => !statement.IsStop
            && statement.Role is MedicationRole.Administered or MedicationRole.Dispensed or MedicationRole.Listed);
        var sources = new LineSources(statements, [
            .. doses.Take(1),
            .. new[] { evidence, course.Stop }.OfType<Statement>(),
            .. course.Reasons.SelectMany(reason => reason.Statements.Take(2)),
            .. conflicts.SelectMany(conflict => conflict.Statements.Take(2)),
        ]);

        var substances = SubstancesOf(statements);
        var line = new TreatmentLine
        {
            Status = course.Status,
            Name = Words.Cut(
                substances.Count > 0 ? string.Join(" + ", substances.Select(one => one.Message.Name)) : statements[0].Match.Name, NameMax),
            RouteGroup = route,
            Dose = DoseOf(doses, sources),
            EndTime = course.End?.Shown.ToTimestamp(),
            BeginTime = course.Begin?.ToTimestamp(),
            MoreSources = sources.More,
            LastEvidence = evidence is null ? -1 : sources.PlaceOf(evidence),
        };
        line.Substances.AddRange(substances.Select(one => one.Message));
        line.Products.AddRange(ProductsOf(statements));
        line.RunningReasons.AddRange(course.Reasons.Select(reason => ReasonOf(reason, sources)));
        line.Conflicts.AddRange(conflicts.Select(conflict => new TreatmentConflict
        {
            Kind = conflict.Kind,
            Text = conflict.Text,
            Sources = { sources.PlacesOf(conflict.Statements) },
            Against = conflict.Against,
        }));
        line.Sources.AddRange(sources.Kept.Select(SourceOf));
        line.Notes.AddRange(NotesOf(route, statements, deciding, course).Distinct().Order());
        var group = GroupOf(route, statements, substances.Select(one => one.Key), line.Name);
        line.DangerousGroup = group?.Code ?? "";
        return new Treatment(line, StandingOf(course, group), $"{Names.Key(line.Name)}\u0001{route}\u0001{statements[0].Match.Key}")
        {
            Substances = [.. substances.Select(one => (one.Key, one.Message.Name))],
            IsPrescribedTwice = IsPrescribedTwice(course),
        };
    }

    /// <summary>
    /// What the document is about ended then: what was given in a stay is not given after it (M29). Without it nothing is known.
    /// </summary>
    private static End? ServiceEnd(Statement statement) =>
        statement.Document.Metadata.ServiceStopTime is { } stop && stop.ToDateTimeOffset() is var time && time >= statement.Begin
            && time <= StatementReader.Latest
            ? new End(End.Day(time), time)
            : null;

    /// <summary>
    /// The newest statement on the dose (M11), with the others of its document that are meant together with it (M6). One that begins later,
    /// or was taken away by a stop, is taken where there is no other.
    /// </summary>
    private List<Statement> DosesOf(IReadOnlyList<Statement> deciding, Course course)
    {
        var newest = new[] { course.Alive, deciding }
            .Select(of => of.FirstOrDefault(statement => statement.Begin <= context.At && States(statement)))
            .FirstOrDefault(found => found is not null)
            ?? deciding.FirstOrDefault(States)
            ?? deciding.FirstOrDefault(statement => statement.Dose.SaysSomething);

        // Of several of one document that one which holds now.
        newest = deciding.FirstOrDefault(other => newest is not null && States(other) && other.StatedAt == newest.StatedAt
            && other.Document.DocumentId == newest.Document.DocumentId && other.IsStop == newest.IsStop && other.Begin <= context.At
            && !(other.Period.End?.Over <= context.At)) ?? newest;
        return newest is null
            ? []
            :
            [
                newest,
                .. deciding.Where(other => !ReferenceEquals(other, newest)
                    && other.Document.DocumentId == newest.Document.DocumentId
                    && other.Role == newest.Role
                    && other.IsStop == newest.IsStop
                    && IsTogether(newest, other)
                    && other.Dose.SaysSomething
                    && States(newest)).Take(DosagesMax),
            ];
    }

    /// <summary>For the same time: what followed one another in one list is not meant together.</summary>
    private static bool IsTogether(Statement one, Statement other) =>
        !(one.Period.End?.Over <= other.Begin) && !(other.Period.End?.Over <= one.Begin);

    private static bool States(Statement statement) => statement.Dose.SaysSomething && !statement.IsDenied
        && statement.Role is MedicationRole.Prescribed or MedicationRole.Listed or MedicationRole.Administered or MedicationRole.Planned;

    private TreatmentDose? DoseOf(List<Statement> doses, LineSources sources)
    {
        if (doses.Count == 0)
        {
            return null;
        }

        var only = doses.Count == 1;
        var phase = only ? doses[0].Dose.PhaseAt(context.At) : -1;
        var text = only
            ? doses[0].Dose.Text
            : string.Join(" ; ", doses.Select(one => one.Dose.Text.Length > 0 ? $"{one.Match.Name} : {one.Dose.Text}" : one.Match.Name));
        if (phase >= 0)
        {
            text = FormattableString.Invariant($"{text} [phase {phase + 1} sur {doses[0].Dose.Phases.Count}]");
        }

        return new TreatmentDose
        {
            Text = Words.Cut(text, TextMax),
            Dosages = { doses.SelectMany(one => one.Dose.Dosages).Take(DosagesMax) },
            CurrentPhase = phase,
            Source = sources.PlaceOf(doses[0]),
        };
    }

    private static RunningReason ReasonOf(Reason reason, LineSources sources)
    {
        var message = reason.Message.Clone();
        message.Sources.AddRange(sources.PlacesOf(reason.Statements));
        return message;
    }

    private static TreatmentSource SourceOf(Statement statement)
    {
        var medication = statement.Fact.Medication;
        return new TreatmentSource
        {
            Source = statement.Source,
            Role = medication.Role,
            ProductText = ProductMatcher.NameOf(medication),
            DoseText = statement.Dose.Text,
            PeriodLow = Words.Cut(medication.Period?.Low?.Written ?? "", TextMax),
            PeriodHigh = Words.Cut(medication.Period is { Single: false, High: { } high } ? high.Written : "", TextMax),
            Supplied = DoseReader.Plain(medication.Supplied),
            Stopped = statement.IsStop,
            Copies = { statement.Copies },
        };
    }

    /// <summary>By key; a name of the medicines database before one that was written.</summary>
    private static List<(string Key, TreatmentSubstance Message)> SubstancesOf(IReadOnlyList<Statement> statements) =>
    [
        .. statements.Where(statement => statement.Match.Set is not null)
            .SelectMany(statement => statement.Match.Set!.Substances.Select(substance => (statement, substance)))
            .GroupBy(one => one.substance.Key)
            .Select(group => (group.Key, Message: new TreatmentSubstance
            {
                Name = group.OrderBy(one => one.statement.Match.Product is null)
                    .ThenBy(one => one.substance.Name, StringComparer.Ordinal)
                    .First().substance.Name,
                StatedNames =
                {
                    group.Select(one => one.substance.Stated).Distinct().Order(StringComparer.Ordinal).Take(SubstanceNamesMax),
                },
            }))
            .OrderBy(one => one.Message.Name, StringComparer.Ordinal)
            .ThenBy(one => one.Key, StringComparer.Ordinal),
    ];

    private static IEnumerable<TreatmentProduct> ProductsOf(IReadOnlyList<Statement> statements) => statements
        .DistinctBy(statement => statement.Match.Product?.Cis ?? Names.Key(statement.Match.Name))
        .Take(ProductsMax)
        .Select(statement => new TreatmentProduct
        {
            Name = Words.Cut(statement.Match.Name, NameMax),
            Cis = statement.Match.Product?.Cis ?? "",
            Codes =
            {
                statement.Fact.Medication.Codes.Take(CodesMax).Select(code => new CodedValue
                {
                    Code = code.Code,
                    System = code.System,
                    Display = Words.Cut(code.Display, NameMax),
                    NullFlavor = code.NullFlavor,
                }),
            },
        });

    private IEnumerable<TreatmentNote> NotesOf(
        RouteGroup route, IReadOnlyList<Statement> statements, IReadOnlyList<Statement> deciding, Course course)
    {
        if (statements.Any(statement => statement.Match.IsByText))
        {
            yield return TreatmentNote.MatchedByText;
        }

        if (course.IsEndNotComputed)
        {
            yield return TreatmentNote.EndNotComputed;
        }

        if (statements.Any(statement => statement.IsDateInvalid))
        {
            yield return TreatmentNote.DateInvalid;
        }

        if (course.Stop is { IsStopInferred: true } && course.Status == TreatmentStatus.Stopped)
        {
            yield return TreatmentNote.StopDateInferred;
        }

        if (deciding.Any(statement => statement.Prescription is { } prescription && IsOther(statement, prescription)))
        {
            yield return TreatmentNote.Substituted;
        }

        if (course.Alive.FirstOrDefault(statement => statement.Role == MedicationRole.Dispensed) is { } dispensation
            && !IsCovered(dispensation, deciding))
        {
            yield return TreatmentNote.NoPrescription;
        }

        var prescription = course.Alive.FirstOrDefault(statement => statement.Role == MedicationRole.Prescribed);
        if (context.HasDispensations && course.MayRun && prescription?.StatedAt + dispensedWithin < context.At
            && !statements.Any(statement => statement.Role == MedicationRole.Dispensed))
        {
            yield return TreatmentNote.NoDispensation;
        }

        if (course.MayRun && context.LaterThan(statements, isComplete: false) is not null)
        {
            yield return TreatmentNote.NotInLaterList;
        }

        if (route == RouteGroup.Unspecified || statements.Any(statement => !statement.Route.IsTold))
        {
            yield return TreatmentNote.RouteUnknown;
        }

        var first = statements.FirstOrDefault(statement => statement.Match is { Set: not null, Product: not null });
        if (first is not null && statements.Any(statement => DoseComparison.HaveOtherSalts(first, statement)))
        {
            yield return TreatmentNote.SaltsDiffer;
        }

        if (deciding.Any(statement => statement.Dose.IsAsNeeded))
        {
            yield return TreatmentNote.AsNeeded;
        }

        if (statements.All(statement => statement.ByPatient))
        {
            yield return TreatmentNote.PatientOnly;
        }
    }

    private static bool IsOther(Statement dispensation, Statement prescription) =>
        dispensation.Match.Product is { } one && prescription.Match.Product is { } other
            ? one.Cis != other.Cis
            : Names.Key(dispensation.Match.Name) != Names.Key(prescription.Match.Name);

    /// <summary>By the item that it names, or by its day within the validity of one (M10).</summary>
    private static bool IsCovered(Statement dispensation, IReadOnlyList<Statement> deciding) => dispensation.Prescription is not null
        || deciding.Any(statement => statement.Role == MedicationRole.Prescribed
            && End.Day(statement.Begin) <= End.Day(dispensation.Begin)
            && dispensation.Begin < ValidUntil(statement));

    private static DateTimeOffset ValidUntil(Statement prescription) => prescription.Period switch
    {
        { Begin: { } begin, Days: { } days } when prescription.Fact.Medication.Renewals is > 0 and < 100
            && days * (prescription.Fact.Medication.Renewals + 1) < 3_660m =>
            End.After(begin, days * (prescription.Fact.Medication.Renewals + 1)).Over,
        { End: { } end } => end.Over,
        _ => prescription.Begin + validity,
    };

    private bool IsPrescribedTwice(Course course) => course.MayRun && course.Alive
        .Where(statement => statement.Role == MedicationRole.Prescribed && statement.Begin <= context.At
            && (statement.Period.End is null ? statement.StatedAt + together > context.At : ValidUntil(statement) > context.At))
        .Select(statement => statement.Author)
        .Distinct()
        .Skip(1)
        .Any();

    /// <summary>
    /// Of what acts where it is applied the ATC code alone tells a group: a cream of tacrolimus is no danger of the tablet's kind.
    /// </summary>
    private DangerousGroup? GroupOf(RouteGroup route, IReadOnlyList<Statement> statements, IEnumerable<string> substanceKeys, string name)
    {
        var atc = statements.SelectMany(statement => (statement.Match.Product?.Atc ?? [])
            .Concat(statement.Fact.Medication.Codes
                .Where(code => code.System == AtcSystem && code.Code.Length <= AtcLength)
                .Select(code => code.Code)));
        var isLocal = route == RouteGroup.Local;
        var texts = statements.Select(statement => statement.Match.Name).Distinct().Take(ProductsMax).Append(name);
        return dangerous.Find(
            atc.Distinct().Order(StringComparer.Ordinal),
            isLocal ? [] : substanceKeys,
            isLocal ? [] : texts.Order(StringComparer.Ordinal));
    }

    private TreatmentGroup StandingOf(Course course, DangerousGroup? group)
    {
        var shown = TimeSpan.FromDays(group?.ShownDays ?? DangerousMedicines.ShownDaysDefault);
        var isRecent = course.Status is TreatmentStatus.Ended or TreatmentStatus.Stopped && context.At - course.End?.Over < shown;
        return course.Status switch
        {
            TreatmentStatus.Ended or TreatmentStatus.Stopped when !isRecent => TreatmentGroup.Other,
            _ when group is { Code: not "longacting" } => TreatmentGroup.Dangerous,
            TreatmentStatus.Running => TreatmentGroup.Running,
            TreatmentStatus.EndUnknown => TreatmentGroup.EndUnknown,
            TreatmentStatus.Planned => TreatmentGroup.Planned,
            _ => TreatmentGroup.RecentlyEnded,
        };
    }
}
