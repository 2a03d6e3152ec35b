namespace Dmp.Cda;

/// <summary>A file that a document carries.</summary>
/// <param name="Place">Element that holds it, by name and number among the files of the document.</param>
/// <param name="MediaType">Media type that the document gives it, in lower case; null when it gives none.</param>
/// <param name="IsBody">It is the body of the document (level 1); false for a value or picture among sections.</param>
public sealed record CdaFile(string Place, string? MediaType, bool IsBody)
{
    /// <summary>It stands there as text, in no base 64: its bytes are those of the text in UTF-8.</summary>
    public bool IsText { get; init; }

    /// <summary>How the document says that it packed the bytes, such as <c>DF</c> or <c>GZ</c>; null when it did not. Nothing is
    /// unpacked.</summary>
    public string? Compression { get; init; }

    /// <summary>It has no bytes: the document only says where they are.</summary>
    public bool IsElsewhere { get; init; }
}

/// <summary>The next bytes of a file, decoded.</summary>
/// <param name="File">Which file.</param>
/// <param name="Bytes">Bytes that follow those before; valid until the receiver returns. May be empty.</param>
/// <param name="IsLast">The file ends with them.</param>
public readonly record struct CdaFilePart(CdaFile File, ReadOnlyMemory<byte> Bytes, bool IsLast);
