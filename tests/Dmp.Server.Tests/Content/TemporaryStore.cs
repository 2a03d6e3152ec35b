using Dmp.Storage;

namespace Dmp.Server.Tests.Content;

/// <summary>A disk store in its own temporary directory, removed at the end.</summary>
internal sealed class TemporaryStore : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmp-content-");

    public TemporaryStore()
    {
        Options = new ContentOptions { Directory = directory.FullName };
        Store = new DiskContentStore(Microsoft.Extensions.Options.Options.Create(Options));
    }

    public ContentOptions Options { get; init; }

    public DiskContentStore Store { get; }

    public string Root => directory.FullName;

    public string Incoming => Path.Combine(Root, "incoming");

    public IEnumerable<string> Files => Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories);

    public Task<Guid> PutAsync(byte[] content, CancellationToken cancellationToken) => Store.PutAsync(content, cancellationToken);

    public Task<byte[]?> GetAsync(Guid contentId, CancellationToken cancellationToken) => Store.GetAsync(contentId, cancellationToken);

    public void Dispose()
    {
        if (directory.Exists)
        {
            directory.Delete(recursive: true);
        }
    }
}
