namespace Dmp.Facts.Model;

/// <summary>A coded value as a document has it, or the reason why it has none.</summary>
/// <param name="Code">The code; null when there is none.</param>
/// <param name="System">The OID of its code system.</param>
/// <param name="Display">The words of the code, as the document has them.</param>
/// <param name="Text">The words of the author, from the narrative, which may say something else.</param>
/// <param name="NullFlavor">Why there is no code, as HL7 writes it (<c>NA</c>, <c>UNK</c>, <c>OTH</c>, …).</param>
public sealed record Coded(string? Code, string? System, string? Display, string? Text, string? NullFlavor)
{
    /// <summary>The same in other code systems, as the document says: an act by LOINC and by CCAM.</summary>
    public IReadOnlyList<Coded> Translations { get; init; } = [];

    /// <summary>What narrows it down, such as the side.</summary>
    public IReadOnlyList<CodeQualifier> Qualifiers { get; init; } = [];
}

/// <summary>What narrows a code down.</summary>
/// <param name="Name">In which respect, such as "laterality"; null when that is not said.</param>
/// <param name="Value">To what, such as "left".</param>
public sealed record CodeQualifier(Coded? Name, Coded Value);

/// <summary>A quantity as written.</summary>
/// <param name="Value">The number; null when it is none, or not stated.</param>
/// <param name="Unit">The unit as written: UCUM, a form in braces, or a code of the EDQM.</param>
/// <param name="Written">What was written where a number was expected, when it is none.</param>
/// <param name="NullFlavor">Why there is no value.</param>
public sealed record Quantity(decimal? Value, string? Unit, string? Written, string? NullFlavor)
{
    /// <summary>As the end of a range: the range comes up to it and does not hold it ("below 5").</summary>
    public bool IsExclusive { get; init; }

    /// <summary>The same in other units, as the document says.</summary>
    public IReadOnlyList<Quantity> Translations { get; init; } = [];
}

/// <summary>From one quantity to another; both are the same when one was stated.</summary>
public sealed record QuantityRange(Quantity? Low, Quantity? High)
{
    /// <summary>One quantity was stated. A document may write the same number as both ends, which is a range.</summary>
    public bool IsSingle => Low is not null && ReferenceEquals(Low, High);
}

/// <summary>A point in time as written.</summary>
/// <param name="Time">Read; null when what was written is no time.</param>
/// <param name="Written">As written.</param>
/// <param name="NullFlavor">Why there is none.</param>
public sealed record Moment(Cda.CdaTime? Time, string? Written, string? NullFlavor);

/// <summary>A stretch of time as written: any of its parts may be missing, and no part is computed from the others.</summary>
/// <param name="Low">Its beginning.</param>
/// <param name="High">Its end.</param>
/// <param name="Width">How long.</param>
public sealed record Stretch(Moment? Low, Moment? High, Quantity? Width)
{
    /// <summary>One point in time was stated.</summary>
    public bool IsSingle => Low is not null && ReferenceEquals(Low, High);
}
