using Dmp.Facts;
using Dmp.Facts.Model;
using Dmp.Facts.Reading;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>
/// The facts of a document: section by section as the composition has them, then what no section refers to. What a resource holds by
/// reference (members of an observation, results of a report) stands behind it, in the same entry.
/// </summary>
internal sealed partial class FactWalk
{
    private readonly FhirBundle bundle;
    private readonly FactLedger ledger;
    private readonly FactMaker maker;
    private readonly FactAccounts accounts;

    /// <summary>What sections name stands there, and not also in every section that names what holds it.</summary>
    private readonly HashSet<FhirNode> named;

    private readonly HashSet<FhirNode> namedHere = [];

    /// <summary>What stands in the section that is being read: each resource once, whatever refers to it.</summary>
    private readonly HashSet<FhirNode> ofSection = [];

    /// <summary>The resources that are being read, from the entry inwards.</summary>
    private readonly HashSet<FhirNode> open = [];

    private int sections;
    private int entry;
    private int place;

    private FactWalk(FhirBundle bundle)
    {
        this.bundle = bundle;
        var cuts = new Cuts();
        ledger = new FactLedger(bundle.Options.Facts, cuts);
        maker = new FactMaker(bundle, cuts);
        accounts = new FactAccounts(bundle, ledger);
        named = DocumentSections.Named(bundle);
    }

    public static (FactReading Reading, IReadOnlyList<FhirResourceCount> Resources) Read(FhirBundle bundle)
    {
        var walk = new FactWalk(bundle);
        var reports = new Batteries(bundle, walk.maker);
        foreach (var section in new DocumentSections(bundle, walk.maker, walk.ledger).Read())
        {
            walk.ReadSection(section, reports);
        }

        walk.ReadOthers(reports);
        walk.accounts.CountRest();
        return (walk.ledger.Reading(), walk.accounts.Resources());
    }

    private void ReadSection(DocumentSection section, Batteries reports)
    {
        if (section.Targets.Count == 0)
        {
            return;
        }

        if (++sections > bundle.Options.Facts.SectionsMax)
        {
            // What only these refer to is read with what no section refers to.
            ledger.Count(section, UnreadReason.TooMany, section.Targets.Count);
            return;
        }

        ofSection.Clear();
        namedHere.Clear();
        namedHere.UnionWith(section.Targets);
        var inner = reports.Inner(section.Targets, Stands);
        foreach (var target in section.Targets.Where(target => !inner.Contains(target)))
        {
            ReadEntry(section, target, reports);
        }

        foreach (var target in section.Targets.Where(target => inner.Contains(target) && !ofSection.Contains(target)))
        {
            // Each of them stands in another one: a circle, which is read from where it is met first.
            bundle.Faults.Add(FhirFaultKind.Cyclic, target, "The resource holds itself, through what it refers to.");
            ReadEntry(section, target, reports);
        }
    }

    /// <summary>It may stand here with what holds it.</summary>
    private bool Stands(FhirNode member) => !named.Contains(member) || namedHere.Contains(member);

    private void ReadEntry(DocumentSection section, FhirNode target, Batteries reports)
    {
        if (ofSection.Contains(target))
        {
            return;
        }

        (entry, place) = (ledger.NextEntry(section), 0);
        Walk(target, new OpenPart(section), reports);
        ledger.CountCuts(section);
    }

    /// <summary>What no section refers to. A device is the patient's only where it says so: the others wrote the document.</summary>
    private void ReadOthers(Batteries reports)
    {
        ofSection.Clear();
        namedHere.Clear();
        List<FhirNode> others =
        [
            .. bundle.Resources.Where(resource => !accounts.IsStated(resource) && FactMaker.Reads(resource.Type)
                && !(resource.Type == "Device" && (bundle.IsUsed(resource) || resource.Find("patient") is null))),
        ];
        var inner = reports.Inner(others, Stands);
        foreach (var resource in others.Where(resource => !inner.Contains(resource)).Concat(others.Where(inner.Contains)))
        {
            // A report whose results all stand in sections, and that concludes nothing, has said what it says: their battery.
            if (!accounts.IsStated(resource) && !(resource.Type == "DiagnosticReport" && IsToldByResults(resource, reports)))
            {
                ReadEntry(DocumentSection.nowhere, resource, reports);
            }
        }
    }

    private bool IsToldByResults(FhirNode report, Batteries reports)
    {
        var members = reports.Members(report);
        var isTold = members.Count > 0 && members.All(accounts.IsStated) && !FactMaker.HasConclusion(report);
        if (isTold)
        {
            accounts.State(report);
            ledger.CountLinked(DocumentSection.nowhere, report);
        }

        return isTold;
    }

    private void Walk(FhirNode resource, OpenPart around, Batteries reports)
    {
        if (!ofSection.Add(resource))
        {
            if (open.Contains(resource))
            {
                bundle.Faults.Add(FhirFaultKind.Cyclic, resource, "The resource holds itself, through what it refers to.");
            }

            return;
        }

        bundle.Budget.Look();
        if (reports.IsInUse(resource))
        {
            // It is read with the statement that it is used.
            return;
        }

        if (!FactMaker.Reads(resource.Type))
        {
            accounts.AddOther(resource, around.Section);
            return;
        }

        accounts.State(resource);
        open.Add(resource);
        ledger.CountLinked(around.Section, resource);
        var inside = resource.Type switch
        {
            "DiagnosticReport" => WalkReport(resource, around),
            "FamilyMemberHistory" => WalkFamily(resource, around),
            "List" => WalkList(resource, around),
            _ => WalkStatement(resource, around, reports),
        };
        foreach (var member in reports.Members(resource).Where(Stands))
        {
            Walk(member, inside, reports);
        }

        open.Remove(resource);
    }
}
