namespace Dmp.Server.Media;

/// <summary>Why content is refused, whatever its media type says.</summary>
internal enum MediaFaultKind
{
    /// <summary>The PDF is encrypted, with or without a password to open it.</summary>
    PdfEncrypted,

    /// <summary>The PDF bears scripts, actions on the reader's machine, or files.</summary>
    PdfActive,

    /// <summary>A part of the PDF cannot be looked into.</summary>
    PdfUnreadable,

    /// <summary>The DICOM file breaks a rule of its format.</summary>
    DicomMalformed,

    /// <summary>The DICOM file is no Key Object Selection, or is encoded in a way that is not accepted.</summary>
    DicomNotAccepted,

    /// <summary>The bytes are a file of another kind as well.</summary>
    Ambiguous,

    /// <summary>No viewer shows it: it is cut off, or of this kind by its first bytes only.</summary>
    Damaged,

    /// <summary>The text bears what acts, or carries files.</summary>
    RtfActive,

    /// <summary>The file inside of a document is not what the document says, or may not be there.</summary>
    EmbeddedFile,

    /// <summary>A narrative bears what acts in a browser.</summary>
    NarrativeActive,
}

/// <summary>One reason to refuse content, in words that hold nothing of it.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Text">A sentence; for <see cref="MediaFaultKind.PdfActive"/> the kinds of what was found.</param>
internal sealed record MediaFault(MediaFaultKind Kind, string Text);
