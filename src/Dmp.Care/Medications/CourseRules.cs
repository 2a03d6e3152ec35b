using Dmp.Care.V1;
using Dmp.Facts.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Medications;

/// <summary>Whether a treatment runs at a moment, why and until when (M14, M20 to M29).</summary>
internal sealed class CourseRules(DateTimeOffset at)
{
    private const int RenewalsMax = 36;
    private const decimal PrescribedDaysMax = 3_660m;

    private const int ComparedMax = 200;

    // A break that a later statement closes: a month without tablets is no other treatment.
    private static readonly TimeSpan gap = TimeSpan.FromDays(30);

    /// <param name="statements">Of one treatment, the newest first, of professionals unless the patient alone states it.</param>
    /// <param name="serviceEnds">When the act ended that a document is about, by document.</param>
    public Course Of(IReadOnlyList<Statement> statements, Func<Statement, End?> serviceEnds)
    {
        var stops = statements.Where(statement => statement.StoppedAt <= at).ToList();
        var stop = stops.OrderByDescending(statement => statement.StoppedAt).FirstOrDefault();
        var going = statements.Where(statement => !statement.IsStop || statement.StoppedAt > at).ToList();
        var alive = stop is null
            ? going
            : going.Where(statement => End.Day(statement.StatedAt) >= End.Day(stop.StoppedAt!.Value)).ToList();
        var planned = alive.Where(IsPlanned).ToList();
        var begun = alive.Where(statement => !IsPlanned(statement)).ToList();

        var dispensed = begun.Where(statement => statement.Role == MedicationRole.Dispensed).ToList();
        var supply = SupplyChain.Of(dispensed, new DoseHistory(alive).At);
        var announced = statements.FirstOrDefault(statement => statement.StoppedAt > at);
        List<(Statement Statement, End? End, int Renewals)> stated =
        [
            .. begun.Where(statement => statement.Role is MedicationRole.Prescribed or MedicationRole.Listed).Select(statement =>
                StatedEnd(statement, announced)),
        ];
        var given = begun.Where(statement => statement.Role == MedicationRole.Administered)
            .Select(statement => (Statement: statement, End: statement.Period.End ?? serviceEnds(statement)))
            .ToList();
        var reasons = Reasons(stated, supply, given);
        var open = Open(stated, supply, given);
        var ends = stated.Select(one => one.End).Concat(given.Select(one => one.End)).Append(supply.End).OfType<End>().ToList();
        var plannedEnds = planned.Select(one => one.Period.End).OfType<End>().ToList();
        var course = new Course(TreatmentStatus.Ended, reasons, null, null)
        {
            Stop = stop,
            Alive = alive,
            IsEndNotComputed = supply.NotComputed.Count > 0,
        };
        course = reasons.Count > 0 ? course with
        {
            Status = TreatmentStatus.Running,
            End = reasons.TrueForAll(reason => reason.End is not null) ? reasons.MaxBy(reason => reason.End!.Value.Over)!.End : null,
        }
            : stop is not null && alive.Count == 0 ? course with
            {
                Status = stop.IsOver ? TreatmentStatus.Ended : TreatmentStatus.Stopped,
                End = new End(End.Day(stop.StoppedAt!.Value), End.Day(stop.StoppedAt.Value).AddDays(1)),
            }
            : open ? course with { Status = TreatmentStatus.EndUnknown }
            : PlannedUntil(planned) ? course with { Status = TreatmentStatus.Planned }
            : ends.Count > 0 ? course with { End = ends.MaxBy(end => end.Over) }
            : plannedEnds.Count > 0 ? course with { End = plannedEnds.MaxBy(end => end.Over) }
            : course with { Status = TreatmentStatus.EndUnknown };
        return course with { Begin = BeginOf(begun.Count > 0 ? begun : planned, stated, given, supply, course) };
    }

    private bool IsPlanned(Statement statement) => statement.Role == MedicationRole.Planned || statement.Begin > at;

    /// <summary>With its renewals; none beyond a stop that is announced for later.</summary>
    private static (Statement Statement, End? End, int Renewals) StatedEnd(Statement statement, Statement? announced)
    {
        var renewals = statement.Role == MedicationRole.Prescribed && statement.Fact.Medication.HasRenewals
            && statement.Fact.Medication.Renewals is > 0 and <= RenewalsMax
                ? statement.Fact.Medication.Renewals
                : 0;
        if (announced is { StoppedAt: { } stoppedAt } && announced.StatedAt >= statement.StatedAt)
        {
            return (statement, new End(End.Day(stoppedAt), End.Day(stoppedAt).AddDays(1)), 0);
        }

        if (statement.Period is { Begin: { } begin, Days: { } days, End: not null } && renewals > 0
            && days * (renewals + 1) <= PrescribedDaysMax)
        {
            return (statement, End.After(begin, days * (renewals + 1)), renewals);
        }

        return (statement, statement.Period.End, 0);
    }

    private List<Reason> Reasons(
        List<(Statement Statement, End? End, int Renewals)> stated, SupplyChain supply, List<(Statement Statement, End? End)> given)
    {
        List<Reason> reasons = [];
        var prescribed = stated.Where(one => one.End?.Over > at).ToList();
        if (prescribed.Count > 0)
        {
            var last = prescribed.MaxBy(one => one.End!.Value.Over);
            reasons.Add(new Reason(
                new RunningReason
                {
                    Kind = RunningReasonKind.PrescribedUntil,
                    Until = last.End!.Value.Shown.ToTimestamp(),
                    Renewals = last.Renewals,
                },
                last.End,
                [.. prescribed.Select(one => one.Statement)]));
        }

        if (supply.ReasonAt(at) is { } dispensed)
        {
            reasons.Add(dispensed);
        }

        var chronic = stated.Where(one => one.Statement.IsChronic && one.End is null).Select(one => one.Statement).ToList();
        if (chronic.Count > 0)
        {
            reasons.Add(new Reason(new RunningReason { Kind = RunningReasonKind.Chronic }, null, chronic));
        }

        var administered = given.Where(one => one.End?.Over > at).ToList();
        if (administered.Count > 0)
        {
            var last = administered.MaxBy(one => one.End!.Value.Over).End;
            reasons.Add(new Reason(
                new RunningReason { Kind = RunningReasonKind.Administered, Until = last!.Value.Shown.ToTimestamp() },
                last,
                [.. administered.Select(one => one.Statement)]));
        }

        return reasons;
    }

    /// <summary>
    /// A statement without an end is not over, unless a newer prescription or list has one. What was dispensed is not over where nothing
    /// can be computed, unless it is of a prescription with an end and a dose that is always the same (M23).
    /// </summary>
    private static bool Open(
        List<(Statement Statement, End? End, int Renewals)> stated, SupplyChain supply, List<(Statement Statement, End? End)> given)
    {
        var (newest, newestEnd, _) = stated.FirstOrDefault(one => one.End is not null);
        bool IsGoing(Statement statement) =>
            newest is null || statement.StatedAt >= newest.StatedAt || statement.Begin >= newestEnd!.Value.Over;
        if (stated.Any(one => one.End is null && IsGoing(one.Statement)) || given.Any(one => one.End is null && IsGoing(one.Statement)))
        {
            return true;
        }

        // The newest of them decide: of thousands the others are told as sources, and not compared with one another.
        var prescriptions = stated.Where(one => one.End is not null && one.Statement.Role == MedicationRole.Prescribed)
            .Take(ComparedMax)
            .ToList();
        return supply.NotComputed.AsEnumerable().Reverse().Take(ComparedMax).Any(dispensation =>
            !(supply.End is not null && supply.Last >= dispensation.Begin) && !IsCovered(dispensation));

        bool IsCovered(Statement dispensation)
        {
            var covering = prescriptions.Where(one => dispensation.Begin < one.End!.Value.Over
                && (ReferenceEquals(dispensation.Prescription?.Fact, one.Statement.Fact)
                    || End.Day(one.Statement.Begin) <= End.Day(dispensation.Begin)));
            return !IsUncertain(dispensation) && covering.Any(one => !IsUncertain(one.Statement));
        }

        static bool IsUncertain(Statement statement) =>
            statement.Dose.IsAsNeeded || (statement.Dose.IsVariable && statement.Dose.Phases.Count == 0)
            || statement.Route.Group == RouteGroup.Local;
    }

    private bool PlannedUntil(List<Statement> planned) => planned.Exists(statement => !(statement.Period.End?.Over <= at));

    /// <summary>The beginning of the earliest statement that reaches the newest one without a break.</summary>
    private static DateTimeOffset? BeginOf(
        List<Statement> counted,
        List<(Statement Statement, End? End, int Renewals)> stated,
        List<(Statement Statement, End? End)> given,
        SupplyChain supply,
        Course course)
    {
        if (counted.Count == 0)
        {
            return course.Stop?.Period.Begin;
        }

        Dictionary<Statement, End?> ends = new(ReferenceEqualityComparer.Instance);
        foreach (var (statement, end) in stated.Select(one => (one.Statement, one.End)).Concat(given))
        {
            ends[statement] = end;
        }

        DateTimeOffset? begin = null;
        var until = DateTimeOffset.MinValue;
        foreach (var statement in counted.OrderBy(statement => statement.Begin))
        {
            if (begin is null || (until != DateTimeOffset.MaxValue && statement.Begin > until + gap))
            {
                begin = statement.Begin;
            }

            // Of a dispensation alone the end is not kept: it lasts until the last one that could be computed, or for the break allowed.
            var end = ends.TryGetValue(statement, out var own) ? own?.Over ?? DateTimeOffset.MaxValue
                : supply.End is { } last && supply.Last >= statement.Begin ? Earlier(last.Over, statement.Begin + gap + gap)
                : statement.Begin + gap;
            until = end > until ? end : until;
        }

        return begin;
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
