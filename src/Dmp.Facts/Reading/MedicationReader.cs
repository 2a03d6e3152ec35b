using Dmp.Cda;
using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>
/// Statements on medicines: <c>substanceAdministration</c> and <c>supply</c> of IHE PCC and IHE Pharmacy as the CI-SIS profiles them
/// (FR-Traitement, FR-Vaccination, FR-Prescription-item, FR-Dispensation-item).
/// </summary>
internal sealed class MedicationReader(Values values)
{
    private const int CodesMax = 100;
    private const string Prescription = "57828-6";
    private const string PlanOfCare = "18776-5";

    /// <summary>Lists of treatments: current, before admission, at discharge. What they say of the future is a list all the same.</summary>
    private static readonly HashSet<string> lists = ["10160-0", "42346-7", "10183-2"];

    /// <summary>Unwanted effects and allergies.</summary>
    private static readonly HashSet<string> effects = ["44939-7", AllergyReader.Section];

    /// <summary>
    /// The statement; one that names no product, by code or by words, is one all the same: something was handed out, by whom and when,
    /// and its narrative may say what.
    /// </summary>
    public Medication Read(CdaNode statement, OpenSection section)
    {
        var isSupply = statement.Name == "supply";
        var product = Product(statement.Find(isSupply ? "product" : "consumable", "manufacturedProduct", "manufacturedMaterial"));
        var parts = statement.Of("entryRelationship").ToList();
        var supply = isSupply ? statement : parts.Select(part => part.Find("supply")).FirstOrDefault(part => part is not null);
        var isImmunization = IsImmunization(statement, section.Code);
        var maximum = statement.Find("maxDoseQuantity");
        var most = (Values.Quantity(maximum?.Find("numerator")), Values.Quantity(maximum?.Find("denominator")));
        return new Medication
        {
            Role = RoleOf(statement, section.Code, isDispensed: supply?["moodCode"] == "EVN", isImmunization),
            IsImmunization = isImmunization,
            Absence = product.Codes.Count > 0 ? Absences.OfAny(product.Codes) : Absences.Of(null, product.Name ?? product.Text),
            Product = product.IsNameless ? product with { Text = values.Words(statement.Find("text")) } : product,
            Period = Period(statement),
            Dosages = Dosages(statement, parts),
            Most = most is (Quantity numerator, Quantity denominator) ? (numerator, denominator) : null,
            Supplied = Values.Quantity(supply?.Find("quantity")),
            SuppliedAt = Values.Moment(supply?.Find("effectiveTime")) ?? Values.Moment(supply?.Find("author", "time")),
            Renewals = Values.Number(statement.Find("repeatNumber")?["value"]),
            PatientInstructions = Instruction(parts, "PINSTRUCT"),
            DispenserInstructions = Instruction(parts, "FINSTRUCT"),
            PrescriptionItem = parts.Select(part => part.Find("substanceAdministration"))
                .Where(part => Values.CodeOf(part) == "PREItem")
                .SelectMany(part => Values.Ids(part!))
                .FirstOrDefault(),
        };
    }

    private static MedicationRole RoleOf(CdaNode statement, string? section, bool isDispensed, bool isImmunization)
    {
        var isIntended = statement["moodCode"] is "INT" or "RQO" or "PRP" or "PRMS" or "ARQ" or "APT";
        return section switch
        {
            not null when effects.Contains(section) => MedicationRole.Implicated,

            // The health insurance lists what was paid for: each with the day on which it was handed out.
            _ when isDispensed => MedicationRole.Dispensed,
            not null when lists.Contains(section) => MedicationRole.Listed,
            PlanOfCare when isIntended => MedicationRole.Planned,
            Prescription => MedicationRole.Prescribed,

            // A vaccine that is recommended is no prescription.
            _ when isIntended && isImmunization => MedicationRole.Planned,
            _ => isIntended ? MedicationRole.Prescribed : MedicationRole.Administered,
        };
    }

    private static bool IsImmunization(CdaNode statement, string? section) =>
        section == "11369-6" || Values.CodeOf(statement) is "IMMUNIZ" or "INITIMMUNIZ" or "BOOSTER";

    private MedicineProduct Product(CdaNode? material)
    {
        if (material is null)
        {
            return new MedicineProduct([], null, null, null, [], null);
        }

        List<Coded> codes = [];
        var code = material.Find("code");
        Add(code);
        foreach (var packed in material.Of("asContent"))
        {
            Add(packed.Find("containerPackagedMedicine", "code"));
        }

        foreach (var kind in material.Of("asSpecializedKind"))
        {
            Add(kind.Find("generalizedMedicineClass", "code"));
        }

        return new MedicineProduct(
            codes,
            Values.Name(material),
            code is null ? null : values.OriginalText(code),
            values.Code(material.Find("formCode")),
            [.. material.Of("ingredient").Select(Ingredient).OfType<ProductIngredient>()],
            material.Find("lotNumberText")?.Text is { Length: > 0 } lot ? lot : null);

        // A code, and its translations: some have translations of their own, without a code between.
        void Add(CdaNode? node)
        {
            if (node is null)
            {
                return;
            }

            if (codes.Count >= CodesMax)
            {
                values.Cut();
                return;
            }

            if (node["code"] is not null && !codes.Any(known => known.Code == node["code"] && known.System == node["codeSystem"]))
            {
                codes.Add(values.PlainCode(node));
            }

            foreach (var translation in node.Of("translation"))
            {
                Add(translation);
            }
        }
    }

    private ProductIngredient? Ingredient(CdaNode ingredient)
    {
        var substance = ingredient.Find("ingredient");
        var (code, name) = (values.Code(substance?.Find("code")), Values.Name(substance));
        return code is null && name is null
            ? null
            : new ProductIngredient(
                code ?? Values.none,
                name,
                Values.Quantity(ingredient.Find("quantity", "numerator")),
                Values.Quantity(ingredient.Find("quantity", "denominator")));
    }

    /// <summary>The first time that is a stretch or a point: further ones say how often.</summary>
    private static Stretch? Period(CdaNode statement) => statement.Of("effectiveTime")
        .Where(time => time.Find("period") is null && time.Find("event") is null && time.Find("comp") is null && time["operator"] != "A")
        .Select(Values.Stretch)
        .FirstOrDefault(stretch => stretch is not null)

        // One vaccination has its day in a second time, beside a stretch that says nothing.
        is { } stated && !(stated is { Low.Written: null, High.Written: null, Width: null } && Point(statement) is not null)
            ? stated
            : Point(statement);

    private static Stretch? Point(CdaNode statement) => statement.Of("effectiveTime")
        .Where(time => time["operator"] == "A" && time["value"] is not null)
        .Select(Values.Stretch)
        .FirstOrDefault();

    /// <summary>The dosage of the statement itself, or its phases, which are statements without a product.</summary>
    private List<Dosage> Dosages(CdaNode statement, List<CdaNode> parts)
    {
        List<Dosage> dosages =
        [
            .. parts
                .Select((part, place) => (
                    Statement: part.Find("substanceAdministration"),
                    Number: Values.Number(part.Find("sequenceNumber")?["value"]) ?? place))
                .Where(part => part.Statement is not null && Values.CodeOf(part.Statement) != "PREItem")
                .OrderBy(part => part.Number)
                .SelectMany(part => DosagesOf(part.Statement!, isPhase: true)),
        ];
        return dosages.Count > 0 ? dosages : DosagesOf(statement, isPhase: false);
    }

    private List<Dosage> DosagesOf(CdaNode statement, bool isPhase)
    {
        var (dose, rate) = (Values.Range(statement.Find("doseQuantity")), Values.Range(statement.Find("rateQuantity")));
        var route = values.Code(statement.Find("routeCode"));
        var text = values.Words(statement.Find("text"));
        List<Dosage> dosages = [];
        var period = isPhase ? Period(statement) : null;
        foreach (var time in statement.Of("effectiveTime"))
        {
            // A time of parts: its stretch, and its rhythms one by one.
            var stretch = Values.Stretch(
                Parts(time).FirstOrDefault(part => part.Find("low") is not null || part.Find("width") is not null));
            foreach (var rhythm in Parts(time).Prepend(time))
            {
                var every = Values.Quantity(rhythm.Find("period"));
                var bound = rhythm.Find("event")?["code"];
                if (every is not null || bound is not null)
                {
                    dosages.Add(new Dosage(stretch ?? period, every, bound, dose, rate, route, text));
                }
            }
        }

        // The words of a statement are its product's; those of a phase say how.
        if (dosages.Count == 0 && (dose is not null || rate is not null || route is not null || (isPhase && text is not null)))
        {
            dosages.Add(new Dosage(period, null, null, dose, rate, route, text));
        }

        return dosages;
    }

    private static IEnumerable<CdaNode> Parts(CdaNode time) => time.Of("comp").SelectMany(part => Parts(part).Prepend(part));

    private string? Instruction(List<CdaNode> parts, string code) => parts
        .Select(part => part.Find("act"))
        .Where(act => Values.CodeOf(act) == code)
        .Select(act => values.Words(act!.Find("text")))
        .FirstOrDefault(words => words is not null);
}
