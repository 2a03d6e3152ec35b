namespace Dmp.Fhir;

/// <summary>What is wrong with a document. The first group makes it unreadable, the second leaves out a value or tells an oddity.</summary>
public enum FhirFaultKind
{
    /// <summary>There are no bytes.</summary>
    Empty,

    /// <summary>The bytes begin as neither JSON nor XML.</summary>
    UnknownFormat,

    /// <summary>JSON in another encoding than UTF-8 (RFC 8259, 8.1), or bytes that are no characters of the encoding.</summary>
    Encoding,

    /// <summary>The text breaks a rule of JSON or XML.</summary>
    NotWellFormed,

    /// <summary>The bytes end before the document does.</summary>
    Truncated,

    /// <summary>A document type declaration of XML: no entity is ever declared, expanded or fetched.</summary>
    DocumentType,

    /// <summary>A processing instruction of XML asks a viewer to load a stylesheet.</summary>
    Stylesheet,

    /// <summary>A JSON object has a name twice: each software would take another of the values.</summary>
    RepeatedName,

    /// <summary>
    /// What decides whose document it is and what it is stands there twice, or in two entries of one address: each software would take
    /// another one.
    /// </summary>
    Repeated,

    /// <summary>The root is no <c>Bundle</c> of FHIR.</summary>
    WrongRoot,

    /// <summary>The bundle is of another type than <c>document</c>.</summary>
    NotADocument,

    /// <summary>The bundle holds no <c>Composition</c> that can be read.</summary>
    NoComposition,

    /// <summary>The bundle or its composition has elements of another release than R4.</summary>
    OtherRelease,

    /// <summary>Elements are nested too deeply.</summary>
    TooDeep,

    /// <summary>The document is too long.</summary>
    DocumentTooLong,

    /// <summary>Too many different names of elements.</summary>
    TooManyNames,

    /// <summary>Reading took too much time.</summary>
    TooSlow,

    /// <summary>A part that a document must have is missing.</summary>
    Missing,

    /// <summary>A value does not have the form of its type.</summary>
    Malformed,

    /// <summary>Two entries have one address; references lead to the first one.</summary>
    RepeatedAddress,

    /// <summary>A value is too long and was left out.</summary>
    ValueTooLong,

    /// <summary>Two values contradict each other.</summary>
    Contradiction,

    /// <summary>The composition is not the first entry.</summary>
    OutOfOrder,

    /// <summary>A reference leads to nothing in the bundle. Nothing is ever fetched.</summary>
    Unresolved,

    /// <summary>Resources hold each other in a circle.</summary>
    Cyclic,

    /// <summary>
    /// A resource holds a resource that holds another one (FHIR forbids it: References, Contained Resources). The inner one is not read.
    /// </summary>
    NestedContained,

    /// <summary>The composition says of itself that it was entered in error.</summary>
    EnteredInError,

    /// <summary>An entry was passed over: too large, one too many, or without a resource.</summary>
    PassedOver,

    /// <summary>A resource has a modifier extension or implicit rules, which may turn its meaning round, and was passed over.</summary>
    Modified,

    /// <summary>An entry has elements of another release than R4, and was passed over.</summary>
    EntryOfOtherRelease,
}

/// <summary>One thing that is wrong, in words that hold nothing of what the document says.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Path">Where, as in FHIRPath: <c>Bundle.entry[3].resource.subject</c>; numbers count from 0.</param>
/// <param name="Text">A sentence. No value of the document is ever in it.</param>
public sealed record FhirFault(FhirFaultKind Kind, string Path, string Text)
{
    /// <summary>True when the document cannot be used at all; false when only the value at this place cannot.</summary>
    public bool IsRefusal => Kind < FhirFaultKind.Missing;
}
