using System.Globalization;
using Dmp.Facts.Model;
using Dmp.Facts.Reading;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>The data types of FHIR in those of facts: as they are written, in the forms that CDA documents have too.</summary>
internal sealed partial class FactValues(FhirBundle bundle, Cuts cuts)
{
    private const string AbsentReason = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
    private const string AbsentReasonCodes = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
    private const string Ucum = "2.16.840.1.113883.6.8";
    private const string Edqm = "0.4.0.127.0.16.1.1.2.1";
    internal const int ListMax = 100;

    /// <summary>There is something, and no code for it (HL7: no information).</summary>
    public static readonly Coded none = new(null, null, null, null, "NI");

    private int TextMax => bundle.Options.Facts.TextCharsMax;

    /// <summary>Words, of which the beginning is kept.</summary>
    public string? Words(string? written)
    {
        if (string.IsNullOrWhiteSpace(written))
        {
            return null;
        }

        var words = new System.Text.StringBuilder();
        Facts.Reading.Words.Append(words, written, TextMax);
        return words.ToString().TrimEnd();
    }

    /// <summary>A code or an identifier. One that is longer than a text may be is left out whole: its beginning is another one.</summary>
    public string? Kept(string? written)
    {
        if (written is null || written.Length <= TextMax)
        {
            return string.IsNullOrEmpty(written) ? null : written;
        }

        cuts.Add();
        return null;
    }

    /// <summary>The first coding, the others as its translations, and the words.</summary>
    public Coded? Concept(FhirNode? concept)
    {
        if (concept is null)
        {
            return null;
        }

        var codes = Codings(concept);
        var text = Words(concept["text"]);
        return codes.Length == 0
            ? text is null && NullFlavor(concept) is null ? null : new Coded(null, null, null, text, NullFlavor(concept))
            : codes[0] with { Text = text, Translations = Listed(codes.Skip(1)) };
    }

    /// <summary>The concepts of all elements of a name that say something.</summary>
    public Coded[] Concepts(FhirNode node, string name) => Bounded(node.Of(name).Select(Concept).OfType<Coded>());

    /// <summary>The beginning of a list; what is left out of it is counted.</summary>
    public T[] Bounded<T>(IEnumerable<T> items)
    {
        List<T> kept = [];
        foreach (var item in items)
        {
            if (kept.Count < ListMax)
            {
                kept.Add(item);
            }
            else
            {
                cuts.Add();
            }
        }

        return Listed(kept);
    }

    /// <summary>The first concept, with the others as what narrows it down.</summary>
    public Coded? Narrowed(FhirNode node, string name) => Concepts(node, name) is [var first, .. var others]
        ? first with { Qualifiers = Listed(others.Select(other => new CodeQualifier(null, other))) }
        : null;

    /// <summary>Each coding by itself. Of long lists the beginning is kept.</summary>
    public Coded[] Codings(FhirNode concept) => Bounded(concept.Of("coding").Select(Coding).OfType<Coded>());

    public Coded? Coding(FhirNode? coding)
    {
        if (coding is null)
        {
            return null;
        }

        var (code, display, flavor) = (Kept(coding["code"]), Words(coding["display"]), NullFlavor(coding));
        return (code ?? display ?? flavor) is null
            ? null
            : new Coded(code, Kept(FhirSystems.OidOf(coding["system"])), display, null, flavor);
    }

    /// <summary>An element that is a code of FHIR's own, with the system that R4 binds it to.</summary>
    public Coded? Code(FhirNode? node, string system) => node is null ? null
        : Kept(node.Value) is { } code ? new Coded(code, system, null, null, null)
        : NullFlavor(node) is { } flavor ? new Coded(null, null, null, null, flavor)
        : null;

    /// <summary>None is always the same list, so that values which say the same are equal.</summary>
    public static T[] Listed<T>(IEnumerable<T> items) => items.ToArray() is { Length: > 0 } list ? list : [];

    /// <summary>Why there is no value: as HL7 version 3 writes it where one of its codes means the same, else as FHIR does.</summary>
    public static string? NullFlavor(FhirNode node) => node.Extension(AbsentReason)?["valueCode"] is { } reason ? FlavorOf(reason) : null;

    /// <summary>The reason that an observation states for having no value.</summary>
    public string? AbsentValue(FhirNode node)
    {
        if (node.Find("dataAbsentReason") is not { } concept)
        {
            return null;
        }

        var codes = concept.Of("coding").ToList();
        var code = codes.FirstOrDefault(coding => coding["system"] == AbsentReasonCodes) ?? codes.FirstOrDefault();
        return code?["code"] is { } reason ? FlavorOf(Kept(reason)) : Words(concept["text"]) ?? NullFlavor(concept);
    }

    private static string? FlavorOf(string? reason) => reason switch
    {
        "unknown" => "UNK",
        "asked-unknown" => "ASKU",
        "temp-unknown" => "NAV",
        "not-asked" => "NASK",
        "masked" => "MSK",
        "not-applicable" => "NA",
        "negative-infinity" => "NINF",
        "positive-infinity" => "PINF",
        _ => reason,
    };

    /// <summary>A quantity: its unit is the code where that is UCUM's or the EDQM's, and else what is written as unit.</summary>
    public Quantity? Quantity(FhirNode? node)
    {
        if (node is null)
        {
            return null;
        }

        var code = Kept(node["code"]);
        var unit = code is not null && FhirSystems.OidOf(node["system"]) is Ucum or Edqm ? code : Words(node["unit"]) ?? code;
        return Number(node.Find("value"), unit) ?? (NullFlavor(node) is { } flavor ? new Quantity(null, unit, null, flavor)
            : unit is null ? null
            : new Quantity(null, unit, null, null));
    }

    /// <summary>A number as it is written, or what is written in its place; null when nothing is.</summary>
    public Quantity? Number(FhirNode? node, string? unit)
    {
        if (node is null)
        {
            return null;
        }

        var flavor = NullFlavor(node);
        return Kept(node.Value) is not { } written ? flavor is null ? null : new Quantity(null, unit, null, flavor)
            : FhirDecimals.TryRead(written, out var value) ? new Quantity(value, unit, null, flavor)
            : new Quantity(null, unit, written, flavor);
    }

    /// <summary>A quantity with its comparator: "below 5" is a range without a beginning.</summary>
    public QuantityRange? Compared(FhirNode? node)
    {
        if (Quantity(node) is not { } quantity)
        {
            return null;
        }

        var comparator = Kept(node!["comparator"]);
        switch (comparator)
        {
            case null:
                return new QuantityRange(quantity, quantity);
            case "<":
                return new QuantityRange(null, quantity with { IsExclusive = true });
            case "<=":
                return new QuantityRange(null, quantity);
            case ">":
                return new QuantityRange(quantity with { IsExclusive = true }, null);
            case ">=":
                return new QuantityRange(quantity, null);
            default:
                // Of another release: the number alone would say something else.
                var written = Written(quantity with { Unit = null });
                quantity = quantity with { Value = null, Written = $"{comparator} {written}" };
                return new QuantityRange(quantity, quantity);
        }
    }

    public QuantityRange? Range(FhirNode? node)
    {
        var (low, high) = (Quantity(node?.Find("low")), Quantity(node?.Find("high")));
        return low is null && high is null ? null : new QuantityRange(low, high);
    }

    /// <summary>A quantity in words: the number and the unit as they are written.</summary>
    public static string Written(Quantity? quantity) =>
        $"{quantity?.Value?.ToString(CultureInfo.InvariantCulture) ?? quantity?.Written} {quantity?.Unit}".Trim();

    /// <summary>Identifiers, <c>root</c> or <c>root^extension</c>; of a resource without any its <c>fullUrl</c>.</summary>
    public IReadOnlyList<string> Ids(FhirNode resource)
    {
        var ids = Bounded(resource.Of("identifier").Select(Id).OfType<string>());
        return ids.Length > 0 ? ids
            : FhirSystems.IdOf(null, bundle.AddressOf(resource)) is { } address ? [address.ToString()]
            : Kept(bundle.AddressOf(resource)) is { } url ? [url]
            : [];
    }

    public string? Id(FhirNode? identifier) =>
        identifier is not null && FhirSystems.IdOf(identifier["system"], Kept(identifier["value"])) is { } id ? Kept(id.ToString()) : null;

    /// <summary>A whole number; null when it is none.</summary>
    public static int? Whole(FhirNode? node) =>
        int.TryParse(node?.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
