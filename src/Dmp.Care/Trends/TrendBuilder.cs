using System.Text;
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

    /// <summary>Most series.</summary>
    public const int SeriesMax = 20;

    // Together a little less than AnswerRoom.BytesMax.
    private const int PointBytesMax = 1536 * 1024;
    private const int PictureBytesMax = 1024 * 1024;
    private const int UnplottedBytesMax = 448 * 1024;

    /// <summary>Makes it. The order of the documents changes nothing.</summary>
    /// <param name="documents">What exists for the caller.</param>
    /// <param name="question">What is asked for.</param>
    public static Trend Build(IReadOnlyList<CareDocument> documents, TrendQuestion question)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(question);
        List<TrendValue> usable = [];
        List<(UnplottedReason Reason, TrendValue Value)> unplotted = [];
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
        List<(TrendSeries Series, string Specimen)> all = [];
        foreach (var group in usable.GroupBy(value => value.Specimen, StringComparer.Ordinal)
            .OrderByDescending(group => group.Max(value => value.Time.Time))
            .ThenBy(group => group.Key, StringComparer.Ordinal))
        {
            var series = SeriesOf([.. group.Order()], question, unplotted);
            if (series.Points.Count > 0)
            {
                all.Add((series, group.Key));
            }
        }

        Fill(trend, all);
        if (question.WithPlot)
        {
            Draw(trend, specimen => unplotted.Count(one => one.Value.Specimen == specimen && IsMissed(one.Reason)), all);
        }

        trend.Unplotted.AddRange(AnswerRoom.First(
            unplotted.OrderByDescending(one => one.Value).Select(one => ToMessage(one.Reason, one.Value)),
            UnplottedMax,
            UnplottedBytesMax));
        trend.MoreUnplotted = unplotted.Count - trend.Unplotted.Count;
        return trend;
    }

    /// <summary>As many series as there is room for, and of each the newest points.</summary>
    private static void Fill(Trend trend, List<(TrendSeries Series, string Specimen)> all)
    {
        var room = PointBytesMax;
        foreach (var (series, _) in all.Take(SeriesMax))
        {
            room -= series.Specimen?.CalculateSize() ?? 0;
            var points = AnswerRoom.NewestOf(series.Points, ref room);
            if (points.Count == 0)
            {
                break;
            }

            series.OlderPoints += series.Points.Count - points.Count;
            series.Points.Clear();
            series.Points.AddRange(points);
            trend.Series.Add(series);
        }

        trend.MoreSeries = all.Count - trend.Series.Count;
    }

    private static void Draw(Trend trend, Func<string, int> missedOf, List<(TrendSeries Series, string Specimen)> all)
    {
        var room = PictureBytesMax;
        foreach (var (series, specimen) in all.Take(trend.Series.Count))
        {
            var svg = TrendPlot.Draw(series, trend.Code, missedOf(specimen));
            room -= Encoding.UTF8.GetByteCount(svg);
            series.Svg = room >= 0 ? svg : "";
        }
    }

    /// <summary>A value of the patient and the specimen that whoever looks at the picture would look for.</summary>
    private static bool IsMissed(UnplottedReason reason) =>
        reason is not UnplottedReason.OfAnotherPerson and not UnplottedReason.OtherSpecimen;

    private static UnplottedValue ToMessage(UnplottedReason reason, TrendValue value) => new()
    {
        Reason = reason,
        Time = value.Time,
        Result = new ExamResult
        {
            Code = value.Observation.Code,
            Values = { value.Observation.Values },
            Interpretations = { value.Observation.Interpretations },
            Ranges = { value.Observation.Ranges },
        },
        Specimen = value.Observation.Specimen,
        Source = value.Source,
    };

    private static IEnumerable<TrendValue> In(CareDocument document, TrendQuestion question)
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
                yield return new TrendValue(fact, time, document.SourceOf(fact), isAsked, Statements.KeyOf(fact.Observation.Specimen));
            }
        }
    }

    private static UnplottedReason? WhyNot(TrendValue value, TrendQuestion question) =>
        Statements.WhyUnusable(value.Fact, needsValue: false) is { } why
            ? why == UnusableReason.OfAnotherPerson ? UnplottedReason.OfAnotherPerson : UnplottedReason.State
        : question.Specimen is { } specimen && Statements.IsSpecimen(value.Observation.Specimen, specimen) == false
            ? UnplottedReason.OtherSpecimen
        : value.Number is null ? UnplottedReason.NotANumber
        : null;

    private static TrendSeries SeriesOf(
        IReadOnlyList<TrendValue> values, TrendQuestion question, List<(UnplottedReason Reason, TrendValue Value)> unplotted)
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

    /// <summary>The range of what is normal: others say from where a value is critical, or what a treatment aims at (rule T6).</summary>
    private static bool IsNormal(ReferenceRange range) =>
        range.Value is { ValueCase: ObservedValue.ValueOneofCase.Quantity, Per: null, Quantity.Single: false }
        && range.Interpretation is null or { Code: "N" } or { Code: "", Display: "", Text: "" };

    private static TrendPoint PointOf(TrendValue value, decimal number, UnitConversion conversion, string unit, decimal? molarMass)
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
        if (value.Observation.Ranges.FirstOrDefault(IsNormal)?.Value.Quantity is { } bounds)
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
}
