namespace Dmp.Facts.Model;

/// <summary>Something done, or to be done: an operation, an examination with pictures, a transfer (<em>acte</em>).</summary>
public sealed record ClinicalAct : Fact
{
    /// <summary>
    /// As which element it is written: <c>procedure</c> changes the patient's body or looks into it, <c>act</c> is anything else, such
    /// as a transfer, a cover, a series of pictures.
    /// </summary>
    public required string Element { get; init; }

    /// <summary>What: CCAM, LOINC, SNOMED CT.</summary>
    public Coded? Code { get; init; }

    /// <summary>When.</summary>
    public Stretch? Period { get; init; }

    /// <summary>How urgent.</summary>
    public Coded? Priority { get; init; }

    /// <summary>By which method; of pictures, the modality.</summary>
    public IReadOnlyList<Coded> Methods { get; init; } = [];

    /// <summary>Where in the body, with the side among the qualifiers.</summary>
    public IReadOnlyList<Coded> Sites { get; init; } = [];

    /// <summary>By which way into the body.</summary>
    public IReadOnlyList<Coded> Approaches { get; init; } = [];
}

/// <summary>A stay, a visit, a consultation; past, or to be.</summary>
public sealed record Encounter : Fact
{
    /// <summary>Which kind (<c>IMP</c> a stay, <c>EMER</c> a visit in an emergency department, <c>AMB</c>, …).</summary>
    public Coded? Code { get; init; }

    /// <summary>From when to when.</summary>
    public Stretch? Period { get; init; }

    /// <summary>How urgent.</summary>
    public Coded? Priority { get; init; }

    /// <summary>Where.</summary>
    public NamedOrganization? Organization { get; init; }
}

/// <summary>A device or an implant: used, supplied or prescribed (<em>dispositif médical</em>).</summary>
public sealed record Device : Fact
{
    /// <summary>What: EMDN, LPP.</summary>
    public Coded? Code { get; init; }

    /// <summary>Its model, as its manufacturer names it.</summary>
    public string? Model { get; init; }

    /// <summary>Its own identifiers, <c>root</c> or <c>root^extension</c>: a serial number, an UDI.</summary>
    public IReadOnlyList<string> DeviceIds { get; init; } = [];

    /// <summary>When it was implanted or handed out, or from when to when it is used.</summary>
    public Stretch? Period { get; init; }

    /// <summary>For how long it is to be used.</summary>
    public Quantity? Use { get; init; }

    /// <summary>How many.</summary>
    public Quantity? Supplied { get; init; }

    /// <summary>How often a prescription may be renewed.</summary>
    public int? Renewals { get; init; }
}

/// <summary>A remark of the author, on another fact or on its section (<em>commentaire</em>).</summary>
public sealed record Remark : Fact
{
    /// <summary>When it was made.</summary>
    public Stretch? Time { get; init; }
}

/// <summary>An organisation as a document names it.</summary>
/// <param name="Id"><c>root</c> or <c>root^extension</c>: FINESS mostly.</param>
/// <param name="Name">Its name.</param>
public sealed record NamedOrganization(string? Id, string? Name);
