using System.Globalization;
using System.Text;
using Dmp.Cda;

namespace Dmp.Samples;

/// <summary>Describes one file for an upload.</summary>
internal static class SampleFile
{
    private const long FileBytesMax = 256 * 1024 * 1024;

    public static SampleDocument? Describe(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new FileNotFoundException("There is no such file.", path);
        }

        if (file.Length is 0 or > FileBytesMax)
        {
            return null;
        }

        var content = File.ReadAllBytes(path);
        return ReadCda(content) is { Type: not null } cda
            ? DescribeCda(file, content, cda)
            : MediaTypeOf(file.Extension, content) is { } mediaType ? DescribeOther(file, content, mediaType) : null;
    }

    private static CdaDocument? ReadCda(byte[] content)
    {
        // Over bytes in memory the reader never waits.
        using var stream = new MemoryStream(content, writable: false);
        return CdaReader.ReadAsync(stream).GetAwaiter().GetResult().Document;
    }

    private static SampleDocument DescribeCda(FileInfo file, byte[] content, CdaDocument cda)
    {
        var metadata = CdaMetadata.From(cda);
        var (code, system) = (cda.Type!.Code, cda.Type.System);
        var known = DocumentTypes.IsPublished(code, system);
        var created = metadata.CreationTime ?? FileTime(file);
        return new SampleDocument(
            file.Name,
            metadata.MediaType,
            content,
            known ? code : DocumentTypes.Fallback,
            known ? system : DocumentTypes.Loinc,
            metadata.Format.Code,
            metadata.Format.System,
            metadata.Title ?? Path.GetFileNameWithoutExtension(file.Name),
            created,
            metadata.ServiceStartTime ?? created,
            metadata.UniqueId ?? SampleDocuments.UniqueIdOf(content))
        {
            TypeIsAssumed = !known,
            StatedTypeCode = code,
        };
    }

    private static SampleDocument DescribeOther(FileInfo file, byte[] content, string mediaType)
    {
        var format = DocumentFormats.OfMediaType(mediaType);
        var time = FileTime(file);
        // A picture without a header is most likely from imaging; of anything else only its episode is certain.
        var isPicture = mediaType.StartsWith("image/", StringComparison.Ordinal);
        return new SampleDocument(
            file.Name, mediaType, content, isPicture ? "18748-4" : DocumentTypes.Fallback, DocumentTypes.Loinc, format.Code, format.System,
            Path.GetFileNameWithoutExtension(file.Name), time, time,
            SampleDocuments.UniqueIdOf([.. Encoding.UTF8.GetBytes(file.Name), .. content]))
        {
            TypeIsAssumed = true,
        };
    }

    /// <summary>By the first bytes where they speak, by the extension for text, which has no mark.</summary>
    private static string? MediaTypeOf(string extension, ReadOnlySpan<byte> content) => content switch
    {
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', (byte)'-', ..] => "application/pdf",
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [0x49, 0x49, 0x2A, 0x00, ..] or [0x4D, 0x4D, 0x00, 0x2A, ..] => "image/tiff",
        [(byte)'{', (byte)'\\', (byte)'r', (byte)'t', (byte)'f', ..] => "text/rtf",
        _ when extension.ToLower(CultureInfo.InvariantCulture) is ".txt" && !content.Contains((byte)0) => "text/plain",
        _ => null,
    };

    /// <summary>Whole seconds, because that is what metadata carry.</summary>
    private static DateTimeOffset FileTime(FileInfo file) =>
        DateTimeOffset.FromUnixTimeSeconds(new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeSeconds());
}
