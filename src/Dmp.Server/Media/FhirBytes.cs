using Dmp.Fhir;
using Dmp.Storage;

namespace Dmp.Server.Media;

/// <summary>The bytes of a FHIR document, which is read as a whole.</summary>
internal static class FhirBytes
{
    /// <summary>Most bytes. Published documents have 260 KB at the most; one with a scan inside has some megabytes.</summary>
    public const int Max = 16 * 1024 * 1024;

    /// <summary>Larger ones are read a few at a time.</summary>
    public const int SmallMax = 256 * 1024;

    /// <summary>The headers of so many large ones are read at once; each takes some ten times its bytes.</summary>
    public const int LargeAtOnce = 2;

    public static FhirReaderOptions Options(TimeProvider time) => new()
    {
        DocumentBytesMax = Max,
        TimeMax = TimeSpan.FromSeconds(20),
        Time = time,
    };

    /// <summary>All bytes. The caller has seen that they are not too many.</summary>
    public static async Task<ReadOnlyMemory<byte>> TakeAsync(IContentReader reader, CancellationToken ct)
    {
        await using var stream = new ContentStream(reader, Max);
        var bytes = new byte[reader.Length];
        await stream.ReadExactlyAsync(bytes, ct);
        return bytes;
    }
}
