namespace Dmp.Codes;

/// <summary>Whether a concept is for use, in the words of its publisher.</summary>
public enum ConceptStatus
{
    /// <summary>For use.</summary>
    Active = 1,

    /// <summary>For what exists; another one is meant for what is new (LOINC: DISCOURAGED).</summary>
    Discouraged = 2,

    /// <summary>Withdrawn: deprecated, deleted, or at an end.</summary>
    Retired = 3,

    /// <summary>A chapter, a block or a category: a place in the order of the list, which codes nothing by itself.</summary>
    Heading = 4,
}

/// <summary>A concept of a code list, as published.</summary>
public sealed record Concept
{
    /// <summary>Most characters of a code.</summary>
    public const int CodeLengthMax = 100;

    /// <summary>Most characters of a name.</summary>
    public const int DisplayLengthMax = 4000;

    /// <summary>The code system that the code is of, as an OID.</summary>
    public required string SystemOid { get; init; }

    /// <summary>The code as it is written in documents.</summary>
    public required string Code { get; init; }

    /// <summary>Its name: in French where the files have one.</summary>
    public required string Display { get; init; }

    /// <summary>Its name in English, beside a French one; empty otherwise.</summary>
    public string EnglishDisplay { get; init; } = "";

    public ConceptStatus Status { get; init; } = ConceptStatus.Active;

    /// <summary>From which day on it may be used; null when the files do not say.</summary>
    public DateOnly? StartDate { get; init; }

    /// <summary>The day on which it ends, from which on it is not for use; null when the files do not say.</summary>
    public DateOnly? EndDate { get; init; }

    /// <summary>Its line, row or entry in the file, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>By what it is found: see <see cref="CodeKey"/>.</summary>
    public string Key => CodeKey.Of(SystemOid, Code);
}

/// <summary>A code system or a value set (<em>nomenclature, jeu de valeurs</em>).</summary>
/// <param name="Oid">Its OID: that of the system, or of the set.</param>
/// <param name="OtherOids">Further OIDs that documents have for the same system.</param>
/// <param name="Name">As published.</param>
/// <param name="Version">As published; empty when the files do not say.</param>
/// <param name="Concepts">In the order of the files, none twice by its system, key and first day.</param>
public sealed record CodeList(
    string Oid, IReadOnlyList<string> OtherOids, string Name, string Version, IReadOnlyList<Concept> Concepts);
