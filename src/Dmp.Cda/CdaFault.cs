namespace Dmp.Cda;

/// <summary>What is wrong with a document. The first group makes it unreadable, the second leaves out a value.</summary>
public enum CdaFaultKind
{
    /// <summary>There are no bytes.</summary>
    Empty,

    /// <summary>The bytes are something else than XML.</summary>
    NotXml,

    /// <summary>The encoding is not one of those read here, or the bytes do not fit the one that is declared.</summary>
    Encoding,

    /// <summary>The markup breaks a rule of XML.</summary>
    NotWellFormed,

    /// <summary>The bytes end before the document does.</summary>
    Truncated,

    /// <summary>A document type declaration: no entity is ever declared, expanded or fetched.</summary>
    DocumentType,

    /// <summary>A reference to an entity that XML itself does not know.</summary>
    UndeclaredEntity,

    /// <summary>An element of XInclude.</summary>
    XInclude,

    /// <summary>A processing instruction asks a viewer to load a stylesheet from elsewhere.</summary>
    ForeignStylesheet,

    /// <summary>The root is neither a CDA document nor a stylesheet that holds one.</summary>
    WrongRoot,

    /// <summary>A stylesheet holds more than one CDA document.</summary>
    SeveralDocuments,

    /// <summary>Elements are nested too deeply.</summary>
    TooDeep,

    /// <summary>An element has too many attributes.</summary>
    TooManyAttributes,

    /// <summary>Too many different names of elements, attributes, prefixes and namespaces.</summary>
    TooManyNames,

    /// <summary>A part of the header has too many elements, or there are too many parts.</summary>
    TooManyElements,

    /// <summary>A tag, a comment, a processing instruction or a run of blanks is too long.</summary>
    MarkupTooLong,

    /// <summary>The body begins too late.</summary>
    HeaderTooLong,

    /// <summary>The document is too long.</summary>
    DocumentTooLong,

    /// <summary>Reading took too much time.</summary>
    TooSlow,

    /// <summary>An embedded file says that it is in base 64, and is not. Found only where files are asked for.</summary>
    NotBase64,

    /// <summary>A file in base 64 has another one inside of its element, so that nobody knows which bytes are whose.</summary>
    NestedFile,

    /// <summary>A part that the header must have is missing, or says that its value is unknown.</summary>
    Missing,

    /// <summary>A value does not have the form of its type.</summary>
    Malformed,

    /// <summary>A part that may occur once occurs again; the first one counts.</summary>
    Repeated,

    /// <summary>A value is too long.</summary>
    ValueTooLong,

    /// <summary>Two values contradict each other.</summary>
    Contradiction,

    /// <summary>A part of the header comes after the body.</summary>
    OutOfOrder,

    /// <summary>A value is written otherwise than the standard says, and could be read as it is meant.</summary>
    OtherForm,

    /// <summary>A time has no offset; it was taken as said by <see cref="CdaReaderOptions.TimeZone"/>.</summary>
    NoOffset,
}

/// <summary>One thing that is wrong, in words that hold nothing of what the document says.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Place">Where, as a path below <c>/ClinicalDocument</c>; <c>/</c> for the file as a whole.</param>
/// <param name="Text">A sentence. No value of the document is ever in it.</param>
public sealed record CdaFault(CdaFaultKind Kind, string Place, string Text)
{
    /// <summary>True when the document cannot be used at all; false when only the value at this place cannot.</summary>
    public bool IsRefusal => Kind < CdaFaultKind.Missing;
}
