using Dmp.Facts.Model;
using Dmp.Facts.Reading;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>Statements on medicines and vaccines.</summary>
internal sealed class MedicationFacts(FhirBundle bundle, FactValues values)
{
    private const string PlanOfCare = "18776-5";

    private static readonly MedicineProduct nothing = new([], null, null, null, [], null);

    /// <summary>Lists of treatments: current, before admission, at discharge. What they say of the future is a list all the same.</summary>
    private static readonly HashSet<string> lists = ["10160-0", "42346-7", "10183-2"];

    /// <summary>Unwanted effects and allergies.</summary>
    private static readonly HashSet<string> effects = ["44939-7", "48765-2"];

    private readonly DosageFacts dosages = new(values);

    public Medication Read(FhirNode resource, string? section)
    {
        var isImmunization = resource.Type == "Immunization";
        var product = isImmunization ? Vaccine(resource) : Product(resource);
        var written = values.Bounded(resource.Of("dosage").Concat(resource.Of("dosageInstruction")));
        var supply = resource.Find("dispenseRequest") ?? resource;
        var most = written.Select(dosage => dosage.Find("maxDosePerPeriod")).FirstOrDefault(ratio => ratio is not null);
        return new Medication
        {
            Role = RoleOf(resource, section),
            IsImmunization = isImmunization,
            Absence = product.Codes.Count > 0 ? Absences.OfAny(product.Codes) : Absences.Of(null, product.Name),
            Product = product,
            Period = values.When(resource, isImmunization ? "occurrence" : "effective"),
            Dosages = isImmunization ? dosages.ReadVaccine(resource) : dosages.Read(resource, written),
            Most = (values.Quantity(most?.Find("numerator")), values.Quantity(most?.Find("denominator"))) is (Quantity much, Quantity @in)
                ? (much, @in)
                : null,
            Supplied = resource.Type is "MedicationDispense" or "MedicationRequest" ? values.Quantity(supply.Find("quantity")) : null,
            SuppliedAt = values.Moment(resource.Find("whenHandedOver")),
            Renewals = FactValues.Whole(supply.Find("numberOfRepeatsAllowed")),
            PatientInstructions = values.Words(string.Join(' ', written.Select(dosage => dosage["patientInstruction"]))),
            PrescriptionItem = PrescriptionItem(resource),
        };
    }

    private static MedicationRole RoleOf(FhirNode resource, string? section)
    {
        var isPlanned = resource["intent"] is "proposal" or "plan"
            || (section == PlanOfCare && resource["status"] is "intended" or "draft");
        return resource.Type switch
        {
            _ when section is not null && effects.Contains(section) => MedicationRole.Implicated,
            "MedicationDispense" => MedicationRole.Dispensed,
            "MedicationAdministration" or "Immunization" => MedicationRole.Administered,
            _ when section is not null && lists.Contains(section) => MedicationRole.Listed,
            _ when isPlanned => MedicationRole.Planned,
            "MedicationRequest" => MedicationRole.Prescribed,
            _ => MedicationRole.Listed,
        };
    }

    private MedicineProduct Vaccine(FhirNode resource) => Coded(resource.Find("vaccineCode"), null) with
    {
        Lot = values.Words(resource["lotNumber"]),
    };

    private MedicineProduct Product(FhirNode resource)
    {
        if (resource.Find("medicationCodeableConcept") is { } concept)
        {
            return Coded(concept, null);
        }

        var reference = resource.Find("medicationReference");
        if (reference is null)
        {
            return nothing;
        }

        var display = values.Words(reference["display"]);
        return bundle.Resolve(reference) is { Type: "Medication" } medication
            ? Coded(medication.Find("code"), display) with
            {
                Form = values.Concept(medication.Find("form")),
                Ingredients = values.Bounded(medication.Of("ingredient").Select(Ingredient).OfType<ProductIngredient>()),
                Lot = values.Words(medication.Find("batch")?["lotNumber"]),
            }
            : nothing with { Name = display };
    }

    /// <summary>All codings of the product, and its name: the words of the concept, or else of what refers to it.</summary>
    private MedicineProduct Coded(FhirNode? concept, string? display) => concept is null
        ? nothing with { Name = display }
        : nothing with { Codes = values.Codings(concept), Name = values.Words(concept["text"]) ?? display };

    private ProductIngredient? Ingredient(FhirNode ingredient)
    {
        var concept = values.Concept(ingredient.Find("itemCodeableConcept"));
        var reference = ingredient.Find("itemReference");
        if (concept is null && reference is not null)
        {
            concept = values.Concept(bundle.Resolve(reference)?.Find("code"));
        }

        var name = concept?.Text ?? values.Words(reference?["display"]);
        return concept is null && name is null
            ? null
            : new ProductIngredient(
                concept ?? FactValues.none,
                name,
                values.Quantity(ingredient.Find("strength", "numerator")),
                values.Quantity(ingredient.Find("strength", "denominator")));
    }

    private string? PrescriptionItem(FhirNode resource)
    {
        if (resource.Find("authorizingPrescription") is not { } reference)
        {
            return null;
        }

        return bundle.Resolve(reference) is { } item && values.Ids(item) is [var first, ..]
            ? first
            : values.Id(reference.Find("identifier"));
    }
}
