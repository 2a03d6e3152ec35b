using Dmp.Server.Content;
using Dmp.Server.Options;
using Xunit;

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

    public async Task<Guid> PutAsync(byte[] content, CancellationToken cancellationToken)
    {
        var contentId = Guid.CreateVersion7();
        await using var writer = await Store.CreateAsync(contentId, cancellationToken);
        await writer.AppendAsync(content, cancellationToken);
        await writer.CommitAsync(cancellationToken);
        return contentId;
    }

    public async Task<byte[]?> GetAsync(Guid contentId, CancellationToken cancellationToken)
    {
        await using var reader = await Store.OpenAsync(contentId, cancellationToken);
        if (reader is null)
        {
            return null;
        }

        var content = new byte[reader.Length];
        Assert.Equal(content.Length, await reader.ReadAsync(0, content, cancellationToken));
        return content;
    }

    public void Dispose()
    {
        if (directory.Exists)
        {
            directory.Delete(recursive: true);
        }
    }
}
