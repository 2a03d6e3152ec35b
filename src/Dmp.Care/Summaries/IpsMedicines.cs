using System.Text.Json.Nodes;
using Dmp.Care.Emergencies;
using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Summaries;

/// <summary>
/// Treatments as they were put together, one for each line: the product, dose and period of the statement that tells the dose, the state of
/// the line, and every source. Vaccinations as they are stated.
/// </summary>
internal sealed class IpsMedicines(DateTimeOffset at, SummaryWords words)
{
    private const int NotesMax = 10;

    public IEnumerable<IpsStatement> Treatments(MedicationStatement statement, SummaryFacts facts)
    {
        var stated = facts.OfPatient.Where(one => one.Fact.KindCase == Fact.KindOneofCase.Medication)
            .GroupBy(one => PlaceOf(one.Source))
            .ToDictionary(group => group.Key, group => group.First());
        return statement.Lines.Where(line => line.Sources.Count > 0).Select(line => Treatment(line, stated));
    }

    public static IpsStatement? Vaccination(Stated stated, IEnumerable<Stated> parts)
    {
        var (fact, medication) = (stated.Fact, stated.Fact.Medication);
        if (ProductOf(medication) is not { } product)
        {
            return null;
        }

        JsonObject body = new() { ["resourceType"] = "Immunization", ["status"] = "completed", ["vaccineCode"] = product };
        if (IpsValues.Time(medication.Period?.Low) is { } time)
        {
            body["occurrenceDateTime"] = time;
        }
        else if (IpsValues.UnreadTime(medication.Period?.Low) is { Length: > 0 } written)
        {
            body["occurrenceString"] = written;
        }
        else
        {
            body["_occurrenceDateTime"] = IpsValues.Unknown();
        }

        IpsValues.Set(body, "lotNumber", ShownText.Of(medication.Lot, 100));
        var dosage = medication.Dosages.FirstOrDefault();
        IpsValues.Set(body, "route", IpsValues.Concept(dosage?.Route));
        IpsValues.Set(body, "doseQuantity", dosage?.Dose is { Single: true } dose ? IpsValues.Quantity(dose.Low) : null);
        JsonArray doses = [.. parts.SelectMany(part => part.Fact.Observation.Values).Select(DoseNumber).OfType<JsonObject>().Take(5)];
        if (doses.Count > 0)
        {
            body["protocolApplied"] = doses;
        }

        return IpsStatement.One(stated, body, $"{IpsClinical.WordsOf(product)} {IpsValues.Time(medication.Period?.Low)}".TrimEnd());
    }

    private static JsonObject? DoseNumber(ObservedValue value) => value.ValueCase == ObservedValue.ValueOneofCase.Quantity
        && value.Quantity is { Single: true, Low: { } low } && int.TryParse(low.Value, out var number) && number > 0
        ? new JsonObject { ["doseNumberPositiveInt"] = number }
        : null;

    private IpsStatement Treatment(TreatmentLine line, Dictionary<(string, int, int, int), Stated> stated)
    {
        var place = line.Dose is { } dose && dose.Source >= 0 && dose.Source < line.Sources.Count ? dose.Source : 0;
        var own = stated.GetValueOrDefault(PlaceOf(line.Sources[place].Source));
        JsonObject body = new() { ["resourceType"] = "MedicationStatement" };
        body["status"] = line.Status switch
        {
            TreatmentStatus.Running => "active",
            TreatmentStatus.Planned => "intended",
            TreatmentStatus.Ended => "completed",
            TreatmentStatus.Stopped => "stopped",
            _ => "unknown",
        };
        SetPeriod(body, line, own?.Fact.Medication.Period);
        var reasons = own is null ? null : IpsValues.Concepts(own.Fact.References
            .Where(reference => reference.Relation == "RSON" && reference.Code is not null).Select(reference => reference.Code));
        IpsValues.Set(body, "reasonCode", reasons);
        IpsValues.Note(body, NotesOf(line));
        var written = own is null
            ? IpsDosages.Write(line.Dose?.Dosages ?? [], "", line.Dose?.Text ?? "", [])
            : IpsDosages.Write(
                own.Fact.Medication.Dosages, own.Fact.Medication.PatientInstructions, line.Dose?.Text ?? "", own.Fact.References,
                own.Fact.Medication.Most, own.Fact.Medication.MostIn);
        if (written.Count > 0)
        {
            body["dosage"] = written;
        }

        return new IpsStatement(
            body,
            string.Join(" · ", new[]
            {
                ShownText.Of(line.Name), ShownText.Of(line.Dose?.Text), StateOf(line.Status),
            }.Where(part => part.Length > 0)),
            [.. own?.Fact.Source.Ids ?? []],
            [.. line.Sources.Select(source => source.Source)])
        {
            Medicine = own is null ? Named(line) : Medicine(own.Fact.Medication, line),
        };
    }

    /// <summary>As the statement has it; an end that has passed is not the end of a treatment that other sources continue.</summary>
    private void SetPeriod(JsonObject body, TreatmentLine line, Stretch? period)
    {
        var isOver = StatedTimes.End(period) is { } end && end <= at;
        if (isOver && line.Status is not (TreatmentStatus.Ended or TreatmentStatus.Stopped))
        {
            period = period!.Clone();
            period.High = null;
        }

        IpsValues.SetWhen(body, "effective", period);
    }

    private IEnumerable<string> NotesOf(TreatmentLine line)
    {
        foreach (var conflict in line.Conflicts.Take(NotesMax))
        {
            yield return words.In("les sources divergent", "sources differ") + words.Colon + conflict.Text;
        }

        if (line.EndTime is { } end && line.Status is TreatmentStatus.Stopped or TreatmentStatus.Ended)
        {
            yield return $"{StateOf(line.Status)}{words.Colon}{end.ToDateTime():yyyy-MM-dd}";
        }
    }

    private string StateOf(TreatmentStatus status) => status switch
    {
        TreatmentStatus.Running => words.In("en cours", "running"),
        TreatmentStatus.Planned => words.Planned,
        TreatmentStatus.Ended => words.Ended,
        TreatmentStatus.Stopped => words.Stopped,
        _ => words.EndUnknown,
    };

    private static JsonObject Medicine(Medication medication, TreatmentLine line)
    {
        JsonObject made = new() { ["resourceType"] = "Medication" };
        made["code"] = ProductOf(medication) ?? IpsValues.Concept([], line.Name) ?? IpsValues.Unknown();
        IpsValues.Set(made, "form", IpsValues.Concept(medication.Form));
        JsonArray ingredients = [.. medication.Ingredients.Select(Ingredient).OfType<JsonObject>().Take(20)];
        if (ingredients.Count > 0)
        {
            made["ingredient"] = ingredients;
        }

        if (ShownText.Of(medication.Lot, 100) is { Length: > 0 } lot)
        {
            made["batch"] = new JsonObject { ["lotNumber"] = lot };
        }

        return made;
    }

    private static JsonObject Named(TreatmentLine line) => new()
    {
        ["resourceType"] = "Medication",
        ["code"] = IpsValues.Concept(line.Products.FirstOrDefault()?.Codes ?? [], line.Name) ?? IpsValues.Unknown(),
    };

    private static JsonObject? ProductOf(Medication medication) => IpsValues.Concept(
        medication.Codes, medication.Name.Length > 0 ? medication.Name : medication.ProductText);

    private static JsonObject? Ingredient(Ingredient ingredient)
    {
        var substance = IpsValues.Concept(ingredient.Substance, ingredient.Name) ?? IpsValues.Concept([], ingredient.Name);
        if (substance is null)
        {
            return null;
        }

        JsonObject made = new() { ["itemCodeableConcept"] = substance };
        if (IpsValues.Quantity(ingredient.Numerator) is { } numerator)
        {
            // So much in how much: a ratio has both ends, and one that nobody states is not known (rat-1).
            made["strength"] = new JsonObject
            {
                ["numerator"] = numerator,
                ["denominator"] = IpsValues.Quantity(ingredient.Denominator) ?? IpsValues.Unknown(),
            };
        }

        return made;
    }

    private static (string, int, int, int) PlaceOf(Source source) => (source.DocumentId, source.Version, source.Entry, source.Place);
}
