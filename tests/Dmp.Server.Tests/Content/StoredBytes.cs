using Dmp.Storage;
using Xunit;

namespace Dmp.Server.Tests.Content;

/// <summary>Whole blobs in and out of any store.</summary>
internal static class StoredBytes
{
    public static async Task<Guid> PutAsync(this IContentStore store, byte[] content, CancellationToken cancellationToken)
    {
        var blobId = Guid.CreateVersion7();
        await using var writer = await store.CreateAsync(blobId, cancellationToken);
        await writer.AppendAsync(content, cancellationToken);
        await writer.CommitAsync(cancellationToken);
        return blobId;
    }

    public static async Task<byte[]?> GetAsync(this IContentStore store, Guid blobId, CancellationToken cancellationToken)
    {
        await using var reader = await store.OpenAsync(blobId, cancellationToken);
        if (reader is null)
        {
            return null;
        }

        var content = new byte[reader.Length];
        Assert.Equal(content.Length, await reader.ReadAsync(0, content, cancellationToken));
        return content;
    }
}
