using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Dmp.Storage;

/// <summary>
/// Blobs as files: <c>incoming/&lt;id&gt;.part</c> while they are written, <c>blobs/ab/cd/&lt;id&gt;</c> afterwards.
/// <c>ab</c> and <c>cd</c> are the last bytes of the UUID: the front of a UUIDv7 is the clock and would put all files of
/// one time into one directory. Both folders must be on one file system, because the commit is a rename.
/// </summary>
public sealed class DiskContentStore : IContentStore
{
    private const string PartExtension = ".part";
    private const int LeafCount = 256 * 256;

    private readonly string incoming;
    private readonly string blobs;

    // Leaves whose own directory entries are known to be durable; saves two flushes on every commit but the first of a
    // leaf. A lost update costs one flush more, so no lock is needed.
    private readonly bool[] durableLeaves = new bool[LeafCount];

    public DiskContentStore(IOptions<ContentOptions> options)
    {
        var root = Path.GetFullPath(options.Value.Directory);
        incoming = Path.Combine(root, "incoming");
        blobs = Path.Combine(root, "blobs");
        // Only the service user reads documents. The folders are made at start, so that a wrong path stops the server
        // instead of the first upload.
        CreatePrivateDirectory(incoming);
        CreatePrivateDirectory(blobs);
        DirectorySync.Flush(root);
    }

    public Task<IContentWriter> CreateAsync(Guid blobId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var partPath = PartPath(blobId);
        try
        {
            // FileShare.None also takes the advisory lock by which others know a living writer.
            var handle = File.OpenHandle(partPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            return Task.FromResult<IContentWriter>(new DiskContentWriter(this, blobId, partPath, handle));
        }
        catch (IOException) when (File.Exists(partPath))
        {
            throw new InvalidOperationException("A blob is created once; this one has a writer or a part that was left.");
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            throw new ContentUnavailableException("The content store cannot start a blob.", exception);
        }
    }

    public Task<IContentWriter?> ResumeAsync(Guid blobId, int unit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var partPath = PartPath(blobId);
        SafeFileHandle? handle = null;
        try
        {
            RequireRoot();
            handle = File.OpenHandle(partPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            var length = RandomAccess.GetLength(handle) / unit * unit;
            RandomAccess.SetLength(handle, length);
            return Task.FromResult<IContentWriter?>(new DiskContentWriter(this, blobId, partPath, handle, length));
        }
        catch (FileNotFoundException)
        {
            return Task.FromResult<IContentWriter?>(null);
        }
        catch (IOException exception) when (handle is null && exception is not DirectoryNotFoundException && File.Exists(partPath))
        {
            throw new ContentInUseException(exception);
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            handle?.Dispose();
            throw new ContentUnavailableException("The content store cannot take up a part.", exception);
        }
    }

    public Task<IContentReader?> OpenAsync(Guid blobId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var handle = File.OpenHandle(
                BlobPath(blobId), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
            return Task.FromResult<IContentReader?>(new DiskContentReader(handle));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return Directory.Exists(blobs)
                ? Task.FromResult<IContentReader?>(null)
                : throw new ContentUnavailableException("The content directory is not there.", exception);
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            throw new ContentUnavailableException("The content store cannot open a blob.", exception);
        }
    }

    public Task DeleteAsync(Guid blobId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            RequireRoot();
            // Not flushed: a deletion that a power cut undoes is done again by the sweep.
            File.Delete(BlobPath(blobId));
            return Task.CompletedTask;
        }
        catch (DirectoryNotFoundException) when (Directory.Exists(blobs))
        {
            return Task.CompletedTask;
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            throw new ContentUnavailableException("The content store cannot delete a blob.", exception);
        }
    }

    public Task DeletePartAsync(Guid blobId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TryDeletePart(PartPath(blobId));
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<StoredContent> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Listing is synchronous in the runtime; the first await moves it off the caller's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var files = OpenListing(blobs, recurse: true);
        while (MoveNext(files))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Guid.TryParseExact(files.Current.Name, "D", out var blobId))
            {
                yield return new StoredContent(blobId, files.Current.LastWriteTimeUtc);
            }
        }
    }

    public async Task<int> DeleteAbandonedAsync(DateTimeOffset lastWriteBefore, CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var deleted = 0;
        using var files = OpenListing(incoming, recurse: false);
        while (MoveNext(files))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = files.Current;
            if (part.Extension == PartExtension && part.LastWriteTimeUtc < lastWriteBefore.UtcDateTime && TryDeletePart(part.FullName))
            {
                deleted++;
            }
        }

        return deleted;
    }

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            RequireRoot();
        }
        catch (DirectoryNotFoundException missing)
        {
            throw new ContentUnavailableException("The content store is not there.", missing);
        }

        await using var writer = await CreateAsync(Guid.NewGuid(), cancellationToken);
        try
        {
            // A byte needs a block of its own, and a flush a disk that takes it: an empty file would be made on a full one, too.
            await writer.AppendAsync(new byte[1], cancellationToken);
            await writer.FlushAsync(cancellationToken);
        }
        finally
        {
            await writer.DiscardAsync(CancellationToken.None);
        }
    }

    /// <summary>Moves a flushed part into place and makes the new name durable.</summary>
    internal void Publish(Guid blobId, string partPath)
    {
        var (first, second) = FanOut(blobId);
        var parent = Path.Combine(blobs, first.ToString("x2"));
        var leaf = Path.Combine(parent, second.ToString("x2"));
        ref var leafIsDurable = ref durableLeaves[(first << 8) | second];
        if (!leafIsDurable)
        {
            RequireRoot();
            CreatePrivateDirectory(leaf);
            DirectorySync.Flush(blobs);
            DirectorySync.Flush(parent);
            leafIsDurable = true;
        }

        try
        {
            File.Move(partPath, Path.Combine(leaf, FileName(blobId)), overwrite: false);
            DirectorySync.Flush(leaf);
        }
        catch (IOException)
        {
            // Somebody may have removed the directory under us: the next commit looks again.
            leafIsDurable = false;
            throw;
        }
    }

    /// <summary>Where the blob of an id lies.</summary>
    internal string BlobPath(Guid blobId)
    {
        var (first, second) = FanOut(blobId);
        return Path.Combine(blobs, first.ToString("x2"), second.ToString("x2"), FileName(blobId));
    }

    /// <summary>
    /// A missing root is a missing disk. It must not be made again at run time, where every document of the real one
    /// would look as if it had never been.
    /// </summary>
    private void RequireRoot()
    {
        if (!Directory.Exists(blobs))
        {
            throw new DirectoryNotFoundException("The content directory is not there.");
        }
    }

    private string PartPath(Guid blobId) => Path.Combine(incoming, FileName(blobId) + PartExtension);

    private static string FileName(Guid blobId) => blobId.ToString("D");

    private static (byte First, byte Second) FanOut(Guid blobId)
    {
        Span<byte> bytes = stackalloc byte[16];
        blobId.TryWriteBytes(bytes, bigEndian: true, out _);
        return (bytes[14], bytes[15]);
    }

    private static void CreatePrivateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static IEnumerator<FileInfo> OpenListing(string directory, bool recurse)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = recurse, MaxRecursionDepth = 2, IgnoreInaccessible = false };
        return Listing(() => new DirectoryInfo(directory).EnumerateFiles("*", options).GetEnumerator());
    }

    private static bool MoveNext(IEnumerator<FileInfo> files) => Listing(files.MoveNext);

    private static T Listing<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            throw new ContentUnavailableException("The content store cannot be listed.", exception);
        }
    }

    private static bool TryDeletePart(string partPath)
    {
        try
        {
            using (File.OpenHandle(partPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                File.Delete(partPath);
            }

            return true;
        }
        catch (FileNotFoundException)
        {
            // Its writer finished between the listing and now.
            return false;
        }
        catch (IOException exception) when (exception is not DirectoryNotFoundException && File.Exists(partPath))
        {
            // Locked: a writer still holds it, however long it has been silent. A real disk error is met by the next sweep
            // again and by every writer.
            return false;
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            throw new ContentUnavailableException("The content store cannot remove an abandoned part.", exception);
        }
    }
}
