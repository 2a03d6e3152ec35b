using System.Text.Json.Nodes;
using Dmp.Care.Emergencies;
using Dmp.Facts.V1;

namespace Dmp.Care.Summaries;

/// <summary>How a medicine is taken. What FHIR has no form for stays in the words of the dose.</summary>
internal static class IpsDosages
{
    private const int DosagesMax = 20;

    private static readonly HashSet<string> units = ["s", "min", "h", "d", "wk", "mo", "a"];

    /// <summary>HL7 TimingEvent, as R4 takes it (EventTiming).</summary>
    private static readonly HashSet<string> events =
    [
        "HS", "WAKE", "C", "CM", "CD", "CV", "AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV",
        "MORN", "MORN.early", "MORN.late", "NOON", "AFT", "AFT.early", "AFT.late", "EVE", "EVE.early", "EVE.late", "NIGHT", "PHS",
    ];

    /// <summary>The dosages.</summary>
    /// <param name="stated">As stated.</param>
    /// <param name="instructions">To the patient.</param>
    /// <param name="words">The dose in words: told where a part of it has no form.</param>
    /// <param name="references">What the statement names: "as needed" among them.</param>
    /// <param name="most">Most in …</param>
    /// <param name="mostIn">… this time.</param>
    public static JsonArray Write(
        IReadOnlyList<Dosage> stated, string instructions, string words, IReadOnlyList<FactReference> references,
        Quantity? most = null, Quantity? mostIn = null)
    {
        JsonArray written = [];
        foreach (var dosage in stated.Take(DosagesMax))
        {
            written.Add(Of(dosage, written.Count == 0 ? words : ""));
        }

        if (written.Count == 0 && (words.Length > 0 || instructions.Length > 0 || most is not null))
        {
            written.Add(new JsonObject());
            IpsValues.Set(written[0]!.AsObject(), "text", ShownText.Of(words));
        }

        if (written.Count > 0)
        {
            var first = written[0]!.AsObject();
            IpsValues.Set(first, "patientInstruction", ShownText.Of(instructions));
            if (IpsValues.Quantity(most) is { } numerator && IpsValues.Quantity(mostIn) is { } denominator)
            {
                first["maxDosePerPeriod"] = new JsonObject { ["numerator"] = numerator, ["denominator"] = denominator };
            }
        }

        if (references.FirstOrDefault(reference => reference.Relation == "PRCN") is { } needed)
        {
            foreach (var dosage in written)
            {
                IpsValues.Set(dosage!.AsObject(), "asNeededCodeableConcept", IpsValues.Concept(needed.Code));
                if (dosage["asNeededCodeableConcept"] is null)
                {
                    dosage["asNeededBoolean"] = true;
                }
            }
        }

        for (var place = written.Count - 1; place >= 0; place--)
        {
            if (written[place]!.AsObject().Count == 0)
            {
                written.RemoveAt(place);
            }
        }

        return written;
    }

    private static JsonObject Of(Dosage dosage, string words)
    {
        JsonObject made = [];
        JsonObject repeat = [];
        var isWhole = true;
        if (IpsValues.Period(dosage.Period) is { } bounds)
        {
            repeat["boundsPeriod"] = bounds;
        }
        else if (IpsValues.Quantity(dosage.Period?.Width) is { } width && width["system"] is not null)
        {
            repeat["boundsDuration"] = width;
        }

        if (dosage.Every is { } every)
        {
            if (units.Contains(every.Unit) && IpsValues.Number(every.Value) is { } number && every.Value is not ['-', ..])
            {
                repeat["frequency"] = 1;
                repeat["period"] = number;
                repeat["periodUnit"] = every.Unit;
            }
            else
            {
                isWhole = false;
            }
        }

        if (dosage.Event.Length > 0)
        {
            isWhole &= events.Contains(dosage.Event);
            if (events.Contains(dosage.Event))
            {
                repeat["when"] = new JsonArray(dosage.Event);
            }
        }

        JsonObject amount = [];
        isWhole &= Amount(amount, "dose", dosage.Dose);
        isWhole &= Amount(amount, "rate", dosage.Rate);
        IpsValues.Set(made, "text", ShownText.Of(dosage.Text.Length > 0 ? dosage.Text : isWhole ? "" : words));
        if (repeat.Count > 0)
        {
            made["timing"] = new JsonObject { ["repeat"] = repeat };
        }

        IpsValues.Set(made, "route", IpsValues.Concept(dosage.Route));
        if (amount.Count > 0)
        {
            made["doseAndRate"] = new JsonArray(amount);
        }

        return made;
    }

    /// <summary>False when there is one that FHIR has no form for.</summary>
    private static bool Amount(JsonObject amount, string name, QuantityRange? range)
    {
        if (range is null)
        {
            return true;
        }

        if (range.Single && IpsValues.Quantity(range.Low) is { } quantity)
        {
            amount[$"{name}Quantity"] = quantity;
            return true;
        }

        if (!range.Single && range is not { High.Exclusive: true } and not { Low.Exclusive: true } && IpsValues.Range(range) is { } both)
        {
            amount[$"{name}Range"] = both;
            return true;
        }

        return false;
    }
}
