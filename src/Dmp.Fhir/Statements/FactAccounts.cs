using Dmp.Facts.Model;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>What became of each resource of a bundle: a fact, a part of something, or nothing, which is counted.</summary>
internal sealed class FactAccounts(FhirBundle bundle, FactLedger ledger)
{
    private readonly HashSet<FhirNode> stated = [];

    /// <summary>Of kinds that are not read, told by the sections that refer to them.</summary>
    private readonly HashSet<FhirNode> counted = [];

    public bool IsStated(FhirNode resource) => stated.Contains(resource);

    public void State(FhirNode resource) => stated.Add(resource);

    /// <summary>A section refers to it, and it is of a kind that is not read.</summary>
    public void CountOther(FhirNode resource, DocumentSection section)
    {
        counted.Add(resource);
        ledger.Count(section, ReasonOf(resource));
    }

    /// <summary>What neither a section nor another resource led to.</summary>
    public void CountRest()
    {
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
            .GroupBy(resource => resource.Type!, StringComparer.Ordinal)
            .Select(type => new FhirResourceCount(
                type.Key,
                type.Count(IsStated),
                type.Count(resource => !IsStated(resource) && IsPart(resource)),
                type.Count(resource => !IsStated(resource) && !IsPart(resource)))),
    ];

    private bool IsPart(FhirNode resource) => bundle.IsUsed(resource) && !counted.Contains(resource);

    /// <summary>Files and what points to documents are told apart from statements of other kinds.</summary>
    private static UnreadReason ReasonOf(FhirNode resource) => resource.Type is "Binary" or "DocumentReference" or "Media"
        ? UnreadReason.Linked
        : UnreadReason.OtherKind;
}
