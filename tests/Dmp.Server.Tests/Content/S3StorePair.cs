using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Dmp.Server.Tests.Content;

/// <summary>Two servers' stores over one bucket, which know nothing of each other's writers; pieces are small.</summary>
public abstract class S3StorePair(S3Server server) : IAsyncLifetime
{
    protected const int Piece = 1000;

    private S3ContentStore? one;
    private S3ContentStore? two;

    private protected S3Options Options { get; private set; } = new();

    private protected S3Server Server => server;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected S3ContentStore One => one ?? throw new InvalidOperationException("The store is not open.");

    private protected S3ContentStore Two => two ?? throw new InvalidOperationException("The store is not open.");

    public async ValueTask InitializeAsync()
    {
        Options = await server.OptionsAsync();
        (one, two) = (Open(), Open());
    }

    public ValueTask DisposeAsync()
    {
        one?.Dispose();
        two?.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    protected static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i * 7 + i / 251))];

    private protected S3ContentStore Open() => Open(Options);

    private protected static S3ContentStore Open(S3Options options, TimeProvider? time = null) => new(
        Microsoft.Extensions.Options.Options.Create(new ContentOptions { Directory = "unused", S3 = options }),
        time ?? TimeProvider.System,
        NullLogger<S3ContentStore>.Instance)
    { PieceBytes = Piece, FlushedPieceBytes = 250 };

    protected async Task<List<string>> KeysAsync() =>
        [.. (await server.ObjectsAsync(Options)).Select(item => item.Key[Options.Prefix.Length..])];
}
