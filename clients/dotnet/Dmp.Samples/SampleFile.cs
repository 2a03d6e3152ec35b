using System.Globalization;
using System.Text;

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
        return CdaHeader.Read(content) is { } header
            ? DescribeCda(file, content, header)
            : MediaTypeOf(file.Extension, content) is { } mediaType ? DescribeOther(file, content, mediaType) : null;
    }

    private static SampleDocument DescribeCda(FileInfo file, byte[] content, CdaHeader header)
    {
        var known = DocumentTypes.IsPublished(header.TypeCode, header.TypeSystem);
        var format = header.BodyMediaType is null
            ? DocumentFormats.OfTemplates(header.TemplateIds)
            : DocumentFormats.OfMediaType(header.BodyMediaType);
        var created = header.CreationTime ?? FileTime(file);
        return new SampleDocument(
            file.Name,
            header.SelfPresenting ? "application/xslt+xml" : "text/xml",
            content,
            known ? header.TypeCode! : DocumentTypes.Fallback,
            known ? header.TypeSystem! : DocumentTypes.Loinc,
            format.Code,
            format.System,
            string.IsNullOrWhiteSpace(header.Title) ? Path.GetFileNameWithoutExtension(file.Name) : header.Title,
            created,
            header.ServiceStartTime ?? created,
            header.UniqueId ?? SampleDocuments.UniqueIdOf(content))
        {
            TypeIsAssumed = !known,
            StatedTypeCode = header.TypeCode,
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
            Path.GetFileNameWithoutExtension(file.Name), time, time, SampleDocuments.UniqueIdOf([.. Encoding.UTF8.GetBytes(file.Name), .. content]))
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
