using Dmp.Facts.Model;
using Dmp.Facts.Reading;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>Observations and their components; the reports, wishes and family histories that state the same.</summary>
internal sealed class ObservationFacts(FhirBundle bundle, FactValues values)
{
    private const string CategoryCodes = "http://terminology.hl7.org/CodeSystem/observation-category";
    private const string ConsentType = "http://hl7.org/fhir/consent-provision-type";
    private const string AdvanceDirectives = "42348-3";

    /// <summary>LOINC: ABO, ABO and Rh, Rh.</summary>
    private static readonly HashSet<string> bloodGroups = ["883-9", "882-1", "10331-7"];

    /// <summary>LOINC, from IPS: whether pregnant, the estimated date of delivery, pregnancies and births by number.</summary>
    private static readonly HashSet<string> pregnancies =
        ["82810-3", "11778-8", "11779-6", "11780-4", "11996-6", "11612-9", "11613-7", "11614-5", "11637-6", "11636-8", "11640-0"];

    private static readonly Dictionary<string, ObservationKind> categories = new(StringComparer.Ordinal)
    {
        ["laboratory"] = ObservationKind.Laboratory,
        ["vital-signs"] = ObservationKind.VitalSign,
        ["social-history"] = ObservationKind.SocialHistory,
    };

    /// <summary>LOINC: what a section without categories holds.</summary>
    private static readonly Dictionary<string, ObservationKind> sections = new(StringComparer.Ordinal)
    {
        ["8716-3"] = ObservationKind.VitalSign,
        ["10162-6"] = ObservationKind.Pregnancy,
        ["29762-2"] = ObservationKind.SocialHistory,
        ["10157-6"] = ObservationKind.FamilyHistory,
        ["47420-5"] = ObservationKind.FunctionalStatus,
        [AdvanceDirectives] = ObservationKind.AdvanceDirective,
    };

    /// <summary>Values of kinds that the model has no room for, since this was asked last.</summary>
    private int others;

    public Observation Read(FhirNode resource, OpenPart around)
    {
        var code = values.Concept(resource.Find("code"));
        return Filled(resource, code, KindOf(resource, code, around.Section.Code)) with
        {
            Time = values.When(resource, "effective"),
            Methods = values.Concepts(resource, "method"),
            Sites = values.Concepts(resource, "bodySite"),
            Specimen = Specimen(resource.Find("specimen")) ?? around.Specimen,
            Panels = around.Panels,
            PanelTime = around.PanelTime,
        };
    }

    /// <summary>A component: what it does not say itself holds as the observation around it says.</summary>
    public Observation ReadComponent(FhirNode component, Observation whole) =>
        Filled(component, values.Concept(component.Find("code")), whole.Kind) with
        {
            Methods = whole.Methods,
            Sites = whole.Sites,
            Specimen = whole.Specimen,
            Panels = WithPanel(whole.Panels, whole.Code),
            PanelTime = whole.Time ?? whole.PanelTime,
        };

    /// <summary>The panels of what stands in a battery: of batteries within each other the outer ones, when there are too many.</summary>
    public static IReadOnlyList<Coded> WithPanel(IReadOnlyList<Coded> panels, Coded? code) =>
        code is null || panels.Count == FactValues.ListMax ? panels : [.. panels, code];

    /// <summary>How many values were passed over, of kinds that are not read: sampled data.</summary>
    public int TakeOthers()
    {
        var taken = others;
        others = 0;
        return taken;
    }

    /// <summary>What a report concludes; null when it concludes nothing by itself.</summary>
    public Observation? ReadConclusion(FhirNode report)
    {
        List<ObservedValue> found =
        [
            .. values.Concepts(report, "conclusionCode").Select(code => new ObservedValue(code, null, null, null, null, null)),
        ];
        if (values.Words(report["conclusion"]) is { } words)
        {
            found.Add(new ObservedValue(null, null, null, null, words, null));
        }

        return found.Count == 0 ? null : new Observation
        {
            Kind = ObservationKind.Other,
            Code = values.Concept(report.Find("code")),
            Values = found,
            Time = values.When(report, "effective"),
        };
    }

    /// <summary>A wish or a permission.</summary>
    public Observation ReadConsent(FhirNode consent, OpenPart around)
    {
        var isWish = around.Section.Code == AdvanceDirectives
            || consent.Find("scope")?.Of("coding").Any(coding => coding["code"] == "adr") == true;
        var type = values.Code(consent.Find("provision", "type"), ConsentType);
        return new Observation
        {
            Kind = isWish ? ObservationKind.AdvanceDirective : ObservationKind.Other,
            Code = values.Narrowed(consent, "category") ?? values.Concept(consent.Find("scope")),
            Values = type is null ? [] : [new ObservedValue(type, null, null, null, null, null)],
            Time = values.Point(consent.Find("dateTime")),
        };
    }

    /// <summary>What a relative has, one by one.</summary>
    public IEnumerable<Observation> ReadFamily(FhirNode history) => history.Of("condition").Select(condition => new Observation
    {
        Kind = ObservationKind.FamilyHistory,
        Subject = values.Concept(history.Find("relationship")) ?? FactValues.none,
        Values = values.Concept(condition.Find("code")) is { } code ? [new ObservedValue(code, null, null, null, null, null)] : [],
        Time = values.Course(condition, "onset", "abated"),
    });

    private Observation Filled(FhirNode node, Coded? code, ObservationKind kind)
    {
        var value = Observed(node);
        return new Observation
        {
            Kind = kind,
            Code = code,
            Values = value is null ? [] : [value],
            Absence = Absences.OfAny(AllCodes(value?.Code).Concat(AllCodes(code))),
            Interpretations = values.Concepts(node, "interpretation"),
            Ranges = values.Bounded(node.Of("referenceRange").Select(Range)),
        };
    }

    /// <summary>A code and its translations: any of them may say that there is nothing.</summary>
    public static IEnumerable<Coded?> AllCodes(Coded? code) => code is null ? [] : code.Translations.Prepend(code);

    private static ObservationKind KindOf(FhirNode resource, Coded? code, string? section)
    {
        foreach (var stated in AllCodes(code).Select(one => one!.Code).OfType<string>())
        {
            if (bloodGroups.Contains(stated) || pregnancies.Contains(stated))
            {
                return bloodGroups.Contains(stated) ? ObservationKind.BloodGroup : ObservationKind.Pregnancy;
            }
        }

        foreach (var coding in resource.Of("category").SelectMany(category => category.Of("coding")))
        {
            if (coding["system"] is CategoryCodes or null && categories.TryGetValue(coding["code"] ?? "", out var kind))
            {
                return kind;
            }
        }

        return sections.GetValueOrDefault(section ?? "");
    }

    /// <summary>What was found, by the type that its element names; or why there is nothing.</summary>
    private ObservedValue? Observed(FhirNode node)
    {
        var reason = values.AbsentValue(node);
        if (node.Choice("value") is not var (value, type))
        {
            return reason is null ? null : new ObservedValue(null, null, null, null, null, reason);
        }

        var observed = new ObservedValue(null, null, null, null, null, reason ?? FactValues.NullFlavor(value));
        observed = type switch
        {
            "CodeableConcept" => observed with { Code = values.Concept(value) },
            "Quantity" => observed with { Quantity = values.Compared(value) },
            "Range" => observed with { Quantity = values.Range(value) },
            "Ratio" => observed with
            {
                Quantity = values.Compared(value.Find("numerator")),
                Per = values.Compared(value.Find("denominator")),
            },
            "Integer" => values.Number(value, null) is { } number
                ? observed with { Quantity = new QuantityRange(number, number) }
                : observed,
            "Boolean" => value.Value switch
            {
                "true" => observed with { Truth = true },
                "false" => observed with { Truth = false },
                var written => observed with { Text = values.Words(written) },
            },
            "DateTime" => observed with { Time = values.Point(value) },
            "Period" => observed with { Time = values.Period(value) },
            "String" or "Time" => observed with { Text = values.Words(value.Value) },
            _ => observed,
        };
        if (observed is { Code: null, Quantity: null, Time: null, Truth: null, Text: null, NullFlavor: null })
        {
            others += type is "SampledData" or "Attachment" or "Reference" ? 1 : 0;
            return null;
        }

        return observed;
    }

    private ReferenceRange Range(FhirNode range)
    {
        var stated = values.Range(range);
        return new ReferenceRange(
            stated is null ? null : new ObservedValue(null, stated, null, null, null, null),
            values.Concept(range.Find("type")),
            values.Words(range["text"]));
    }

    /// <summary>What a report is of, where it is of one thing: whose result is whose would else be a guess.</summary>
    public Coded? SpecimenOf(FhirNode report)
    {
        var references = values.Bounded(report.Of("specimen"));
        var specimens = references.Select(Specimen).ToList();
        return specimens is [var only] ? only : null;
    }

    private Coded? Specimen(FhirNode? reference)
    {
        if (reference is null)
        {
            return null;
        }

        return values.Concept(bundle.Resolve(reference)?.Find("type"))
            ?? (values.Words(reference["display"]) is { } words ? new Coded(null, null, null, words, null) : null);
    }
}
