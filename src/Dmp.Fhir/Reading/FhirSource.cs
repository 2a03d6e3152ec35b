namespace Dmp.Fhir.Reading;

/// <summary>Takes the bytes of a document, and makes its tree.</summary>
internal static class FhirSource
{
    private const int PieceBytes = 64 * 1024;

    /// <summary>All bytes of a stream, or a piece more than the limit: then whoever reads them refuses them.</summary>
    public static async Task<ReadOnlyMemory<byte>> TakeAsync(
        Stream content, FhirReaderOptions options, CancellationToken cancellationToken)
    {
        using var taken = new MemoryStream(
            content.CanSeek ? (int)Math.Clamp(content.Length - content.Position, 0, options.DocumentBytesMax) : 0);
        var piece = new byte[PieceBytes];
        int read;
        while (taken.Length <= options.DocumentBytesMax && (read = await content.ReadAsync(piece, cancellationToken)) > 0)
        {
            taken.Write(piece, 0, read);
        }

        return taken.TryGetBuffer(out var buffer) ? buffer : taken.ToArray();
    }

    /// <summary>The tree of a document.</summary>
    public static (FhirNode Root, FhirFormat Format) Tree(
        ReadOnlyMemory<byte> bytes, FhirReaderOptions options, TreeBudget budget)
    {
        var (format, names) = (FormatOf(bytes), new NameTable(options));
        if (format == FhirFormat.Json)
        {
            return (new JsonTree(options, budget, names).Read(Unmarked(bytes).Span), format);
        }

        using var stream = Stream(bytes);
        return (new XmlTree(options, budget, names).Read(stream), format);
    }

    /// <summary>By the first byte that is no blank, and never by a name.</summary>
    /// <exception cref="FhirRefusedException">The bytes begin as neither.</exception>
    public static FhirFormat FormatOf(ReadOnlyMemory<byte> bytes)
    {
        var trimmed = Unmarked(bytes).Span.TrimStart(" \t\r\n"u8);
        if (trimmed.IsEmpty)
        {
            throw new FhirRefusedException(FhirFaultKind.Empty, "Bundle", "There are no bytes.");
        }

        if (trimmed[0] == (byte)'{')
        {
            return FhirFormat.Json;
        }

        if (trimmed[0] == (byte)'<' || IsXmlOfTwoBytes(bytes.Span))
        {
            return FhirFormat.Xml;
        }

        throw IsOfTwoBytes(bytes.Span)
            ? new FhirRefusedException(FhirFaultKind.Encoding, "Bundle", "The bytes are UTF-16 or UTF-32; JSON is read in UTF-8 only.")
            : new FhirRefusedException(FhirFaultKind.UnknownFormat, "Bundle", "The document begins as neither JSON nor XML.");
    }

    /// <summary>Without the mark of UTF-8.</summary>
    public static ReadOnlyMemory<byte> Unmarked(ReadOnlyMemory<byte> bytes) => bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;

    public static MemoryStream Stream(ReadOnlyMemory<byte> bytes) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);

    private static bool IsOfTwoBytes(ReadOnlySpan<byte> bytes) =>
        bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [0, _, ..] or [_, 0, ..];

    private static bool IsXmlOfTwoBytes(ReadOnlySpan<byte> bytes) =>
        bytes is [0xFF, 0xFE, (byte)'<', 0, ..] or [0xFE, 0xFF, 0, (byte)'<', ..] or [(byte)'<', 0, ..] or [0, (byte)'<', ..];
}
