using Dmp.Care.Exams;
using Dmp.Care.Units;
using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Trends;

/// <summary>The values of one observation over time (rules T1 to T8, docs/care-exams.md).</summary>
public static class TrendBuilder
{
    /// <summary>Most points of a series.</summary>
    public const int PointsMax = 500;

    /// <summary>Most values that are told to be in no series.</summary>
    public const int UnplottedMax = 50;

    /// <summary>Most documents that are told to state the same.</summary>
    public const int CopiesMax = 3;

    private const int IdsMax = 10;

    /// <summary>Makes it. The order of the documents changes nothing.</summary>
    /// <param name="documents">What exists for the caller.</param>
    /// <param name="question">What is asked for.</param>
    public static Trend Build(IReadOnlyList<CareDocument> documents, TrendQuestion question)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(question);
        List<Value> usable = [];
        List<(UnplottedReason Reason, Value Value)> unplotted = [];
        foreach (var value in documents.SelectMany(document => In(document, question)))
        {
            if (WhyNot(value, question) is { } reason)
            {
                unplotted.Add((reason, value));
            }
            else
            {
                usable.Add(value);
            }
        }

        Trend trend = new() { Code = question.Code };
        foreach (var group in usable.GroupBy(value => value.Specimen, StringComparer.Ordinal)
            .OrderByDescending(group => group.Max(value => value.Time.Time))
            .ThenBy(group => group.Key, StringComparer.Ordinal))
        {
            var series = SeriesOf([.. group.Order()], question, unplotted);
            if (series.Points.Count > 0)
            {
                series.Svg = question.WithPlot ? TrendPlot.Draw(series, question.Code) : "";
                trend.Series.Add(series);
            }
        }

        trend.Unplotted.AddRange(unplotted.OrderByDescending(one => one.Value).Take(UnplottedMax).Select(one => new UnplottedValue
        {
            Reason = one.Reason,
            Time = one.Value.Time,
            Result = new ExamResult
            {
                Code = one.Value.Observation.Code,
                Values = { one.Value.Observation.Values },
                Interpretations = { one.Value.Observation.Interpretations },
                Ranges = { one.Value.Observation.Ranges },
            },
            Specimen = one.Value.Observation.Specimen,
            Source = one.Value.Source,
        }));
        trend.MoreUnplotted = unplotted.Count - trend.Unplotted.Count;
        return trend;
    }

    private static IEnumerable<Value> In(CareDocument document, TrendQuestion question)
    {
        var asked = ExamTables.KeyOf(question.Code.System, question.Code.Code);
        var same = question.Tables.EquivalentsOf(question.Code.System, question.Code.Code);
        ClinicalTimes times = new(document);
        foreach (var fact in document.Facts.Where(fact => fact.Observation is not null))
        {
            var codes = Statements.CodesOf(fact.Observation.Code).ToList();
            var isAsked = codes.Contains(asked);
            if (!isAsked && !codes.Exists(same.Contains))
            {
                continue;
            }

            var time = times.Of(fact, out _);
            var at = time.Time.ToDateTimeOffset();
            if (at >= (question.From ?? DateTimeOffset.MinValue) && at < (question.To ?? DateTimeOffset.MaxValue))
            {
                yield return new Value(fact, time, document.SourceOf(fact), isAsked, Statements.KeyOf(fact.Observation.Specimen));
            }
        }
    }

    private static UnplottedReason? WhyNot(Value value, TrendQuestion question) =>
        Statements.WhyUnusable(value.Fact, needsValue: false) is { } why
            ? why == UnusableReason.OfAnotherPerson ? UnplottedReason.OfAnotherPerson : UnplottedReason.State
        : question.Specimen is { } specimen && Statements.IsSpecimen(value.Observation.Specimen, specimen) == false
            ? UnplottedReason.OtherSpecimen
        : value.Number is null ? UnplottedReason.NotANumber
        : null;

    private static TrendSeries SeriesOf(
        IReadOnlyList<Value> values, TrendQuestion question, List<(UnplottedReason Reason, Value Value)> unplotted)
    {
        // A unit that nobody knows here must not keep all others out.
        var newest = values.Reverse().Select(value => value.Number!.Stated.Unit);
        TrendSeries series = new()
        {
            Specimen = values[^1].Observation.Specimen,
            Unit = question.Unit.Length > 0 ? question.Unit
                : newest.FirstOrDefault(unit => unit.Length > 0 && Unit.TryRead(unit, out _)) ?? newest.First(),
        };
        List<TrendPoint> points = [];
        Dictionary<string, TrendPoint> known = new(StringComparer.Ordinal);
        foreach (var value in values)
        {
            if (value.Number!.In(series.Unit, question.MolarMass, out var reason) is not var (number, conversion))
            {
                unplotted.Add((reason, value));
                continue;
            }

            var keys = value.Keys().ToList();
            if (keys.Select(key => known.GetValueOrDefault(key))
                .FirstOrDefault(point => point is not null && point.Source.DocumentId != value.Source.DocumentId) is { } first)
            {
                if (first.Copies.Count < CopiesMax)
                {
                    first.Copies.Add(value.Source);
                }

                continue;
            }

            var added = PointOf(value, number, conversion, series.Unit, question.MolarMass);
            points.Add(added);
            keys.ForEach(key => known.TryAdd(key, added));
        }

        series.OlderPoints = Math.Max(0, points.Count - PointsMax);
        series.Points.AddRange(points.Skip(series.OlderPoints));
        return series;
    }

    private static TrendPoint PointOf(Value value, decimal number, UnitConversion conversion, string unit, decimal? molarMass)
    {
        TrendPoint point = new()
        {
            Time = value.Time,
            Value = StatedNumber.Format(number),
            Bound = value.Number!.Bound,
            Stated = value.Number.Stated,
            Conversion = conversion,
            Interpretations = { value.Observation.Interpretations },
            Ranges = { value.Observation.Ranges },
            Code = value.IsAsked ? null : value.Observation.Code,
            Source = value.Source,
        };
        var ranges = value.Observation.Ranges.Select(range => range.Value?.Quantity);
        if (ranges.FirstOrDefault(range => range is { Single: false }) is { } bounds)
        {
            point.Low = End(bounds.Low);
            point.High = End(bounds.High);
        }

        return point;

        string End(Quantity? end)
        {
            if (StatedNumber.Of(end) is not { } stated)
            {
                return "";
            }

            // A range without a unit is in the one of its value.
            Quantity quantity = new(end) { Unit = end!.Unit.Length > 0 ? end.Unit : value.Number.Stated.Unit };
            var converted = new StatedNumber(stated, ValueBound.Unspecified, quantity).In(unit, molarMass, out _);
            return converted is var (inUnit, _) ? StatedNumber.Format(inUnit) : "";
        }
    }

    /// <summary>An observation at its time, oldest first; then in an order that does not depend on how it came.</summary>
    private sealed record Value(Fact Fact, ClinicalTime Time, Source Source, bool IsAsked, string Specimen) : IComparable<Value>
    {
        public Observation Observation => Fact.Observation;

        public StatedNumber? Number { get; } = StatedNumber.Of(Fact.Observation);

        public int CompareTo(Value? other) => other is null ? 1
            : (Time.Time, Source.StatedTime, Source.DocumentId, Source.Entry, Source.Place).CompareTo(
                (other.Time.Time, other.Source.StatedTime, other.Source.DocumentId, other.Source.Entry, other.Source.Place));

        /// <summary>
        /// By what a copy in another document is known: what it says, with an identifier or with an hour. Not by an identifier alone, as
        /// programs use one for everything, and what is corrected keeps it (M41 likewise).
        /// </summary>
        public IEnumerable<string> Keys()
        {
            var number = $"{Number?.Bound} {Number?.Stated.Value} {Number?.Stated.Unit}";
            var content = $"{Time.Time} {Time.Precision} {Statements.KeyOf(Observation.Code)} {number}";
            foreach (var id in Fact.Source.Ids.Take(IdsMax))
            {
                yield return $"{id} {content}";
            }

            if (Time is { Precision: TimePrecision.Time, Origin: not ClinicalTimeOrigin.Document })
            {
                yield return $" {content}";
            }
        }
    }
}
