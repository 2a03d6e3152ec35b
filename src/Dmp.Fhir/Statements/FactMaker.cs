using Dmp.Facts.Model;
using Dmp.Facts.Reading;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>Where a fact stands: the number of its entry, its own in it, and whether it is only a part of its resource.</summary>
internal readonly record struct FactPlace(int Entry, int Place, bool IsPart);

/// <summary>Makes facts of resources: each kind by its reader, and what all kinds have.</summary>
internal sealed class FactMaker
{
    private const string DoseNumber = "30973-2";
    private const string Loinc = "2.16.840.1.113883.6.1";

    private readonly FhirBundle bundle;
    private readonly ObservationFacts observations;
    private readonly ClinicalFacts clinical;
    private readonly MedicationFacts medications;
    private readonly ActFacts acts;
    private readonly FactReferences references;
    private readonly bool isInError;

    public FactMaker(FhirBundle bundle, Cuts cuts)
    {
        this.bundle = bundle;
        Values = new FactValues(bundle, cuts);
        People = new FactPeople(bundle, Values);
        observations = new ObservationFacts(bundle, Values);
        clinical = new ClinicalFacts(Values);
        medications = new MedicationFacts(bundle, Values);
        acts = new ActFacts(bundle, Values);
        references = new FactReferences(bundle, Values);
        isInError = bundle.Composition["status"] == "entered-in-error";
    }

    public FactValues Values { get; }

    public FactPeople People { get; }

    /// <summary>A type of resource that becomes facts, or holds some.</summary>
    public static bool Reads(string? type) => type is "AllergyIntolerance" or "Condition" or "Consent" or "Device" or "DeviceUseStatement"
        or "DiagnosticReport" or "Encounter" or "FamilyMemberHistory" or "ImagingStudy" or "Immunization" or "List"
        or "MedicationAdministration" or "MedicationDispense" or "MedicationRequest" or "MedicationStatement" or "Observation"
        or "Procedure";

    public Fact Make(FhirNode resource, OpenPart around) => resource.Type switch
    {
        "AllergyIntolerance" => clinical.ReadAllergy(resource),
        "Condition" => clinical.ReadProblem(resource),
        "Consent" => observations.ReadConsent(resource, around),
        "Device" => acts.ReadDevice(null, resource, null),
        "DeviceUseStatement" => acts.ReadDevice(
            resource, bundle.Resolve(resource.Find("device")), Values.Words(resource.Find("device")?["display"])),
        "Encounter" => acts.ReadEncounter(resource),
        "ImagingStudy" => acts.ReadImagingStudy(resource),
        "Procedure" => acts.ReadProcedure(resource),
        "Observation" => observations.Read(resource, around),
        _ => medications.Read(resource, around.Section.Code),
    };

    public Observation Component(FhirNode component, Observation whole) => observations.ReadComponent(component, whole);

    public IEnumerable<Observation> Family(FhirNode history) => observations.ReadFamily(history);

    public Observation? Conclusion(FhirNode report, OpenPart around) => observations.ReadConclusion(report) is { } conclusion
        ? conclusion with { Panels = around.Panels, PanelTime = around.PanelTime }
        : null;

    public Coded? SpecimenOf(FhirNode report) => observations.SpecimenOf(report);

    /// <summary>Whether it concludes something by itself, without making it.</summary>
    public static bool HasConclusion(FhirNode report) => !string.IsNullOrWhiteSpace(report["conclusion"])
        || report.Find("note") is not null
        || report.Of("conclusionCode").Any(code => code.Find("coding") is not null || !string.IsNullOrWhiteSpace(code["text"]));

    /// <summary>Values of kinds that are not read, since this was asked last.</summary>
    public int TakeOthers() => observations.TakeOthers();

    /// <summary>Which dose of a series it was: told beside the vaccination, as CDA documents do, by the code that they use.</summary>
    public IEnumerable<Observation> Doses(FhirNode immunization)
    {
        foreach (var protocol in immunization.Of("protocolApplied"))
        {
            if (protocol.Choice("doseNumber") is not var (node, type))
            {
                continue;
            }

            var number = type == "PositiveInt" ? Values.Number(node, null) : null;
            yield return new Observation
            {
                Kind = ObservationKind.Other,
                Code = new Coded(DoseNumber, Loinc, null, null, null),
                Values =
                [
                    number is null
                        ? new ObservedValue(null, null, null, null, Values.Words(node.Value), FactValues.NullFlavor(node))
                        : new ObservedValue(null, new QuantityRange(number, number), null, null, null, null),
                ],
            };
        }
    }

    public Remark? Remark(FhirNode note, DocumentSection section)
    {
        if (Values.Words(note["text"]) is not { } words)
        {
            return null;
        }

        var author = People.Named(note.Find("authorReference"), note.Find("time"), note["authorString"]);
        return new Remark { Time = Values.Point(note.Find("time")), Text = words, Author = author ?? section.Author };
    }

    /// <summary>It has neither a code nor a value nor words: then its narrative may still say something.</summary>
    public bool SaysNothing(Fact fact, FhirNode resource) => fact switch
    {
        Allergy allergy => allergy is { Agent: null, Reactions.Count: 0, Type: null },
        Problem problem => problem is { Value: null, Period: null },
        Observation observation => observation is { Code: null, Values.Count: 0, Time: null } && resource.Find("component") is null,
        ClinicalAct act => act is { Code: null, Period: null, Text: null, Methods.Count: 0 },
        Encounter encounter => encounter is { Code: null, Period: null, Organization: null },
        Device device => device is { Code: null, Model: null, Period: null, DeviceIds.Count: 0 },
        _ => false,
    } && Narrative(resource, isOnly: true) is null;

    /// <summary>What all kinds have.</summary>
    public Fact Placed(Fact fact, FhirNode resource, OpenPart around, FactPlace place)
    {
        var certainty = StatusCode(resource.Find("verificationStatus"));
        fact = fact with
        {
            Source = new FactSource(
                around.Section.Code, around.Section.Title, place.Entry, place.Place, around.Within,
                around.Within is null ? null : around.Relation, place.IsPart ? [] : Values.Ids(resource)),
            Subject = fact.Subject ?? People.Subject(resource),
            State = State(resource["status"], certainty),
        };
        if (fact is Remark)
        {
            return fact;
        }

        var isNegated = resource["status"] is "not-done" or "not-taken" || certainty == "refuted" || resource["doNotPerform"] == "true";
        var isNothing = fact is Problem { Value: null } or Observation { Code: null, Values.Count: 0 } or ClinicalAct { Code: null }
            or Allergy { Agent: null } or Medication { Product.IsNameless: true };
        return fact with
        {
            IsNegated = isNegated,
            Mood = Mood(resource),
            Author = People.Author(resource, around.Section),
            Text = fact.Text ?? (place.IsPart ? null : Narrative(resource, isNothing)),
            References = place.IsPart ? [] : references.Of(resource),
        };
    }

    /// <summary>
    /// A fact of a section that says why it is empty (<c>emptyReason</c>), for the sections whose kind is known; null for any other one.
    /// </summary>
    public Fact? Absent(FhirNode section, DocumentSection named, FhirNode? words)
    {
        if (Values.Concept(section.Find("emptyReason")) is not { } reason)
        {
            return null;
        }

        var product = new MedicineProduct([reason], null, null, null, [], null);
        Fact? fact = named.Code switch
        {
            "48765-2" => new Allergy { Agent = new AllergyAgent(reason, reason.Text) },
            "11450-4" or "11348-0" => new Problem { Value = reason },
            "10160-0" or "42346-7" or "10183-2" => new Medication
            {
                Role = MedicationRole.Listed,
                IsImmunization = false,
                Product = product,
                Dosages = [],
            },
            "11369-6" => new Medication { Role = MedicationRole.Administered, IsImmunization = true, Product = product, Dosages = [] },
            "47519-4" => new ClinicalAct { Element = "procedure", Code = reason },
            "46264-8" => new Device { Code = reason },
            _ => null,
        };
        return fact is null ? null : fact with
        {
            Absence = reason.Code == "nilknown" ? FactAbsence.NoneKnown : FactAbsence.NoInformation,
            Text = words?.Words(bundle.Options.Facts.TextCharsMax),
            Author = named.Author,
        };
    }

    /// <summary>The narrative of a resource where it says more than the elements, or where they say nothing.</summary>
    private string? Narrative(FhirNode resource, bool isOnly) =>
        resource.Find("text") is { } text && (isOnly || text["status"] is "additional" or "extensions")
            ? text.Find("div")?.Words(bundle.Options.Facts.TextCharsMax)
            : null;

    /// <summary>
    /// As HL7 version 3 writes those states by which a statement is taken back (HL7 C-CDA on FHIR maps them so); the others as FHIR does.
    /// </summary>
    private string? State(string? status, string? certainty) => isInError || certainty == "entered-in-error" ? "nullified" : status switch
    {
        "entered-in-error" => "nullified",
        "stopped" or "revoked" => "aborted",
        "on-hold" => "suspended",
        _ => Values.Kept(status),
    };

    private static string? StatusCode(FhirNode? concept) =>
        concept?.Of("coding").Select(coding => coding["code"]).FirstOrDefault(code => code is not null);

    /// <summary>HL7 ActMood: an order, a plan, a proposal; everything else is so.</summary>
    private static string Mood(FhirNode resource) => resource.Type switch
    {
        "MedicationRequest" => resource["intent"] switch
        {
            "proposal" => "PRP",
            "plan" => "INT",
            _ => "RQO",
        },
        "MedicationStatement" when resource["status"] == "intended" => "INT",
        "Encounter" when resource["status"] == "planned" => "APT",
        "Procedure" when resource["status"] == "preparation" => "INT",
        _ => "EVN",
    };
}
