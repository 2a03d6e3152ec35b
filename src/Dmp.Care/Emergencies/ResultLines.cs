using Dmp.Care.Exams;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Emergencies;

/// <summary>
/// The last creatinine, potassium, INR, haemoglobin and troponin (P10): the newest by the time of the specimen, as written, with the one
/// before it under the same code in the same unit. Units are not converted.
/// </summary>
internal sealed class ResultLines(SummaryLines lines)
{
    private const string Loinc = "2.16.840.1.113883.6.1";

    private static readonly Dictionary<string, ResultKind> codes = new(StringComparer.Ordinal)
    {
        // Serum, plasma or blood; by substance and by mass.
        ["14682-9"] = ResultKind.Creatinine,
        ["2160-0"] = ResultKind.Creatinine,
        ["38483-4"] = ResultKind.Creatinine,
        ["59826-8"] = ResultKind.Creatinine,
        ["77140-2"] = ResultKind.Creatinine,
        ["2823-3"] = ResultKind.Potassium,
        ["6298-4"] = ResultKind.Potassium,
        ["75940-7"] = ResultKind.Potassium,
        ["77142-8"] = ResultKind.Potassium,
        ["6301-6"] = ResultKind.Inr,
        ["34714-6"] = ResultKind.Inr,
        ["38875-1"] = ResultKind.Inr,
        ["46418-0"] = ResultKind.Inr,
        ["718-7"] = ResultKind.Haemoglobin,
        ["59260-0"] = ResultKind.Haemoglobin,
        ["20509-6"] = ResultKind.Haemoglobin,
        ["30313-1"] = ResultKind.Haemoglobin,
        ["30350-3"] = ResultKind.Haemoglobin,
        ["6598-7"] = ResultKind.Troponin,
        ["10839-9"] = ResultKind.Troponin,
        ["49563-0"] = ResultKind.Troponin,
        ["67151-1"] = ResultKind.Troponin,
        ["89579-7"] = ResultKind.Troponin,
    };

    // An INR that is aimed at was measured by nobody.
    private static readonly HashSet<string> aims = new(StringComparer.OrdinalIgnoreCase)
    {
        "cible", "cibles", "objectif", "objectifs", "visé", "souhaité", "target", "goal", "range",
    };

    public ResultBlock Of(SummaryFacts facts)
    {
        ResultBlock block = new();
        Dictionary<CareDocument, ClinicalTimes> times = new(ReferenceEqualityComparer.Instance);
        block.Lines.AddRange(facts.Of(Fact.KindOneofCase.Observation)
            .Where(stated => stated.Fact is { Negated: false, Absence: FactAbsence.Unspecified })
            .Select(stated => Read(stated, KindOf(stated.Fact.Observation), times))
            .OfType<Measured>()
            .Where(one => one.Time <= lines.At.AddDays(1))
            .GroupBy(one => one.Kind)
            .OrderBy(group => group.Key)
            .Select(group => LineOf([.. group])));
        return block;
    }

    /// <summary>By LOINC; an INR by its name too, as programs send it under the code of the prothrombin time.</summary>
    private static ResultKind KindOf(Observation observation)
    {
        var code = observation.Code;
        if (code is null)
        {
            return ResultKind.Unspecified;
        }

        foreach (var one in code.Translations.Prepend(code))
        {
            if (one.System == Loinc && codes.TryGetValue(one.Code, out var kind))
            {
                return kind;
            }
        }

        var name = ShownText.Of(code.Display).Split(' ', '(', ')', ',', '-');
        return name.Contains("INR", StringComparer.Ordinal) && !name.Any(word => aims.Contains(word))
            ? ResultKind.Inr : ResultKind.Unspecified;
    }

    private static bool IsByName(Observation observation) => !observation.Code.Translations.Prepend(observation.Code)
        .Any(one => one.System == Loinc && codes.ContainsKey(one.Code));

    private static Measured? Read(Stated stated, ResultKind kind, Dictionary<CareDocument, ClinicalTimes> times)
    {
        var observation = stated.Fact.Observation;
        if (kind == ResultKind.Unspecified || observation.Values.Count == 0)
        {
            return null;
        }

        var (value, unit) = ObservedWords.Parts(observation.Values[0]);
        if (value.Length == 0)
        {
            return null;
        }

        if (!times.TryGetValue(stated.Document, out var ofDocument))
        {
            times[stated.Document] = ofDocument = new ClinicalTimes(stated.Document);
        }

        var time = ofDocument.Of(stated.Fact, out _);
        return new Measured(stated, kind, value, unit, time.Time.ToDateTimeOffset(), time.Precision);
    }

    private string Preliminary => lines.Words.In("provisoire", "preliminary");

    private static bool IsPreliminary(Measured one) =>
        Statements.WhyUnusable(one.Stated.Fact, needsValue: false) == UnusableReason.Preliminary;

    private ResultLine LineOf(IReadOnlyList<Measured> measured)
    {
        var ordered = measured
            .OrderByDescending(one => one.Time)
            .ThenBy(IsPreliminary)
            .ThenByDescending(one => one.Stated.Source.StatedTime?.ToDateTimeOffset())
            .ThenBy(one => one.Stated.Source.UniqueId, StringComparer.Ordinal)
            .ThenBy(one => one.Stated.Source.DocumentId, StringComparer.Ordinal)
            .ThenBy(one => one.Stated.Source.Entry)
            .ThenBy(one => one.Stated.Source.Place)
            .ToList();
        var newest = ordered[0];
        var code = newest.Stated.Fact.Observation.Code;
        var before = ordered.Find(one =>
            one.Time < newest.Time && one.Unit == newest.Unit && one.Stated.Fact.Observation.Code.Code == code.Code);
        ResultLine line = new()
        {
            Kind = newest.Kind,
            Code = code,
            Value = newest.Value,
            Unit = newest.Unit,
            Time = newest.Time.ToTimestamp(),
            PreviousValue = before?.Value ?? "",
            PreviousTime = before?.Time.ToTimestamp(),
        };
        line.Line = lines.Line(
            $"{lines.Words.Result(newest.Kind)}{lines.Words.Colon}{newest.Value} {CodeWords.Micro(newest.Unit)}".TrimEnd(),
            DetailsOf(newest, before),
            [newest.Stated.Source]);

        // The age is that of the specimen, and not that of the report.
        line.Line.Age = lines.Ages.Ago(newest.Time, newest.Precision);
        line.Line.Origin = string.Join(", ", new[] { lines.Who(newest.Stated.Source), DateOf(newest), line.Line.Age }
            .Where(part => part.Length > 0));
        return line;
    }

    private IEnumerable<string> DetailsOf(Measured newest, Measured? before)
    {
        var words = lines.Words;
        var observation = newest.Stated.Fact.Observation;
        yield return string.Join(
            ", ", observation.Interpretations.Select(one => CodeWords.Of(one, 40)).Where(one => one.Length > 0).Take(2));
        yield return before is null ? ""
            : words.In("avant : ", "before: ") + $"{before.Value} {CodeWords.Micro(before.Unit)}".TrimEnd()
                + $" ({DateOf(before)}{(IsPreliminary(before) ? ", " + Preliminary : "")})";
        yield return observation.Ranges.Where(IsNormal)
            .Select(range => range.Value is { } value ? ObservedWords.Of(value) : ShownText.Of(range.Text, 60))
            .Where(range => range.Length > 0)
            .Select(range => words.In("référence : ", "reference: ") + range)
            .FirstOrDefault("");
        yield return IsPreliminary(newest) ? Preliminary : "";
        yield return IsByName(observation) ? $"{CodeWords.Of(observation.Code, 100)} [{ShownText.Of(observation.Code.Code, 20)}]" : "";
    }

    /// <summary>Where healthy people are: not what is alarming or aimed at, and no ratio.</summary>
    private static bool IsNormal(ReferenceRange range) =>
        range.Interpretation is null or { Code: "" or "N" or "normal" } && range.Value?.Per is null;

    private string DateOf(Measured one) => one.Precision == TimePrecision.Time
        ? lines.Ages.DateAndHour(one.Time) : lines.Ages.Date(one.Time, one.Precision);

    private sealed record Measured(
        Stated Stated, ResultKind Kind, string Value, string Unit, DateTimeOffset Time, TimePrecision Precision);
}
