using System.Diagnostics;
using Amazon.S3.Model;
using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Dmp.Server.Tests.Content;

/// <summary>A bad line, a server that cannot, a bucket that is gone, objects that somebody else touched.</summary>
public sealed class S3FaultTests(S3Server server) : IAsyncLifetime
{
    private S3Options direct = new();
    private S3Options throughProxy = new();
    private S3Proxy? proxy;
    private S3ContentStore? good;
    private S3ContentStore? shaky;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Proxy Line => proxy ?? throw NotReady();

    /// <summary>Past the bad line.</summary>
    private S3ContentStore Good => good ?? throw NotReady();

    private S3ContentStore Shaky => shaky ?? throw NotReady();

    public async ValueTask InitializeAsync()
    {
        direct = await server.OptionsAsync();
        proxy = new S3Proxy(server.Port);
        throughProxy = direct with { Endpoint = proxy.Endpoint, Timeout = TimeSpan.FromMilliseconds(700), Retries = 2 };
        good = S3ContentStoreTests.Open(direct);
        shaky = S3ContentStoreTests.Open(throughProxy);
    }

    public async ValueTask DisposeAsync()
    {
        good?.Dispose();
        shaky?.Dispose();
        if (proxy is not null)
        {
            await proxy.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(LineFault.Refuse)]
    [InlineData(LineFault.Busy)]
    [InlineData(LineFault.Unread)]
    [InlineData(LineFault.Stall)]
    [InlineData(LineFault.CutRequest)]
    [InlineData(LineFault.CutAnswer)]
    internal async Task A_line_that_stays_bad_makes_everything_unavailable_in_time(LineFault fault)
    {
        var blobId = await Good.PutAsync(new byte[1000], Token);
        var left = Guid.CreateVersion7();
        await using (var writer = await Good.CreateAsync(left, Token))
        {
            await writer.AppendAsync(new byte[10], Token);
        }

        using var store = S3ContentStoreTests.Open(throughProxy with { Timeout = TimeSpan.FromMilliseconds(300), Retries = 1 });
        await using var reader = new S3ContentReader(store.Bucket, [new S3Extent(store.BlobKey(blobId), "any", 1000)]);
        Line.Set(fault, bytes: 100);
        var begin = Stopwatch.GetTimestamp();
        await RequireUnavailableAsync(store, blobId, left);
        await Assert.ThrowsAsync<ContentUnavailableException>(() => reader.ReadAsync(0, new byte[1000], Token).AsTask());

        // Eight calls with two attempts each, and a pause of a second at most between them.
        Assert.InRange(Stopwatch.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.FromSeconds(8 * (2 * 0.3 + 1) + 5));
        Assert.True(Line.Hits >= 8, $"Only {Line.Hits} connections met the fault.");

        Line.Set(LineFault.None);
        Assert.Equal(new byte[1000], await Shaky.GetAsync(blobId, Token));
        await using var next = await Shaky.ResumeAsync(left, 1, Token);
        Assert.Equal(10, next!.Length);
    }

    [Theory]
    [InlineData(LineFault.Refuse, 0)]
    [InlineData(LineFault.Busy, 0)]
    [InlineData(LineFault.Unread, 0)]
    [InlineData(LineFault.Stall, 0)]
    [InlineData(LineFault.CutRequest, 200)]
    [InlineData(LineFault.CutRequest, 300_000)]
    [InlineData(LineFault.CutAnswer, 0)]
    [InlineData(LineFault.CutAnswer, 40)]
    internal async Task One_bad_moment_in_a_commit_is_nothing(LineFault fault, int bytes)
    {
        var content = Enumerable.Range(0, 500_000).Select(i => (byte)i).ToArray();
        var blobId = Guid.CreateVersion7();
        await using var writer = await Shaky.CreateAsync(blobId, Token);
        await writer.AppendAsync(content, Token);
        Line.Set(fault, bytes, connections: 1);

        // With a lost answer the server has the object, and refuses the second attempt: the store knows its own.
        await writer.CommitAsync(Token);

        Assert.Equal(1, Line.Hits);
        Assert.Equal(content, await Good.GetAsync(blobId, Token));
    }

    [Theory]
    [InlineData(LineFault.CutAnswer, 5_000)]
    [InlineData(LineFault.CutAnswer, 400_000)]
    [InlineData(LineFault.Stall, 0)]
    internal async Task A_download_that_breaks_off_goes_on_where_it_was(LineFault fault, int bytes)
    {
        var content = Enumerable.Range(0, 900_000).Select(i => (byte)(i / 3)).ToArray();
        var blobId = await Good.PutAsync(content, Token);
        await using var reader = await Shaky.OpenAsync(blobId, Token);
        Line.Set(fault, bytes, connections: 2);
        var read = new byte[content.Length];
        Assert.Equal(read.Length, await reader!.ReadAsync(0, read, Token));
        Assert.Equal(content, read);
        Assert.Equal(2, Line.Hits);
    }

    [Fact]
    public async Task Bytes_that_change_on_the_way_are_refused_by_the_server()
    {
        var blobId = Guid.CreateVersion7();
        await using var writer = await Shaky.CreateAsync(blobId, Token);
        await writer.AppendAsync(new byte[500_000], Token);
        Line.Set(LineFault.FlipRequest, bytes: 250_000);
        await Assert.ThrowsAsync<ContentUnavailableException>(() => writer.CommitAsync(Token));
        Assert.True(Line.Hits > 0);
        Line.Set(LineFault.None);
        Assert.Null(await Good.OpenAsync(blobId, Token));
        Assert.Empty(await server.ObjectsAsync(direct));
    }

    [Fact]
    public async Task A_caller_that_leaves_in_a_slow_request_loses_nothing_that_was_appended()
    {
        using var store = new S3ContentStore(
            Microsoft.Extensions.Options.Options.Create(
                new ContentOptions { Directory = "unused", S3 = throughProxy with { Timeout = TimeSpan.FromSeconds(30) } }),
            TimeProvider.System,
            NullLogger<S3ContentStore>.Instance)
        { PieceBytes = 1000 };
        var blobId = Guid.CreateVersion7();
        await using (var writer = await store.CreateAsync(blobId, Token))
        {
            await writer.AppendAsync(new byte[900], Token);
            Line.Set(LineFault.Stall);
            using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
            leaving.CancelAfter(TimeSpan.FromMilliseconds(300));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer.AppendAsync(new byte[200], leaving.Token).AsTask());
            await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CommitAsync(Token));
            Line.Set(LineFault.None);
        }

        await using var next = await store.ResumeAsync(blobId, 1, Token);
        Assert.Equal(1000, next!.Length);
    }

    [Fact]
    public async Task Wrong_credentials_are_unavailable_and_stop_the_start()
    {
        var blobId = await Good.PutAsync([1], Token);
        foreach (var wrong in (S3Options[])[direct with { SecretKey = "wrong" }, direct with { AccessKey = "nobody" }])
        {
            using var store = S3ContentStoreTests.Open(wrong);
            await RequireUnavailableAsync(store, blobId, Guid.CreateVersion7());
            var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => store.RequireUsableAsync(Token));
            Assert.Contains("refuses these credentials", refusal.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("wrong", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Equal((byte[])[1], await Good.GetAsync(blobId, Token));
    }

    [Fact]
    public async Task A_bucket_that_is_gone_is_unavailable_and_not_an_absent_blob()
    {
        var gone = direct with { Bucket = $"gone-{Guid.NewGuid():N}" };
        await server.Client.PutBucketAsync(gone.Bucket, Token);
        using var store = S3ContentStoreTests.Open(gone);
        await store.RequireUsableAsync(Token);
        var blobId = await store.PutAsync([1], Token);
        await foreach (var item in server.Client.Paginators.ListObjectsV2(new() { BucketName = gone.Bucket }).S3Objects)
        {
            await server.Client.DeleteObjectAsync(gone.Bucket, item.Key, Token);
        }

        Assert.Null(await store.OpenAsync(blobId, Token));
        await server.Client.DeleteBucketAsync(gone.Bucket, Token);
        await RequireUnavailableAsync(store, blobId, Guid.CreateVersion7());
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => store.RequireUsableAsync(Token));
        Assert.Contains($"there is no bucket {gone.Bucket}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_stops_the_start()
    {
        using var store = S3ContentStoreTests.Open(direct with { Endpoint = "http://127.0.0.1:1", Retries = 0 });
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(() => store.RequireUsableAsync(Token));
        Assert.Contains("http://127.0.0.1:1 cannot be used", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pieces_that_were_replaced_or_lost_are_unavailable_and_never_other_bytes()
    {
        using var tiny = Tiny();
        var blobId = await tiny.PutAsync(new byte[3500], Token);
        var piece = (await server.ObjectsAsync(direct)).First(item => item.Key.Contains("pieces/", StringComparison.Ordinal)).Key;
        await using var reader = await tiny.OpenAsync(blobId, Token);
        await PutAsync(piece, new string('x', 1000));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => reader!.ReadAsync(0, new byte[3500], Token).AsTask());
        await server.Client.DeleteObjectAsync(direct.Bucket, piece, Token);
        await Assert.ThrowsAsync<ContentUnavailableException>(() => reader!.ReadAsync(0, new byte[3500], Token).AsTask());
        Assert.Equal(1, await reader!.ReadAsync(3400, new byte[1], Token));
    }

    [Fact]
    public async Task Pieces_that_vanish_before_the_commit_make_it_fail_and_nothing_visible()
    {
        using var tiny = Tiny();
        var blobId = Guid.CreateVersion7();
        await using var writer = await tiny.CreateAsync(blobId, Token);
        await writer.AppendAsync(new byte[3500], Token);
        await writer.FlushAsync(Token);
        var piece = (await server.ObjectsAsync(direct)).First(item => item.Key.Contains("pieces/", StringComparison.Ordinal)).Key;
        await PutAsync(piece, new string('x', 1000));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => writer.CommitAsync(Token));
        Assert.Null(await tiny.OpenAsync(blobId, Token));
        await writer.DiscardAsync(Token);
        Assert.Empty(await server.ObjectsAsync(direct));
    }

    [Fact]
    public async Task An_object_of_somebody_else_is_never_served_as_a_document()
    {
        var blobId = Guid.CreateVersion7();
        await PutAsync($"{direct.Prefix}blobs/{blobId}", "not ours");
        await PutAsync($"{direct.Prefix}blobs/readme.txt", "not ours");
        await PutAsync($"{direct.Prefix}incoming/readme.txt", "not ours");
        await Assert.ThrowsAsync<ContentUnavailableException>(() => Good.OpenAsync(blobId, Token));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => Good.DeleteAsync(blobId, Token));
        Assert.Equal([blobId], await Good.ListAsync(Token).Select(blob => blob.ContentId).ToListAsync(Token));
        Assert.Equal(0, await Good.DeleteAbandonedAsync(TimeProvider.System.GetUtcNow().AddHours(1), Token));
        Assert.Equal(3, (await server.ObjectsAsync(direct)).Count);
    }

    private static async Task RequireUnavailableAsync(S3ContentStore store, Guid blobId, Guid left)
    {
        await Assert.ThrowsAsync<ContentUnavailableException>(() => store.OpenAsync(blobId, Token));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => store.PutAsync([1], Token));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => store.ResumeAsync(left, 1, Token));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => store.DeletePartAsync(left, Token));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => store.ListAsync(Token).ToListAsync(Token).AsTask());
        await Assert.ThrowsAsync<ContentUnavailableException>(() => store.DeleteAbandonedAsync(TimeProvider.System.GetUtcNow(), Token));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => store.CheckAsync(Token));
    }

    private static InvalidOperationException NotReady() => new("The stores are not open.");

    private async Task PutAsync(string key, string text) => await server.Client.PutObjectAsync(
        new PutObjectRequest { BucketName = direct.Bucket, Key = key, ContentBody = text, UseChunkEncoding = false }, Token);

    private S3ContentStore Tiny() => new(
        Microsoft.Extensions.Options.Options.Create(new ContentOptions { Directory = "unused", S3 = direct }),
        TimeProvider.System,
        NullLogger<S3ContentStore>.Instance)
    { PieceBytes = 1000 };
}
