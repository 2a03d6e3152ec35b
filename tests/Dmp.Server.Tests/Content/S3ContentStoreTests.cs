using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Dmp.Server.Tests.Content;

public sealed class S3ContentStoreTests(S3Server server) : ContentStoreTests, IAsyncLifetime
{
    private S3Options options = new();
    private S3ContentStore? store;

    private protected override IContentStore Store => S3;

    private S3ContentStore S3 => store ?? throw new InvalidOperationException("The store is not open.");

    public async ValueTask InitializeAsync()
    {
        options = await server.OptionsAsync();
        store = Open(options);
    }

    public ValueTask DisposeAsync()
    {
        store?.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static S3ContentStore Open(S3Options options) => new(
        Microsoft.Extensions.Options.Options.Create(new ContentOptions { Directory = "unused", S3 = options }),
        TimeProvider.System,
        NullLogger<S3ContentStore>.Instance);

    private protected override async Task<IReadOnlyList<string>> ListEverythingAsync() =>
        [.. (await server.ObjectsAsync(options)).Select(item => item.Key[options.Prefix.Length..]).Where(key => key != "check")];
}
