using System.Globalization;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Medications;

/// <summary>How long what was dispensed lasts (M21 to M24).</summary>
internal sealed class SupplyChain
{
    // No pack and no series of packs lasts longer: beyond it a number is a mistake.
    private const decimal DaysMax = 1_100m;

    private readonly List<Statement> chain = [];

    private SupplyChain()
    {
    }

    /// <summary>The end of the last dispensation that could be computed; null when none could.</summary>
    public End? End { get; private set; }

    /// <summary>When that one was handed out.</summary>
    public DateTimeOffset Last { get; private set; }

    /// <summary>Dispensations whose end could not be computed.</summary>
    public List<Statement> NotComputed { get; } = [];

    private Quantity? Supplied { get; set; }

    private decimal Daily { get; set; }

    private decimal Days { get; set; }

    private bool IsWeekly { get; set; }

    /// <param name="dispensations">Of one treatment, in any order.</param>
    /// <param name="doseAt">The dose that holds at a moment; null when none is known.</param>
    public static SupplyChain Of(IEnumerable<Statement> dispensations, Func<Statement, Dose?> doseAt)
    {
        SupplyChain supply = new();
        DateTimeOffset? until = null;
        var lastDays = 0m;
        foreach (var dispensation in dispensations.OrderDescending(Comparer<Statement>.Create(Statement.NewestFirst)))
        {
            if (doseAt(dispensation) is not { } dose || Lasts(dispensation, dose) is not var (days, daily))
            {
                supply.NotComputed.Add(dispensation);
                continue;
            }

            // What is left of the one before is carried over, and no more of it than one dispensation: an old mistake in a number does not
            // make a treatment run for years.
            var begin = Medications.End.Day(dispensation.Begin);
            var left = until is { } end && end > begin ? (decimal)(end - begin).Ticks / TimeSpan.TicksPerDay : 0m;
            var carried = Math.Min(left, lastDays);
            if (carried == 0m)
            {
                supply.chain.Clear();
            }

            supply.chain.Add(dispensation);
            (lastDays, supply.Days) = (days, days + carried);
            var computed = Medications.End.After(begin, supply.Days);
            (until, supply.End, supply.Last) = (computed.Over, computed, dispensation.Begin);
            (supply.Supplied, supply.Daily, supply.IsWeekly) = (dispensation.Fact.Medication.Supplied, daily, dose.IsWeekly);
        }

        return supply;
    }

    public Reason? ReasonAt(DateTimeOffset at)
    {
        if (End is not { } end || end.Over <= at)
        {
            return null;
        }

        var message = new RunningReason
        {
            Kind = RunningReasonKind.DispensedFor,
            Until = end.Shown.ToTimestamp(),
            Supplied = DoseReader.Plain(Supplied),
            Days = Number(Days),
        };
        if (IsWeekly)
        {
            message.PerWeek = Number(Daily * 7m);
        }
        else
        {
            message.PerDay = Number(Daily);
        }

        return new Reason(message, end, chain);
    }

    private static string Number(decimal value) => decimal.Round(value, 4).ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>The number of days, by a unit that both the quantity and the dose have.</summary>
    private static (decimal Days, decimal Daily)? Lasts(Statement dispensation, Dose dose)
    {
        if (dose.IsAsNeeded || dose.IsVariable)
        {
            return null;
        }

        foreach (var supplied in Amounts.AllOf(dispensation.Fact.Medication.Supplied).Where(amount => amount.Unit is not ("" or "1")))
        {
            foreach (var daily in dose.Daily.Where(amount => amount.Unit == supplied.Unit && amount.Value > 0))
            {
                // A day has a length to the second: less than that is no end.
                var days = decimal.Round(supplied.Value / daily.Value, 6);
                return days is > 0 and <= DaysMax ? (days, daily.Value) : null;
            }
        }

        return null;
    }
}
