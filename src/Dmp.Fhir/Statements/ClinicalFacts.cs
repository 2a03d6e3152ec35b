using Dmp.Facts.Model;
using Dmp.Facts.Reading;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>Allergies and problems.</summary>
internal sealed class ClinicalFacts(FactValues values)
{
    private const string AllergyType = "http://hl7.org/fhir/allergy-intolerance-type";
    private const string AllergyCategory = "http://hl7.org/fhir/allergy-intolerance-category";
    private const string Criticality = "http://hl7.org/fhir/allergy-intolerance-criticality";
    private const string Severity = "http://hl7.org/fhir/reaction-event-severity";

    /// <summary>Until when, which R4 itself has no element for (IPS, and the extension of the standard).</summary>
    private static readonly string[] abatements =
    [
        "http://hl7.org/fhir/uv/ips/StructureDefinition/abatement-dateTime-uv-ips",
        "http://hl7.org/fhir/StructureDefinition/allergyintolerance-abatement",
    ];

    public Allergy ReadAllergy(FhirNode resource)
    {
        var agent = values.Concept(resource.Find("code"));
        return new Allergy
        {
            Type = AllergyKind(resource),
            Agent = agent is null ? null : new AllergyAgent(agent, agent.Text),
            Absence = AbsenceOf(agent),
            Period = AllergyPeriod(resource),
            Reactions = values.Bounded(resource.Of("reaction").SelectMany(Reactions)),
            Status = values.Concept(resource.Find("clinicalStatus")),
            Criticality = values.Code(resource.Find("criticality"), Criticality),
            Certainty = values.Concept(resource.Find("verificationStatus")),
        };
    }

    public Problem ReadProblem(FhirNode resource)
    {
        var value = values.Concept(resource.Find("code"));
        return new Problem
        {
            Type = values.Narrowed(resource, "category"),
            Value = value,
            Absence = AbsenceOf(value),
            Period = values.Course(resource, "onset", "abatement"),
            Status = values.Concept(resource.Find("clinicalStatus")),
            Severity = values.Concept(resource.Find("severity")),
            Certainty = values.Concept(resource.Find("verificationStatus")),
            Sites = values.Concepts(resource, "bodySite"),
        };
    }

    /// <summary>By any of the codes; where there is none, by the words.</summary>
    public static FactAbsence AbsenceOf(Coded? code) => code?.Code is null
        ? Absences.Of(null, code?.Text)
        : Absences.OfAny(ObservationFacts.AllCodes(code));

    /// <summary>Allergy or intolerance, narrowed down by its categories; where only these are stated, by the first of them.</summary>
    private Coded? AllergyKind(FhirNode resource)
    {
        List<Coded> kinds =
        [
            .. values.Bounded(resource.Of("category")).Select(category => values.Code(category, AllergyCategory)).OfType<Coded>(),
        ];
        if (values.Code(resource.Find("type"), AllergyType) is { } type)
        {
            kinds.Insert(0, type);
        }

        return kinds is [var first, .. var others]
            ? first with { Qualifiers = FactValues.Listed(others.Select(other => new CodeQualifier(null, other))) }
            : null;
    }

    private Stretch? AllergyPeriod(FhirNode resource)
    {
        var low = values.Edge(resource, "onset", "start");
        var high = abatements.Select(url => resource.Extension(url)?.Choice("value"))
            .Select(said => said is var (node, type) && type == "DateTime" ? values.Moment(node) : null)
            .FirstOrDefault(moment => moment is not null);
        return low is null && high is null ? null : new Stretch(low, high, null);
    }

    /// <summary>Each manifestation is a reaction; where none is coded, the words of the description are.</summary>
    private IEnumerable<AllergyReaction> Reactions(FhirNode reaction)
    {
        var (severity, period) = (values.Code(reaction.Find("severity"), Severity), values.Point(reaction.Find("onset")));
        var manifestations = values.Concepts(reaction, "manifestation");
        if (manifestations.Length > 0)
        {
            return manifestations.Select(manifestation => new AllergyReaction(manifestation, false, severity, period));
        }

        var words = values.Words(reaction["description"]);
        return words is null && severity is null
            ? []
            : [new AllergyReaction(words is null ? FactValues.none : new Coded(null, null, null, words, null), false, severity, period)];
    }
}
