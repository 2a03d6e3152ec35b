using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dmp.Storage;

/// <summary>Bytes of a blob in an object of their own: its first <paramref name="Length"/> ones, of exactly this version.</summary>
/// <param name="Name">Key below the pieces of the blob.</param>
/// <param name="ETag">As the server told it when the piece was written.</param>
/// <param name="Length">May be less than the object has: a writer that took the blob up cut it.</param>
internal sealed record S3Piece(string Name, string ETag, int Length);

/// <summary>What a blob, or the part that a writer took up, consists of.</summary>
/// <param name="Pieces">In the order of their bytes.</param>
/// <param name="Writer">Who wrote this down.</param>
internal sealed record S3Manifest(IReadOnlyList<S3Piece> Pieces, Guid Writer = default)
{
    /// <summary>More is no manifest: enough for 50,000 pieces.</summary>
    public const int BytesMax = 8 * 1024 * 1024;

    [JsonIgnore]
    public long Length => Pieces.Sum(piece => (long)piece.Length);

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, S3ManifestJson.Default.S3Manifest);

    public static S3Manifest Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (JsonSerializer.Deserialize(bytes, S3ManifestJson.Default.S3Manifest) is { Pieces: { } pieces } manifest
                && pieces.All(piece => piece is { Name: not null, ETag: not null, Length: >= 0 }))
            {
                return manifest;
            }
        }
        catch (JsonException exception)
        {
            throw new ContentUnavailableException("A manifest cannot be read.", exception);
        }

        throw new ContentUnavailableException("A manifest is incomplete.");
    }

    /// <summary>
    /// The pieces that a writer stored after what it had taken up. It may have stored the same stretch several times, longer each time,
    /// because the end of it was not full yet.
    /// </summary>
    /// <param name="start">Where the writer began.</param>
    /// <param name="written">Offset and object of each piece of that writer.</param>
    public static IEnumerable<S3Piece> Chain(long start, IEnumerable<(long Offset, S3Piece Piece)> written)
    {
        var longest = written
            .GroupBy(entry => entry.Offset)
            .ToDictionary(group => group.Key, group => group.MaxBy(entry => entry.Piece.Length).Piece);
        while (longest.TryGetValue(start, out var piece) && piece.Length > 0)
        {
            yield return piece;
            start += piece.Length;
        }
    }

    /// <summary>The first <paramref name="length"/> bytes.</summary>
    public S3Manifest Cut(long length)
    {
        List<S3Piece> kept = [];
        foreach (var piece in Pieces)
        {
            var taken = (int)Math.Min(piece.Length, length);
            if (taken == 0)
            {
                break;
            }

            kept.Add(piece with { Length = taken });
            length -= taken;
        }

        return this with { Pieces = kept };
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(S3Manifest))]
internal sealed partial class S3ManifestJson : JsonSerializerContext;
