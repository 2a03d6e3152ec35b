using Dmp.Document.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Client.Tests;

public sealed class DownloadTests : IAsyncLifetime
{
    private readonly byte[] content = Transfers.Bytes(345_678);
    private readonly List<ReadDocumentRequest> requests = [];
    private ScriptedPlatform platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => platform = await ScriptedPlatform.StartAsync();

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task The_bytes_arrive_and_are_verified()
    {
        platform.Read = (request, answers, _) => Transfers.SendAsync(content, request, answers);
        using var client = platform.Client();
        using var destination = new MemoryStream();
        var reports = new Reports();

        var document = await client.DownloadAsync("r-1", "doc-1", destination, progress: reports, cancellationToken: Ct);

        Assert.Equal("doc-1", document.DocumentId);
        Assert.Equal(content, destination.ToArray());
        Assert.Equal(new TransferProgress(content.Length, content.Length, content.Length), reports.All[^1]);
    }

    [Fact]
    public async Task A_part_is_read_without_verifying_the_whole()
    {
        platform.Read = (request, answers, _) => Transfers.SendAsync(content, request, answers);
        using var client = platform.Client();
        using var destination = new MemoryStream();

        await client.DownloadAsync(
            "r-1", "doc-1", destination, new DownloadOptions { Offset = 1000, Limit = 70_000 }, cancellationToken: Ct);

        Assert.Equal(content[1000..71_000], destination.ToArray());
    }

    [Fact]
    public async Task Other_bytes_than_the_stored_ones_are_refused()
    {
        platform.Read = async (request, answers, _) =>
        {
            var altered = (byte[])content.Clone();
            altered[^1] ^= 1;
            await answers.WriteAsync(new ReadDocumentResponse { Document = Transfers.Describe(content) });
            await answers.WriteAsync(new ReadDocumentResponse { Chunk = new ReadChunk { Data = ByteString.CopyFrom(altered) } });
        };
        using var client = platform.Client();

        var failure = await Assert.ThrowsAsync<DmpIntegrityException>(
            () => client.DownloadAsync("r-1", "doc-1", new MemoryStream(), cancellationToken: Ct));

        Assert.Contains("digest", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_bytes_are_noticed_even_when_the_stream_ends_well()
    {
        platform.Read = (request, answers, _) => Transfers.SendAsync(content, request, answers, stopAfter: 100_000);
        using var client = platform.Client();

        await Assert.ThrowsAsync<DmpIntegrityException>(
            () => client.DownloadAsync("r-1", "doc-1", new MemoryStream(), cancellationToken: Ct));
    }

    [Fact]
    public async Task A_chunk_out_of_order_is_noticed()
    {
        platform.Read = async (_, answers, _) =>
        {
            await answers.WriteAsync(new ReadDocumentResponse { Document = Transfers.Describe(content) });
            await answers.WriteAsync(
                new ReadDocumentResponse { Chunk = new ReadChunk { ReadOffset = 5, Data = ByteString.CopyFrom(1, 2) } });
        };
        using var client = platform.Client();

        await Assert.ThrowsAsync<DmpIntegrityException>(
            () => client.DownloadAsync("r-1", "doc-1", new MemoryStream(), cancellationToken: Ct));
    }

    [Fact]
    public async Task A_broken_stream_is_taken_up_where_it_broke_with_the_version_pinned()
    {
        platform.Read = async (request, answers, context) =>
        {
            requests.Add(request);
            await Transfers.SendAsync(content, request, answers, stopAfter: requests.Count == 1 ? 100_000 : int.MaxValue, version: 3);
            if (requests.Count == 1)
            {
                throw Refusal.With(StatusCode.Unavailable, "SERVER_STOPPING");
            }
        };
        using var client = platform.Client();
        using var destination = new MemoryStream();

        await client.DownloadAsync("r-1", "doc-1", destination, cancellationToken: Ct);

        Assert.Equal(content, destination.ToArray());
        Assert.Equal([(0, 0L), (3, 100_000L)], requests.Select(request => (request.Version, request.ReadOffset)));
    }

    [Fact]
    public async Task A_connection_cut_many_times_still_delivers_while_bytes_come()
    {
        using var destination = new MemoryStream();
        platform.Read = async (request, answers, context) =>
        {
            requests.Add(request);
            await Transfers.SendAsync(content, request, answers, stopAfter: 50_000);
            var sent = request.ReadOffset + 50_000;
            if (sent < content.Length)
            {
                await Waiting.UntilAsync(() => destination.Length >= sent);
                context.GetHttpContext().Abort();
            }
        };
        using var client = platform.Client(options => options.AttemptsMax = 3);

        await client.DownloadAsync("r-1", "doc-1", destination, cancellationToken: Ct);

        Assert.Equal(content, destination.ToArray());
        Assert.True(requests.Count >= 7, $"{requests.Count} streams");
    }

    [Fact]
    public async Task A_stream_that_breaks_without_a_byte_is_given_up_after_the_attempts()
    {
        platform.Read = (request, _, _) => { requests.Add(request); throw Refusal.With(StatusCode.Unavailable, "STORAGE_UNAVAILABLE"); };
        using var client = platform.Client(options => options.AttemptsMax = 4);

        await Assert.ThrowsAsync<DmpUnavailableException>(
            () => client.DownloadAsync("r-1", "doc-1", new MemoryStream(), cancellationToken: Ct));

        Assert.Equal(4, requests.Count);
    }

    [Fact]
    public async Task A_document_that_changed_between_two_streams_is_not_mixed()
    {
        var other = Transfers.Bytes(400_000);
        platform.Read = async (request, answers, _) =>
        {
            requests.Add(request);
            await Transfers.SendAsync(requests.Count == 1 ? content : other, request, answers, stopAfter: 50_000);
            throw Refusal.With(StatusCode.Unavailable, "SERVER_STOPPING");
        };
        using var client = platform.Client();

        await Assert.ThrowsAsync<DmpIntegrityException>(
            () => client.DownloadAsync("r-1", "doc-1", new MemoryStream(), cancellationToken: Ct));
    }

    [Fact]
    public async Task A_withdrawn_access_ends_the_read()
    {
        platform.Read = async (request, answers, _) =>
        {
            requests.Add(request);
            await Transfers.SendAsync(content, request, answers, stopAfter: 50_000);
            throw Refusal.With(StatusCode.PermissionDenied, "RECORD_ACCESS_DENIED");
        };
        using var client = platform.Client();

        await Assert.ThrowsAsync<DmpAccessDeniedException>(
            () => client.DownloadAsync("r-1", "doc-1", new MemoryStream(), cancellationToken: Ct));

        Assert.Single(requests);
    }

    [Fact]
    public async Task A_platform_that_falls_silent_is_asked_again_and_given_up()
    {
        platform.Read = async (request, answers, context) =>
        {
            requests.Add(request);
            await Transfers.SendAsync(content, request, answers, stopAfter: 50_000);
            await Waiting.ForeverAsync(context.CancellationToken);
        };
        using var client = platform.Client(
            options => { options.TransferStallTimeout = TimeSpan.FromMilliseconds(300); options.AttemptsMax = 1; });

        var failure = await Assert.ThrowsAsync<DmpUnavailableException>(
            () => client.DownloadAsync("r-1", "doc-1", new MemoryStream(), cancellationToken: Ct));

        Assert.Contains("stood still", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_appears_only_when_it_is_verified()
    {
        var folder = Directory.CreateTempSubdirectory("dmp-download-");
        var path = Path.Combine(folder.FullName, "document.pdf");
        using var client = platform.Client();

        platform.Read = (request, answers, _) => Transfers.SendAsync(content, request, answers, stopAfter: 100_000);
        await Assert.ThrowsAsync<DmpIntegrityException>(() => client.DownloadAsync("r-1", "doc-1", path, cancellationToken: Ct));
        Assert.Empty(folder.GetFiles());

        platform.Read = (request, answers, _) => Transfers.SendAsync(content, request, answers);
        await client.DownloadAsync("r-1", "doc-1", path, cancellationToken: Ct);
        Assert.Equal(content, await File.ReadAllBytesAsync(path, Ct));
        Assert.Single(folder.GetFiles());
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Cancelling_ends_the_read()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        platform.Read = async (request, answers, context) =>
        {
            await Transfers.SendAsync(content, request, answers, stopAfter: 50_000);
            await stop.CancelAsync();
            await Waiting.ForeverAsync(context.CancellationToken);
        };
        using var client = platform.Client();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.DownloadAsync("r-1", "doc-1", new MemoryStream(), cancellationToken: stop.Token));
    }
}
