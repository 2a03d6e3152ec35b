using Dmp.Cda;
using Dmp.Facts.Model;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <content>Points and stretches of time.</content>
internal sealed partial class FactValues
{
    /// <summary>A point in time, in the form of HL7 version 3 that facts have: the same digits without what stands between them.</summary>
    public Moment? Moment(FhirNode? node)
    {
        if (node is null)
        {
            return null;
        }

        var flavor = NullFlavor(node);
        if (Kept(node.Value) is not { } written)
        {
            return flavor is null ? null : new Moment(null, null, flavor);
        }

        written = FhirTimes.AsWritten(written);
        return new Moment(CdaTime.TryRead(written, out var time) ? time : null, written, flavor);
    }

    public Stretch? Point(FhirNode? node) => Moment(node) is { } moment ? new Stretch(moment, moment, null) : null;

    public Stretch? Period(FhirNode? node)
    {
        if (node is null)
        {
            return null;
        }

        var (low, high) = (Moment(node.Find("start")), Moment(node.Find("end")));
        return low is not null || high is not null ? new Stretch(low, high, null)
            : NullFlavor(node) is { } flavor && new Moment(null, null, flavor) is var none ? new Stretch(none, none, null)
            : null;
    }

    /// <summary>The one of the elements <c>effective[x]</c>, <c>performed[x]</c>, … that is there.</summary>
    public Stretch? When(FhirNode node, string prefix) => node.Choice(prefix) switch
    {
        (var period, "Period") => Period(period),
        (var timing, "Timing") => TimingBounds(timing) ?? Point(timing.Find("event")),
        (var point, "DateTime" or "Instant" or "Date") => Point(point),
        (var other, var type) => InWords(other, type) is { } moment ? new Stretch(moment, moment, null) : null,
        _ => null,
    };

    /// <summary>The stretch that a timing is bounded by.</summary>
    public Stretch? TimingBounds(FhirNode? timing) => timing?.Find("repeat")?.Choice("bounds") switch
    {
        (var period, "Period") => Period(period),
        (var duration, "Duration") => Quantity(duration) is { } width ? new Stretch(null, null, width) : null,
        _ => null,
    };

    /// <summary>The beginning, as onset and abatement state it: a time, or an age or words in the place of one.</summary>
    public Moment? Edge(FhirNode node, string prefix, string ofPeriod) => node.Choice(prefix) switch
    {
        (var point, "DateTime") => Moment(point),
        (var period, "Period") => Moment(period.Find(ofPeriod)),
        (var other, var type) => InWords(other, type),
        _ => null,
    };

    /// <summary>Since when and until when a state lasts.</summary>
    public Stretch? Course(FhirNode node, string begin, string end)
    {
        var (low, high) = (Edge(node, begin, "start"), Edge(node, end, "end"));

        // A period of the onset is when it began: its end is no end of the state.
        return low is null && high is null ? null : new Stretch(low, high, null);
    }

    private Moment? InWords(FhirNode node, string type)
    {
        var words = type switch
        {
            "Age" => Quantity(node) is { } age ? Written(age) : null,
            "Range" => Range(node) is { } range ? $"{Written(range.Low)}..{Written(range.High)}" : null,
            "String" => Words(node.Value),
            _ => null,
        };
        return words is not null ? new Moment(null, words, null)
            : NullFlavor(node) is { } flavor ? new Moment(null, null, flavor)
            : null;
    }
}
