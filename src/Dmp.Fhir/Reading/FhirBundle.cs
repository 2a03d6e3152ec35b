using System.Globalization;

namespace Dmp.Fhir.Reading;

/// <summary>
/// A document as it was read: its composition, its entries, and where references lead. They lead into the bundle only (FHIR R4, Bundle,
/// Resolving references in Bundles). Nothing is ever fetched.
/// </summary>
internal sealed class FhirBundle
{
    private const string History = "/_history/";
    private const string UuidScheme = "urn:uuid:";

    private readonly Faults faults;
    private readonly TreeBudget budget;
    private readonly Dictionary<string, FhirNode> byAddress = new(StringComparer.Ordinal);

    /// <summary>By type and id; null where several entries have the same.</summary>
    private readonly Dictionary<string, FhirNode?> byId = new(StringComparer.Ordinal);

    private readonly HashSet<string> repeated = new(StringComparer.Ordinal);
    private readonly Dictionary<FhirNode, string> addresses = [];
    private readonly HashSet<FhirNode> used = [];
    private bool isOfOtherRelease;

    private FhirBundle(FhirNode root, FhirFormat format, FhirReaderOptions options, TreeBudget budget, Faults faults)
    {
        (Root, Format, Options) = (root, format, options);
        (this.faults, this.budget) = (faults, budget);
    }

    public FhirNode Root { get; }

    public FhirFormat Format { get; }

    public FhirReaderOptions Options { get; }

    public Faults Faults => faults;

    public TreeBudget Budget => budget;

    public FhirNode Composition { get; private set; } = null!;

    /// <summary>The resources of the entries, in order, without those that were passed over.</summary>
    public List<FhirNode> Resources { get; } = [];

    /// <summary>Entries of another release than R4, and those that mean something else than they say by an extension.</summary>
    public List<FhirNode> Unreadable { get; } = [];

    /// <summary>Entries that were passed over: what a reference to one means is not known.</summary>
    public int PassedOver => budget.TooLarge + budget.TooMany;

    /// <exception cref="FhirRefusedException">The bytes are no document that is read here.</exception>
    public static FhirBundle Read(ReadOnlyMemory<byte> bytes, FhirReaderOptions options, Faults faults)
    {
        var budget = new TreeBudget(options, faults);
        var (root, format) = FhirSource.Tree(bytes, options, budget);
        var bundle = new FhirBundle(root, format, options, budget, faults);
        bundle.Open();
        return bundle;
    }

    private void Open()
    {
        if (Root.Type != "Bundle")
        {
            throw new FhirRefusedException(FhirFaultKind.WrongRoot, "Bundle", "The root of the document is no Bundle.");
        }

        if (Root["type"] != "document")
        {
            throw new FhirRefusedException(FhirFaultKind.NotADocument, "Bundle.type", "The bundle is not of type document.");
        }

        foreach (var entry in Root.Slots("entry"))
        {
            Accept(entry);
        }

        var composition = Resources.FirstOrDefault(resource => resource.Type == "Composition");
        if (OtherReleases.Has(Root) || (composition is null && isOfOtherRelease))
        {
            throw new FhirRefusedException(
                FhirFaultKind.OtherRelease, "Bundle", "The bundle or its composition has elements of another release than FHIR R4.");
        }

        Composition = composition
            ?? throw new FhirRefusedException(FhirFaultKind.NoComposition, "Bundle.entry", "The bundle holds no composition to read.");
        used.Add(composition);
        if (Root.Slots("entry").First() != composition.Parent)
        {
            if (Root.Slots("entry").First().IsEmpty || Unreadable.Any(resource => resource.Type == "Composition")
                || Resources.Count(resource => resource.Type == "Composition") > 1)
            {
                // The first entry is the composition (FHIR R4, Documents): whoever shows the document shows that one.
                throw new FhirRefusedException(
                    FhirFaultKind.Repeated, composition.Path, "The first composition is not read, and another one is not the document's.");
            }

            faults.Add(FhirFaultKind.OutOfOrder, composition, "The composition is not the first entry of the bundle.");
        }
    }

    private void Accept(FhirNode entry)
    {
        var resource = entry.Find("resource");
        if (resource?.Type is null)
        {
            if (!entry.IsEmpty)
            {
                faults.Add(FhirFaultKind.PassedOver, entry, "The entry holds no resource.");
            }

            return;
        }

        if (OtherReleases.Has(resource))
        {
            Unreadable.Add(resource);
            isOfOtherRelease |= resource.Type == "Composition";
            faults.Add(FhirFaultKind.EntryOfOtherRelease, resource, "The resource has elements of another release than FHIR R4.");
            return;
        }

        if (IsModified(resource))
        {
            Unreadable.Add(resource);
            faults.Add(FhirFaultKind.Modified, resource, "The resource has a modifier extension, or implicit rules.");
            return;
        }

        Resources.Add(resource);
        if (Canonical(entry["fullUrl"]) is { } address)
        {
            addresses[resource] = address;
            if (!byAddress.TryAdd(address, resource))
            {
                repeated.Add(address);
                faults.Add(FhirFaultKind.RepeatedAddress, entry, "An entry before this one has the same fullUrl; references lead there.");
            }
        }

        if (resource["id"] is { Length: > 0 } id)
        {
            var key = $"{resource.Type}/{id}";
            byId[key] = byId.ContainsKey(key) ? null : resource;
        }
    }

    /// <summary>
    /// Whoever does not know a modifier extension must not read what it is in (FHIR R4, Extensibility), and none is known here: it may say
    /// "not". The same goes for implicit rules (FHIR R4, Resource).
    /// </summary>
    private static bool IsModified(FhirNode resource) =>
        resource.Find("implicitRules") is not null || HasModifier(resource);

    private static bool HasModifier(FhirNode node) =>
        node.Find("modifierExtension") is not null || node.Children.Any(HasModifier);

    /// <summary>The <c>fullUrl</c> of a resource; null when it has none.</summary>
    public string? AddressOf(FhirNode resource) => addresses.GetValueOrDefault(resource);

    /// <summary>It was read, as a fact or as a part of something.</summary>
    public bool IsUsed(FhirNode resource) => used.Contains(resource);

    /// <summary>The resource that a <c>Reference</c> leads to, which is then read as a part of what refers to it.</summary>
    public FhirNode? Resolve(FhirNode? reference)
    {
        var found = Follow(reference);
        if (found is not null)
        {
            used.Add(found);
        }

        return found;
    }

    /// <summary>
    /// The resource that a <c>Reference</c> leads to; null when it leads to none in the bundle, which is told where it names an address.
    /// </summary>
    public FhirNode? Follow(FhirNode? reference)
    {
        if (reference?["reference"] is not { Length: > 0 } written)
        {
            return null;
        }

        var found = Find(reference, written);
        if (found is null)
        {
            faults.Add(FhirFaultKind.Unresolved, reference, "The reference leads to nothing in the bundle.");
        }

        return found;
    }

    /// <summary>The same, without a word on it and without taking what is found for read.</summary>
    public FhirNode? Peek(FhirNode? reference) =>
        reference?["reference"] is { Length: > 0 } written ? Find(reference, written) : null;

    /// <summary>More than one entry has the address of the resource that a <c>Reference</c> leads to.</summary>
    public bool IsRepeated(FhirNode? reference) =>
        Peek(reference) is { } resource && AddressOf(resource) is { } address && repeated.Contains(address);

    private FhirNode? Find(FhirNode reference, string written)
    {
        var holder = reference.Resource;
        if (written[0] == '#')
        {
            return written.Length == 1 ? holder : Contained(holder, written[1..]);
        }

        var plain = written.IndexOf(History, StringComparison.Ordinal) is > 0 and var end ? written[..end] : written;
        if (Canonical(plain) is { } address && byAddress.TryGetValue(address, out var found))
        {
            return found;
        }

        if (plain.Contains(':', StringComparison.Ordinal))
        {
            return null;
        }

        // Relative: first beside the entry that names it, then by type and id where one entry only has them.
        return Base(holder) is { } root && byAddress.TryGetValue(root + plain, out found) ? found : byId.GetValueOrDefault(plain);
    }

    private FhirNode? Contained(FhirNode holder, string id)
    {
        FhirNode? found = null;
        foreach (var contained in holder.Of("contained"))
        {
            if (contained.Find("contained") is { } nested)
            {
                faults.Add(FhirFaultKind.NestedContained, nested, "A contained resource contains another one, which is not read.");
            }

            found ??= contained.Type is not null && contained["id"] == id ? contained : null;
        }

        return found;
    }

    /// <summary>What stands before <c>Type/id</c> in the address of a resource.</summary>
    private string? Base(FhirNode holder) =>
        AddressOf(holder) is { } address && $"/{holder.Type}/{holder["id"]}" is var tail && address.EndsWith(tail, StringComparison.Ordinal)
            ? address[..^(tail.Length - 1)]
            : null;

    /// <summary>A UUID is the same in either case; other addresses are not.</summary>
    private static string? Canonical(string? address) => string.IsNullOrEmpty(address) ? null
        : address.StartsWith(UuidScheme, StringComparison.OrdinalIgnoreCase) ? address.ToLower(CultureInfo.InvariantCulture)
        : address;
}
