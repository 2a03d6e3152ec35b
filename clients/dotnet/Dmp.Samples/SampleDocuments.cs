using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Dmp.Samples;

/// <summary>Documents for demonstrations, tests and benchmarks: made from a seed, or described from files.</summary>
public static class SampleDocuments
{
    private static readonly DateTimeOffset firstDay = new(2025, 1, 6, 8, 0, 0, TimeSpan.FromHours(1));

    /// <summary>
    /// Makes documents one by one; the same arguments give the same bytes. The kinds take turns: biology report,
    /// discharge letter, vaccination note and prescription as CDA level 3, a report as CDA level 1 with a PDF, a PDF, a
    /// JPEG, a plain text.
    /// </summary>
    public static IEnumerable<SampleDocument> Create(SamplePatient patient, SampleAuthor author, int seed, int count)
    {
        ArgumentNullException.ThrowIfNull(patient);
        ArgumentNullException.ThrowIfNull(author);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Enumerable.Range(0, count).Select(index => CreateOne(patient, author, seed, index));
    }

    /// <summary>
    /// Describes a file of any folder. A CDA document, bare or self-presenting, is described by its own header; PDF, JPEG,
    /// TIFF, RTF and text files by what can be assumed. Null when the file is none of these, empty, or over 256 MiB.
    /// </summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SampleDocument? FromFile(string path) => SampleFile.Describe(path);

    /// <summary>An OID under 2.25, the arc of UUIDs, that depends on <paramref name="identity"/> alone.</summary>
    internal static string UniqueIdOf(ReadOnlySpan<byte> identity) =>
        $"2.25.{new BigInteger(SHA256.HashData(identity).AsSpan(0, 16), isUnsigned: true, isBigEndian: true)}";

    private static SampleDocument CreateOne(SamplePatient patient, SampleAuthor author, int seed, int index)
    {
        var identity = SHA256.HashData(Encoding.UTF8.GetBytes($"{patient.Ins}|{author.ProfessionalId}|{seed}|{index}"));
        var random = new Random(BitConverter.ToInt32(identity));
        var started = firstDay.AddDays(random.Next(300)).AddMinutes(random.Next(600));
        var sample = SampleTexts.Make((SampleKind)(index % SampleTexts.KindCount), patient, author, started, random);
        var head = new DocumentHead(
            sample.TypeCode, DocumentTypes.Loinc, sample.Title, started.AddMinutes(10 + random.Next(180)), started, UniqueIdOf(identity));
        var cda = new ClinicalDocument(patient, author, head);
        var (mediaType, extension, content, format) = sample.Kind switch
        {
            SampleKind.ReportWithPdf => (
                "text/xml", "xml", cda.WithFile("application/pdf", PdfPage.Write(sample.Title, sample.Lines)),
                DocumentFormats.OfMediaType("application/pdf")),
            SampleKind.Pdf => Alone("application/pdf", "pdf", PdfPage.Write(sample.Title, sample.Lines)),
            SampleKind.Picture => Alone("image/jpeg", "jpg", JpegPicture.Write(random)),
            SampleKind.Note =>
                Alone("text/plain", "txt", Encoding.UTF8.GetBytes(string.Join("\r\n", [sample.Title, "", .. sample.Lines, ""]))),
            _ => ("text/xml", "xml", cda.WithSections(sample.Sections), DocumentFormats.OtherModel),
        };
        var fileName = string.Create(CultureInfo.InvariantCulture, $"{index + 1:000}-{sample.FileStem}.{extension}");
        return new SampleDocument(
            fileName, mediaType, content, head.TypeCode, head.TypeSystem, format.Code, format.System,
            head.Title, head.CreationTime, head.ServiceStartTime, head.UniqueId);
    }

    private static (string, string, byte[], (string Code, string System)) Alone(string mediaType, string extension, byte[] content) =>
        (mediaType, extension, content, DocumentFormats.OfMediaType(mediaType));
}
