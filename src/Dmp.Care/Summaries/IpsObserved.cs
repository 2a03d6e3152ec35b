using System.Text.Json.Nodes;
using Dmp.Care.Emergencies;
using Dmp.Facts.V1;
using Google.Protobuf.Collections;

namespace Dmp.Care.Summaries;

/// <summary>Results, pregnancies and habits: one observation for one of a document, as stated; units are not converted.</summary>
internal static class IpsObserved
{
    private const string Categories = "http://terminology.hl7.org/CodeSystem/observation-category";
    private const string Absent = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
    private const int RangesMax = 5;

    private static readonly HashSet<string> states =
        ["registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"];

    public static IpsStatement? Observation(Stated stated)
    {
        var (fact, observation) = (stated.Fact, stated.Fact.Observation);
        if (IpsValues.Concept(observation.Code) is not { } code)
        {
            return null;
        }

        JsonObject body = new()
        {
            ["resourceType"] = "Observation",
            ["status"] = fact.State == "completed" ? "final" : states.Contains(fact.State) ? fact.State : "unknown",
        };
        if (observation.Kind is ObservationKind.Laboratory or ObservationKind.SocialHistory)
        {
            body["category"] = new JsonArray(IpsValues.Mapped(
                Categories, observation.Kind == ObservationKind.Laboratory ? "laboratory" : "social-history"));
        }

        body["code"] = code;
        IpsValues.SetWhen(body, "effective", observation.Time ?? observation.PanelTime);
        Value(body, observation.Values);
        IpsValues.Set(body, "interpretation", IpsValues.Concepts(observation.Interpretations));
        IpsValues.Set(body, "bodySite", observation.Sites.Select(site => IpsValues.Concept(site)).FirstOrDefault());
        IpsValues.Set(body, "method", observation.Methods.Select(method => IpsValues.Concept(method)).FirstOrDefault());
        if (IpsValues.Concept(observation.Specimen) is { } specimen)
        {
            body["contained"] = new JsonArray(new JsonObject { ["resourceType"] = "Specimen", ["id"] = "specimen", ["type"] = specimen });
            body["specimen"] = new JsonObject { ["reference"] = "#specimen" };
        }

        JsonArray ranges = [.. observation.Ranges.Select(Range).OfType<JsonObject>().Take(RangesMax)];
        if (ranges.Count > 0)
        {
            body["referenceRange"] = ranges;
        }

        var time = IpsValues.Time(observation.Time?.Low ?? observation.PanelTime?.Low);
        return IpsStatement.One(stated, body, string.Join(" · ", new[]
        {
            IpsClinical.WordsOf(code), ValueWords(observation), time ?? "",
        }.Where(part => part.Length > 0)));
    }

    /// <summary>One value, as its type; of several the codes and words of all of them, as FHIR has room for one.</summary>
    private static void Value(JsonObject body, RepeatedField<ObservedValue> values)
    {
        if (values.Count > 1)
        {
            body["valueString"] = ShownText.Of(string.Join("; ", values.Select(ObservedWords.Of)));
            return;
        }

        var value = values.Count == 1 ? values[0] : null;
        var (name, node) = value is null ? ("", null) : ValueOf(value);
        if (node is not null)
        {
            body[name] = node;
        }
        else
        {
            body["dataAbsentReason"] = IpsValues.Mapped(Absent, value?.NullFlavor switch
            {
                "NA" => "not-applicable",
                "ASKU" => "asked-unknown",
                "NAV" => "temp-unknown",
                "NASK" => "not-asked",
                "MSK" => "masked",
                _ => "unknown",
            });
        }
    }

    private static (string Name, JsonNode? Node) ValueOf(ObservedValue value) => value.ValueCase switch
    {
        ObservedValue.ValueOneofCase.Code => ("valueCodeableConcept", IpsValues.Concept(value.Code)),
        ObservedValue.ValueOneofCase.Quantity when value.Per is { } per => IpsValues.Compared(value.Quantity) is { } numerator
            && IpsValues.Compared(per) is { } denominator
            ? ("valueRatio", new JsonObject { ["numerator"] = numerator, ["denominator"] = denominator })
            : Words($"{CodeWords.Of(value.Quantity)} / {CodeWords.Of(per)}"),
        ObservedValue.ValueOneofCase.Quantity when IpsValues.Compared(value.Quantity) is { } quantity => ("valueQuantity", quantity),
        ObservedValue.ValueOneofCase.Quantity when !value.Quantity.Single && value.Quantity is not { High.Exclusive: true }
            and not { Low.Exclusive: true } && IpsValues.Range(value.Quantity) is { } range => ("valueRange", range),
        ObservedValue.ValueOneofCase.Quantity => Words(CodeWords.Of(value.Quantity)),
        ObservedValue.ValueOneofCase.Time when value.Time.Single && IpsValues.Time(value.Time.Low) is { } time =>
            ("valueDateTime", time),
        ObservedValue.ValueOneofCase.Time when !value.Time.Single && IpsValues.Period(value.Time) is { } period => ("valuePeriod", period),
        ObservedValue.ValueOneofCase.Time => Words($"{value.Time.Low?.Written} {value.Time.High?.Written}"),
        ObservedValue.ValueOneofCase.Truth => ("valueBoolean", value.Truth),
        ObservedValue.ValueOneofCase.Text => Words(value.Text),
        _ => ("", null),
    };

    private static (string Name, JsonNode? Node) Words(string words) =>
        ShownText.Of(words) is { Length: > 0 } shown ? ("valueString", shown) : ("", null);

    /// <summary>A range with closed ends; one that "up to, and not with" stands in is told in words.</summary>
    private static JsonObject? Range(ReferenceRange range)
    {
        JsonObject made = [];
        var stated = range.Value is { ValueCase: ObservedValue.ValueOneofCase.Quantity, Quantity: { } quantity } ? quantity : null;
        var isClosed = stated is { Single: false } and not { High.Exclusive: true } and not { Low.Exclusive: true };
        if (isClosed && IpsValues.Range(stated) is { } both)
        {
            made = both;
        }

        IpsValues.Set(made, "type", IpsValues.Concept(range.Interpretation));
        IpsValues.Set(made, "text", ShownText.Of(range.Text.Length > 0 ? range.Text
            : made["low"] is null && made["high"] is null ? range.Value is null ? "" : ObservedWords.Of(range.Value) : ""));
        return made["low"] is null && made["high"] is null && made["text"] is null ? null : made;
    }

    private static string ValueWords(Observation observation) =>
        ShownText.Of(string.Join("; ", observation.Values.Select(ObservedWords.Of).Where(part => part.Length > 0)), 120);
}
