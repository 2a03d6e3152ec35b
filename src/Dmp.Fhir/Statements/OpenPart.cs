using Dmp.Facts.Model;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>A section of the composition.</summary>
internal sealed class DocumentSection(string? code, string title)
{
    /// <summary>Of what no section refers to.</summary>
    public static readonly DocumentSection nowhere = new(null, "");

    /// <summary>LOINC; null when it has none.</summary>
    public string? Code => code;

    public string Title => title;

    /// <summary>Who states it, where the section or one around it says so.</summary>
    public FactAuthor? Author { get; init; }

    /// <summary>Where its entries lead to, in order.</summary>
    public List<FhirNode> Targets { get; } = [];
}

/// <summary>What holds for a statement by what it stands in.</summary>
internal sealed record OpenPart(DocumentSection Section)
{
    /// <summary>The place of the fact that it is a part of.</summary>
    public int? Within { get; init; }

    /// <summary>How it belongs to that one, as HL7 version 3 writes it.</summary>
    public string? Relation { get; init; }

    /// <summary>The batteries, the outermost first.</summary>
    public IReadOnlyList<Coded> Panels { get; init; } = [];

    /// <summary>The time of the nearest of these.</summary>
    public Stretch? PanelTime { get; init; }

    /// <summary>What was examined, where a statement does not say it itself: of what it stands in.</summary>
    public Coded? Specimen { get; init; }
}
