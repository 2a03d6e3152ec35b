using System.Globalization;
using Dmp.Facts.Model;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>How a medicine is taken: <c>Dosage</c> of FHIR R4, one or several of the model for each.</summary>
internal sealed class DosageFacts(FactValues values)
{
    private const int HoursOfDay = 24;
    private const int MinutesOfHour = 60;
    private const decimal LengthMax = 1_000_000;

    /// <summary>In the order of their sequence numbers; one without a number counts as its place in the document.</summary>
    public IReadOnlyList<Dosage> Read(FhirNode resource, IReadOnlyList<FhirNode> written)
    {
        // The dosage of what was given is written flat: its dose and its rate are elements of its own.
        var isFlat = resource.Type == "MedicationAdministration";
        return values.Bounded(written
            .Select((node, place) => (Node: node, Number: FactValues.Whole(node.Find("sequence")) ?? place + 1))
            .OrderBy(dosage => dosage.Number)
            .SelectMany(dosage => isFlat ? Flat(dosage.Node) : Of(dosage.Node)));
    }

    public IReadOnlyList<Dosage> ReadVaccine(FhirNode immunization)
    {
        var (dose, route) = (values.Compared(immunization.Find("doseQuantity")), values.Concept(immunization.Find("route")));
        return dose is null && route is null ? [] : [new Dosage(null, null, null, dose, null, route, null)];
    }

    private IEnumerable<Dosage> Flat(FhirNode dosage)
    {
        var (dose, rate) = (values.Compared(dosage.Find("dose")), Rate(dosage));
        var (route, text) = (values.Concept(dosage.Find("route")), values.Words(dosage["text"]));
        return dose is null && rate is null && route is null && text is null
            ? []
            : [new Dosage(null, null, null, dose, rate, route, text)];
    }

    private List<Dosage> Of(FhirNode dosage)
    {
        var (timing, route, text) = (dosage.Find("timing"), values.Concept(dosage.Find("route")), values.Words(dosage["text"]));
        text ??= timing?.Find("code") is { } code && values.Concept(code) is { } named ? named.Text ?? named.Display ?? named.Code : null;
        var bounds = values.TimingBounds(timing) ?? (timing is null ? null : values.Point(timing.Find("event")));
        List<(Quantity? Every, string? Event)> rhythms = [.. values.Bounded(Rhythms(timing?.Find("repeat")))];
        List<FhirNode?> amounts = [.. values.Bounded(dosage.Of("doseAndRate"))];
        if (amounts.Count == 0)
        {
            amounts.Add(null);
        }

        if (rhythms.Count == 0)
        {
            rhythms.Add((null, null));
        }

        // Each amount with each rhythm; of as many as a hundred of both the beginning is kept.
        List<Dosage> found = [];
        foreach (var amount in amounts)
        {
            var (dose, rate) = amount is null ? (null, null) : (Dose(amount), Rate(amount));
            foreach (var (every, bound) in rhythms)
            {
                if (bounds is not null || every is not null || bound is not null || dose is not null || rate is not null
                    || route is not null || text is not null)
                {
                    found.Add(new Dosage(bounds, every, bound, dose, rate, route, text));
                }
            }
        }

        return found;
    }

    private QuantityRange? Dose(FhirNode amount) => amount.Choice("dose") switch
    {
        (var range, "Range") => values.Range(range),
        (var quantity, "Quantity") => values.Compared(quantity),
        _ => null,
    };

    private QuantityRange? Rate(FhirNode amount) => amount.Choice("rate") switch
    {
        (var range, "Range") => values.Range(range),
        (var quantity, "Quantity") => values.Compared(quantity),
        (var ratio, "Ratio") => Ratio(ratio),
        _ => null,
    };

    /// <summary>So much in one of a unit is so much of a unit; in more than one it stays as it is written.</summary>
    private QuantityRange? Ratio(FhirNode ratio)
    {
        var (much, @in) = (values.Quantity(ratio.Find("numerator")), values.Quantity(ratio.Find("denominator")));
        if (much is null)
        {
            return null;
        }

        var rate = @in is { Value: 1, Unit: { } unit } ? much with { Unit = $"{much.Unit}/{unit}" }
            : @in is null ? much
            : new Quantity(null, null, $"{FactValues.Written(much)} / {FactValues.Written(@in)}", null);
        return new QuantityRange(rate, rate);
    }

    /// <summary>How often, and the events of the day that it is bound to.</summary>
    private IEnumerable<(Quantity? Every, string? Event)> Rhythms(FhirNode? repeat)
    {
        if (repeat is null)
        {
            yield break;
        }

        var every = Every(repeat);
        List<string> events = [.. repeat.Of("when").Select(when => values.Kept(when.Value)).OfType<string>()];
        if (events.Count == 0 && every is not null)
        {
            yield return (every, null);
        }

        foreach (var bound in events)
        {
            yield return (every, bound);
        }
    }

    /// <summary>
    /// The stretch in which it is taken once, as HL7 version 3 writes how often: "3 in 1 d" is once in 8 h. Where no whole number says
    /// that, and where a range is stated, it stays as it is written: period / frequency.
    /// </summary>
    private Quantity? Every(FhirNode repeat)
    {
        var (unit, count) = (values.Kept(repeat["periodUnit"]), FactValues.Whole(repeat.Find("frequency")) ?? 1);
        if (values.Number(repeat.Find("period"), unit) is not { } period)
        {
            return null;
        }

        var (most, longest) = (repeat["frequencyMax"], repeat["periodMax"]);
        if (most is null && longest is null && period.Value is { } length)
        {
            var whole = count == 1 ? (length, unit)
                : Divided(length, count) is { } once ? (once, unit)
                : unit == "d" && Divided(length * HoursOfDay, count) is { } hours ? (hours, "h")
                : unit == "h" && Divided(length * MinutesOfHour, count) is { } minutes ? (minutes, "min")
                : ((decimal Value, string? Unit)?)null;
            if (whole is var (value, stated))
            {
                return new Quantity(value, stated, null, period.NullFlavor);
            }
        }

        var stretch = FactValues.Written(period with { Unit = null }) + (longest is null ? "" : $"..{values.Kept(longest)}");
        var times = count.ToString(CultureInfo.InvariantCulture) + (most is null ? "" : $"..{values.Kept(most)}");
        return new Quantity(null, unit, $"{stretch}/{times}", period.NullFlavor);
    }

    /// <summary>Null when the quotient is no whole number.</summary>
    private static decimal? Divided(decimal length, int count) =>
        count > 0 && length is > 0 and <= LengthMax && length % count == 0 ? decimal.Truncate(length / count) : null;
}
