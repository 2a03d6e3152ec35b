using System.IO.Compression;
using System.Security.Cryptography;

namespace Dmp.Storage;

/// <summary>A published file as it lies in the database: compressed (Brotli), with what it measures without that.</summary>
/// <param name="Content">Compressed.</param>
/// <param name="SizeBytes">Bytes of the file itself.</param>
/// <param name="Sha256">SHA-256 of the file itself.</param>
public sealed record PackedFile(byte[] Content, long SizeBytes, byte[] Sha256)
{
    /// <summary>Most bytes of one file; the largest published one has five million.</summary>
    public const long SizeMax = 64 * 1024 * 1024;

    /// <summary>Reads a file whole, which has some megabytes.</summary>
    /// <exception cref="InvalidDataException">It has more than <see cref="SizeMax"/>.</exception>
    public static PackedFile Of(Stream file)
    {
        using var packed = new MemoryStream();
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long size = 0;
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var buffer = new byte[81_920];
            for (int read; (read = file.Read(buffer)) > 0;)
            {
                size += read;
                if (size > SizeMax)
                {
                    throw new InvalidDataException($"A file has more than {SizeMax} bytes.");
                }

                sha256.AppendData(buffer, 0, read);
                brotli.Write(buffer, 0, read);
            }
        }

        return new PackedFile(packed.ToArray(), size, sha256.GetHashAndReset());
    }

    /// <summary>The file itself. It takes no more memory than it measured when it was packed.</summary>
    /// <exception cref="InvalidDataException">It is not what was packed.</exception>
    public Stream Open()
    {
        var plain = new byte[Math.Min(SizeBytes, SizeMax)];
        return IsWhole(plain) && SHA256.HashData(plain).AsSpan().SequenceEqual(Sha256)
            ? new MemoryStream(plain, writable: false)
            : throw new InvalidDataException("A packed file is not what was packed.");
    }

    private bool IsWhole(Span<byte> plain)
    {
        using var packed = new BrotliStream(new MemoryStream(Content), CompressionMode.Decompress);
        try
        {
            return packed.ReadAtLeast(plain, plain.Length, throwOnEndOfStream: false) == plain.Length && packed.ReadByte() < 0;
        }
        catch (Exception damaged) when (damaged is InvalidOperationException or InvalidDataException)
        {
            // Brotli's way to say that these are no bytes of its own.
            return false;
        }
    }
}
