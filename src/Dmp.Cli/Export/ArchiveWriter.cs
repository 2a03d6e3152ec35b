using System.IO.Compression;
using System.Security.Cryptography;

namespace Dmp.Cli.Export;

/// <summary>Writes a ZIP file, one file after the other, with the digest of each.</summary>
internal sealed class ArchiveWriter : IDisposable
{
    private readonly ZipArchive archive;
    private readonly List<ExportManifest.Entry> files = [];

    public ArchiveWriter(Stream destination) => archive = new ZipArchive(destination, ZipArchiveMode.Create, leaveOpen: true);

    public IReadOnlyList<ExportManifest.Entry> Files => files;

    /// <summary>
    /// Adds a file. Documents are not packed: most are packed already, and what is not packed can be read from its middle.
    /// </summary>
    public async Task AddAsync(string name, bool isPacked, Func<Stream, Task> write, (string Id, int Version)? document = null)
    {
        var entry = archive.CreateEntry(name, isPacked ? CompressionLevel.Optimal : CompressionLevel.NoCompression);

        // It holds what a patient keeps from others: whoever unpacks it is the only one to read it.
        entry.ExternalAttributes = unchecked((int)0x81800000);
        await using var content = await entry.OpenAsync();
        await using DigestStream digest = new(content);
        await write(digest);
        files.Add(new ExportManifest.Entry(name, digest.Length, digest.Sha256, document?.Id, document?.Version));
    }

    /// <summary>Adds the manifest, which is in none.</summary>
    public async Task FinishAsync(ExportManifest manifest, CancellationToken ct)
    {
        await using var content = await archive.CreateEntry(ExportManifest.FileName).OpenAsync(ct);
        await ExportManifest.WriteAsync(content, manifest with { Files = files }, ct);
    }

    public void Dispose() => archive.Dispose();

    /// <summary>Counts and digests what passes.</summary>
    private sealed class DigestStream(Stream inner) : Stream
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long length;

        public string Sha256 => Convert.ToHexStringLower(hash.GetCurrentHash());

        public override long Length => length;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Position
        {
            get => length;
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            inner.Write(buffer);
            hash.AppendData(buffer);
            length += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            hash.AppendData(buffer.Span);
            length += buffer.Length;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                hash.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
