using Dmp.Facts.Model;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>What became of each resource of a bundle: a fact, a part of something, or nothing, which is counted.</summary>
internal sealed class FactAccounts(FhirBundle bundle, FactLedger ledger)
{
    private const int NameMax = 40;

    /// <summary>Types that only say something of other resources. Read with these they are parts, also when a section names them.</summary>
    private static readonly HashSet<string> parts =
    [
        "Patient", "Practitioner", "PractitionerRole", "Organization", "RelatedPerson", "Location", "Specimen", "Medication", "Substance",
    ];

    private readonly HashSet<FhirNode> stated = [];

    /// <summary>Of kinds that are not read, with the sections that refer to them.</summary>
    private readonly List<(FhirNode Resource, DocumentSection Section)> others = [];

    private readonly HashSet<FhirNode> counted = [];

    public bool IsStated(FhirNode resource) => stated.Contains(resource);

    public void State(FhirNode resource) => stated.Add(resource);

    /// <summary>A section refers to it, and it is of a kind that is not read.</summary>
    public void AddOther(FhirNode resource, DocumentSection section) => others.Add((resource, section));

    /// <summary>What is no fact and no part of one, by its section; then what no section leads to.</summary>
    public void CountRest()
    {
        // Only at the end is it known what was read as a part.
        foreach (var (resource, section) in others.Where(other => !(parts.Contains(other.Resource.Type!) && IsPart(other.Resource))))
        {
            counted.Add(resource);
            ledger.Count(section, ReasonOf(resource));
        }

        var rest = bundle.Resources.Where(resource => !IsStated(resource) && !counted.Contains(resource) && !IsPart(resource));
        foreach (var resource in rest)
        {
            ledger.Count(DocumentSection.nowhere, ReasonOf(resource));
        }

        ledger.Count(DocumentSection.nowhere, UnreadReason.OtherKind, bundle.Unreadable.Count);
        ledger.Count(DocumentSection.nowhere, UnreadReason.TooLarge, bundle.Budget.TooLarge + bundle.Budget.Cuts.Values.Sum());
        ledger.Count(DocumentSection.nowhere, UnreadReason.TooMany, bundle.Budget.TooMany);
    }

    public IReadOnlyList<FhirResourceCount> Resources() =>
    [
        .. bundle.Resources.Concat(bundle.Unreadable)
            .GroupBy(resource => IsName(resource.Type!) ? resource.Type! : "?", StringComparer.Ordinal)
            .Select(type => new FhirResourceCount(
                type.Key,
                type.Count(IsStated),
                type.Count(resource => !IsStated(resource) && IsPart(resource)),
                type.Count(resource => !IsStated(resource) && !IsPart(resource)))),
    ];

    private bool IsPart(FhirNode resource) => bundle.IsUsed(resource) && !counted.Contains(resource);

    /// <summary>A name as types of FHIR have one: a document may have put anything in its place.</summary>
    private static bool IsName(string type) => type.Length <= NameMax && type.All(char.IsAsciiLetter);

    /// <summary>Files and what points to documents are told apart from statements of other kinds.</summary>
    private static UnreadReason ReasonOf(FhirNode resource) => resource.Type is "Binary" or "DocumentReference" or "Media"
        ? UnreadReason.Linked
        : UnreadReason.OtherKind;
}
