namespace Dmp.Cda;

/// <summary>A file that a document carries in base 64.</summary>
/// <param name="Place">Element that holds it, by name and number among such elements of the document.</param>
/// <param name="MediaType">Media type that the document gives it, in lower case; null when it gives none.</param>
/// <param name="IsBody">It is the body of the document (level 1); false for a value or picture among sections.</param>
public sealed record CdaFile(string Place, string? MediaType, bool IsBody);

/// <summary>The next bytes of a file, decoded.</summary>
/// <param name="File">Which file.</param>
/// <param name="Bytes">Bytes that follow those before; valid until the receiver returns. May be empty.</param>
/// <param name="IsLast">The file ends with them.</param>
public readonly record struct CdaFilePart(CdaFile File, ReadOnlyMemory<byte> Bytes, bool IsLast);
