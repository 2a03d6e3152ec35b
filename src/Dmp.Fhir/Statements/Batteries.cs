using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>Which resources hold which: reports their results, observations their members, vaccinations their reactions.</summary>
internal sealed class Batteries
{
    private readonly FhirBundle bundle;
    private readonly FactMaker maker;
    private readonly Dictionary<FhirNode, IReadOnlyList<FhirNode>> members = [];

    /// <summary>By result: the first report that it stands in.</summary>
    private readonly Dictionary<FhirNode, FhirNode> reports = [];

    private readonly HashSet<FhirNode> inUse;

    private readonly Dictionary<FhirNode, OpenPart> made = [];

    public Batteries(FhirBundle bundle, FactMaker maker)
    {
        (this.bundle, this.maker) = (bundle, maker);
        foreach (var report in bundle.Resources.Where(resource => resource.Type == "DiagnosticReport"))
        {
            foreach (var result in Members(report))
            {
                reports.TryAdd(result, report);
            }
        }

        inUse =
        [
            .. bundle.Resources.Where(resource => resource.Type == "DeviceUseStatement")
                .Select(use => bundle.Peek(use.Find("device"))).OfType<FhirNode>(),
        ];
    }

    /// <summary>What a resource holds, in order; each once.</summary>
    public IReadOnlyList<FhirNode> Members(FhirNode resource)
    {
        if (members.TryGetValue(resource, out var known))
        {
            return known;
        }

        var references = resource.Type switch
        {
            "DiagnosticReport" => resource.Of("result"),
            "Observation" => resource.Of("hasMember"),
            "List" => resource.Of("entry").Where(entry => entry["deleted"] != "true").Select(entry => entry.Find("item"))
                .OfType<FhirNode>(),
            "Immunization" => resource.Of("reaction").Select(reaction => reaction.Find("detail")).OfType<FhirNode>(),
            _ => [],
        };
        return members[resource] = [.. references.Select(bundle.Follow).OfType<FhirNode>().Distinct()];
    }

    /// <summary>A device whose use is a statement of its own.</summary>
    public bool IsInUse(FhirNode resource) => inUse.Contains(resource);

    /// <summary>What stands inside of some resources, to any depth, of what may stand there: these stand with what holds them.</summary>
    public HashSet<FhirNode> Inner(IReadOnlyList<FhirNode> resources, Func<FhirNode, bool> stands)
    {
        HashSet<FhirNode> inner = [];
        Stack<FhirNode> open = new(resources);
        HashSet<FhirNode> seen = [.. resources];
        while (open.TryPop(out var resource))
        {
            foreach (var member in Members(resource).Where(stands))
            {
                bundle.Budget.Look();
                inner.Add(member);
                if (seen.Add(member))
                {
                    open.Push(member);
                }
            }
        }

        return inner;
    }

    /// <summary>The battery that an observation stands in by a report that stands elsewhere.</summary>
    public OpenPart Around(FhirNode observation, OpenPart around)
    {
        if (!reports.TryGetValue(observation, out var report))
        {
            return around;
        }

        if (!made.TryGetValue(report, out var battery))
        {
            var panel = PanelOf(bundle, report) is { } coded ? maker.Values.Concept(coded) : null;
            battery = new OpenPart(DocumentSection.nowhere)
            {
                Panels = ObservationFacts.WithPanel([], panel),
                PanelTime = maker.Values.When(report, "effective"),
                Specimen = maker.SpecimenOf(report),
            };
            made[report] = battery;
        }

        return around with { Panels = battery.Panels, PanelTime = battery.PanelTime, Specimen = around.Specimen ?? battery.Specimen };
    }

    /// <summary>The code of a report as a battery; null for one that is the document itself, which is in the same type.</summary>
    public static FhirNode? PanelOf(FhirBundle bundle, FhirNode report)
    {
        var type = bundle.Composition.Find("type");
        var code = report.Find("code");
        return code?.Of("coding").Any(coding => type?.Of("coding").Any(other =>
            other["code"] == coding["code"] && other["system"] == coding["system"]) == true) == true ? null : code;
    }
}
