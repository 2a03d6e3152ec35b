using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Type.V1;
using Grpc.Core;

namespace Dmp.Client.Tests;

public sealed class UploadTests : IAsyncLifetime
{
    private readonly byte[] content = Transfers.Bytes(1_234_567);
    private ScriptedPlatform platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => platform = await ScriptedPlatform.StartAsync();

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task The_bytes_arrive_in_order_and_the_document_comes_back()
    {
        var received = Array.Empty<byte>();
        UploadIntent? intent = null;
        platform.Upload = async (requests, answers, context) =>
        {
            (intent, received) = await Transfers.ReceiveAsync(requests, answers, context.CancellationToken);
            Assert.False(await requests.MoveNext());
            await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(received) });
        };
        using var client = platform.Client();
        var reports = new Reports();
        var limits = new List<int>();

        var document = await client.UploadAsync(
            "r-1", new MemoryStream(content), new DocumentMetadata { Title = "t" },
            new UploadOptions { Accepted = accepted => limits.Add(accepted.MaxChunkBytes) }, reports, Ct);

        Assert.Equal("doc-1", document.DocumentId);
        Assert.Equal(content, received);
        Assert.Equal(content.Length, intent!.ExpectedSizeBytes);
        Assert.Equal(4, Guid.Parse(intent.RequestId).Version);
        Assert.Equal([Transfers.ChunkBytesMax], limits);
        Assert.Equal(new TransferProgress(content.Length, content.Length, content.Length), reports.All[^1]);
        Assert.Equal(reports.All.Select(report => report.TransferredBytes).Order(), reports.All.Select(report => report.TransferredBytes));
        Assert.All(reports.All, report => Assert.InRange(report.ConfirmedBytes, 0, report.TransferredBytes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(500_000)]
    public async Task A_write_that_the_connection_ends_is_a_line_that_broke(int after)
    {
        // The second call begins anew: the platform has nothing of the first.
        platform.Upload = async (requests, answers, context) =>
        {
            var received = await Transfers.ReceiveAllAsync(requests, answers, context.CancellationToken);
            await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(received) });
        };
        using var writes = new BreakingWrites(after);
        using var client = platform.Client(options => options.HttpHandler = writes);

        var document = await client.UploadAsync("r-1", new MemoryStream(content), new DocumentMetadata(), cancellationToken: Ct);

        Assert.Equal(SHA256.HashData(content), document.Content.Sha256.ToByteArray());
        Assert.Equal(2, writes.Calls);
    }

    [Fact]
    public async Task A_check_whose_write_the_connection_ends_is_repeated()
    {
        platform.Upload = async (requests, answers, context) =>
        {
            Assert.True(await requests.MoveNext());
            await answers.WriteAsync(new UploadDocumentResponse { Accepted = new UploadAccepted { MaxChunkBytes = 7 } });
        };
        using var writes = new BreakingWrites(0);
        using var client = platform.Client(options => options.HttpHandler = writes);

        Assert.Equal(7, (await client.ValidateUploadAsync("r-1", new DocumentMetadata(), cancellationToken: Ct)).MaxChunkBytes);
        Assert.Equal(2, writes.Calls);
    }

    [Fact]
    public async Task A_file_is_streamed_from_its_path()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllBytesAsync(path, content, Ct);
        AnswerWhatArrived();
        using var client = platform.Client();

        var document = await client.UploadAsync("r-1", path, new DocumentMetadata(), cancellationToken: Ct);
        File.Delete(path);

        Assert.Equal(SHA256.HashData(content), document.Content.Sha256.ToByteArray());
    }

    [Fact]
    public async Task A_CDA_document_is_sent_without_a_word_about_it_and_its_warnings_are_told()
    {
        UploadIntent? intent = null;
        platform.Upload = async (requests, answers, context) =>
        {
            (intent, var received) = await Transfers.ReceiveAsync(requests, answers, context.CancellationToken);
            await answers.WriteAsync(new UploadDocumentResponse
            {
                Document = Transfers.Describe(received),
                Warnings = { new Warning { Field = "/ClinicalDocument/author/time/@value", Description = "Odd." } },
            });
        };
        using var client = platform.Client();
        IReadOnlyList<Warning> warnings = [];

        var document = await client.UploadCdaAsync(
            "r-1", new MemoryStream(content), new UploadOptions { Warned = told => warnings = told }, cancellationToken: Ct);

        Assert.Equal("doc-1", document.DocumentId);
        Assert.Equal(new DocumentMetadata(), intent!.Metadata);
        Assert.Equal("/ClinicalDocument/author/time/@value", Assert.Single(warnings).Field);
    }

    [Fact]
    public async Task A_refusal_stops_an_endless_source()
    {
        platform.Upload = async (requests, answers, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            await answers.WriteAsync(Transfers.Accepted);
            for (var i = 0; i < 5; i++)
            {
                await requests.MoveNext(context.CancellationToken);
            }
            throw Refusal.With(StatusCode.ResourceExhausted, "DOCUMENT_TOO_LARGE");
        };
        using var client = platform.Client();
        using var endless = new OneWayStream((buffer, _) => ValueTask.FromResult(buffer.Length));

        var failure = await Assert.ThrowsAsync<DmpInvalidRequestException>(
            () => client.UploadAsync("r-1", endless, new DocumentMetadata(), cancellationToken: Ct));

        Assert.Equal(ErrorReason.DocumentTooLarge, failure.ErrorReason);
    }

    [Fact]
    public async Task A_refusal_stops_a_source_that_is_still_thinking()
    {
        platform.Upload = async (requests, answers, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            await answers.WriteAsync(Transfers.Accepted);
            throw Refusal.With(StatusCode.PermissionDenied, "RECORD_ACCESS_DENIED");
        };
        using var client = platform.Client();
        using var silent = new OneWayStream(async (_, ct) => { await Waiting.ForeverAsync(ct); return 0; });

        await Assert.ThrowsAsync<DmpAccessDeniedException>(
            () => client.UploadAsync("r-1", silent, new DocumentMetadata(), cancellationToken: Ct));
    }

    [Fact]
    public async Task A_repeated_upload_is_answered_before_the_bytes_travel()
    {
        platform.Upload = async (requests, answers, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            Assert.Equal(SHA256.HashData(this.content), requests.Current.Intent.ExpectedSha256.ToByteArray());
            await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(this.content) });
        };
        using var client = platform.Client();
        using var content = new MemoryStream(this.content);

        var document = await client.UploadAsync(
            "r-1", content, new DocumentMetadata(), new UploadOptions { ExpectedSha256 = SHA256.HashData(this.content) },
            cancellationToken: Ct);

        Assert.Equal("doc-1", document.DocumentId);
        Assert.Equal(0, content.Position);
    }

    [Fact]
    public async Task An_answer_in_mid_stream_is_compared_with_all_of_the_source()
    {
        platform.Upload = async (requests, answers, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            await answers.WriteAsync(Transfers.Accepted);
            await requests.MoveNext(context.CancellationToken);
            await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(content) });
        };
        using var client = platform.Client();

        var document = await client.UploadAsync("r-1", new MemoryStream(content), new DocumentMetadata(), cancellationToken: Ct);

        Assert.Equal("doc-1", document.DocumentId);
    }

    [Fact]
    public async Task A_broken_stream_goes_on_where_the_platform_has_it()
    {
        var offsets = new List<long>();
        UploadResume? resume = null;
        var kept = 0;
        platform.Upload = async (requests, answers, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            resume = requests.Current.Resume;
            await answers.WriteAsync(new UploadDocumentResponse
            {
                Accepted = new UploadAccepted { MaxChunkBytes = Transfers.ChunkBytesMax, PersistedSize = kept },
            });
            while (await requests.MoveNext(context.CancellationToken))
            {
                if (requests.Current.Finish is { } finish)
                {
                    Assert.Equal(SHA256.HashData(content), finish.Sha256.ToByteArray());
                    await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(content) });
                    return;
                }
                var chunk = requests.Current.Chunk;
                offsets.Add(chunk.WriteOffset);
                Assert.Equal(content.AsSpan((int)chunk.WriteOffset, chunk.Data.Length), chunk.Data.Span);
                Assert.Equal(
                    System.IO.Hashing.Crc32.HashToUInt32(System.IO.Hashing.Crc32ParameterSet.Crc32C, chunk.Data.Span), chunk.Crc32C);
                if (kept == 0 && offsets.Count == 5)
                {
                    kept = 250_000;
                    context.GetHttpContext().Abort();
                    return;
                }
            }
        };
        using var client = platform.Client();

        var document = await client.UploadAsync(
            "r-1", new MemoryStream(content), new DocumentMetadata(), new UploadOptions { RequestId = "q-1" }, cancellationToken: Ct);

        Assert.Equal("doc-1", document.DocumentId);
        Assert.Equal(new UploadResume { RecordId = "r-1", RequestId = "q-1" }, resume);
        Assert.Equal(250_000, offsets[5]);
    }

    [Fact]
    public async Task A_new_process_reads_what_the_platform_has_for_the_digest_and_sends_the_rest()
    {
        var received = new MemoryStream();
        platform.Upload = async (requests, answers, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            Assert.NotNull(requests.Current.Intent);
            await answers.WriteAsync(new UploadDocumentResponse { Accepted = new UploadAccepted { PersistedSize = 300_001 } });
            while (await requests.MoveNext(context.CancellationToken) && requests.Current.Chunk is { } chunk)
            {
                Assert.Equal(300_001 + received.Length, chunk.WriteOffset);
                chunk.Data.WriteTo(received);
            }
            Assert.Equal(SHA256.HashData(content), requests.Current.Finish.Sha256.ToByteArray());
            await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(content) });
        };
        using var client = platform.Client();

        await client.UploadAsync("r-1", new MemoryStream(content), new DocumentMetadata(), cancellationToken: Ct);

        Assert.Equal(content[300_001..], received.ToArray());
    }

    [Fact]
    public async Task What_the_platform_forgot_is_sent_anew()
    {
        var firsts = new List<UploadDocumentRequest.MessageOneofCase>();
        platform.Upload = async (requests, answers, context) =>
        {
            if (firsts.Count == 2)
            {
                firsts.Add(UploadDocumentRequest.MessageOneofCase.Intent);
                var (_, all) = await Transfers.ReceiveAsync(requests, answers, context.CancellationToken);
                await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(all) });
                return;
            }
            await requests.MoveNext(context.CancellationToken);
            firsts.Add(requests.Current.MessageCase);
            if (firsts.Count == 2)
            {
                throw Refusal.With(StatusCode.NotFound, "UPLOAD_NOT_FOUND");
            }
            await answers.WriteAsync(Transfers.Accepted);
            for (var i = 0; i < 5; i++)
            {
                await requests.MoveNext(context.CancellationToken);
            }
            context.GetHttpContext().Abort();
        };
        using var client = platform.Client();

        var document = await client.UploadAsync("r-1", new MemoryStream(content), new DocumentMetadata(), cancellationToken: Ct);

        Assert.Equal(SHA256.HashData(content), document.Content.Sha256.ToByteArray());
        Assert.Equal(
            [
                UploadDocumentRequest.MessageOneofCase.Intent, UploadDocumentRequest.MessageOneofCase.Resume,
                UploadDocumentRequest.MessageOneofCase.Intent,
            ],
            firsts);
    }

    [Fact]
    public async Task A_small_document_is_repeated_as_a_whole_with_the_same_intent()
    {
        var intents = new List<UploadIntent>();
        platform.Upload = async (requests, answers, context) =>
        {
            if (intents.Count == 0)
            {
                await requests.MoveNext(context.CancellationToken);
                intents.Add(requests.Current.Intent);
                await answers.WriteAsync(Transfers.Accepted);
                await requests.MoveNext(context.CancellationToken);
                await requests.MoveNext(context.CancellationToken);
                context.GetHttpContext().Abort();
                return;
            }
            var (intent, received) = await Transfers.ReceiveAsync(requests, answers, context.CancellationToken);
            intents.Add(intent);
            await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(received) });
        };
        using var client = platform.Client();
        using var content = new MemoryStream(this.content, 0, 200_000);
        content.Position = 7;

        var document = await client.UploadAsync("r-1", content, new DocumentMetadata(), cancellationToken: Ct);

        Assert.Equal(SHA256.HashData(this.content.AsSpan(7, 199_993)), document.Content.Sha256.ToByteArray());
        Assert.Equal(2, intents.Count);
        Assert.Equal(intents[0], intents[1]);
    }

    [Fact]
    public async Task A_stream_that_cannot_seek_is_sent_once()
    {
        var calls = 0;
        platform.Upload = (_, _, _) => { calls++; throw Refusal.With(StatusCode.Unavailable, "STORAGE_UNAVAILABLE"); };
        using var client = platform.Client();

        await Assert.ThrowsAsync<DmpUnavailableException>(
            () => client.UploadAsync("r-1", OneWayStream.Over(content), new DocumentMetadata(), cancellationToken: Ct));

        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Time_without_progress_is_bounded()
    {
        platform.Upload = (_, _, _) => throw Refusal.With(StatusCode.Unavailable, "STORAGE_UNAVAILABLE", TimeSpan.FromMilliseconds(50));
        List<DmpRetry> told = [];
        using var client = platform.Client(options => { options.RetryBudget = TimeSpan.FromSeconds(1); options.Retrying = told.Add; });

        await Assert.ThrowsAsync<DmpUnavailableException>(
            () => client.UploadAsync("r-1", new MemoryStream(content), new DocumentMetadata(), cancellationToken: Ct));

        Assert.NotEmpty(told);
        Assert.All(told, retry => Assert.True(retry.Spent + retry.Delay <= TimeSpan.FromSeconds(1), $"{retry}"));
    }

    [Fact]
    public async Task Attempts_are_bounded()
    {
        var calls = 0;
        platform.Upload =
            (_, _, _) => { calls++; throw Refusal.With(StatusCode.Aborted, "REQUEST_IN_PROGRESS", TimeSpan.FromMilliseconds(1)); };
        using var client = platform.Client(options => options.AttemptsMax = 4);

        var failure = await Assert.ThrowsAsync<DmpConflictException>(
            () => client.UploadAsync("r-1", new MemoryStream(content), new DocumentMetadata(), cancellationToken: Ct));

        Assert.Equal(ErrorReason.RequestInProgress, failure.ErrorReason);
        Assert.Equal(4, calls);
    }

    [Fact]
    public async Task A_platform_that_answers_another_digest_is_not_believed()
    {
        platform.Upload = async (requests, answers, context) =>
        {
            var (_, received) = await Transfers.ReceiveAsync(requests, answers, context.CancellationToken);
            received[0] ^= 1;
            await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(received) });
        };
        using var client = platform.Client();

        await Assert.ThrowsAsync<DmpIntegrityException>(
            () => client.UploadAsync("r-1", new MemoryStream(content), new DocumentMetadata(), cancellationToken: Ct));
    }

    [Fact]
    public async Task A_platform_that_falls_silent_is_given_up()
    {
        var calls = 0;
        platform.Upload = async (requests, _, context) =>
        {
            calls++;
            await requests.MoveNext(context.CancellationToken);
            await Waiting.ForeverAsync(context.CancellationToken);
        };
        using var client = platform.Client(
            options => { options.TransferStallTimeout = TimeSpan.FromMilliseconds(300); options.AttemptsMax = 2; });

        var failure = await Assert.ThrowsAsync<DmpUnavailableException>(
            () => client.UploadAsync("r-1", new MemoryStream(content), new DocumentMetadata(), cancellationToken: Ct));

        Assert.Contains("stood still", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task A_slow_source_keeps_the_stream_alive_with_empty_chunks()
    {
        var (empty, twice) = (0, new TaskCompletionSource());
        platform.Upload = async (requests, answers, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            await answers.WriteAsync(Transfers.Accepted);
            using var content = new MemoryStream();
            while (await requests.MoveNext(context.CancellationToken) && requests.Current.Finish is null)
            {
                if (requests.Current.Chunk.Data.IsEmpty && ++empty == 2)
                {
                    twice.SetResult();
                }

                requests.Current.Chunk.Data.WriteTo(content);
            }
            await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(content.ToArray()) });
        };
        using var client = platform.Client(options => options.TransferStallTimeout = TimeSpan.FromSeconds(1));
        using var inner = new MemoryStream(this.content);
        using var slow = new OneWayStream(async (buffer, ct) =>
        {
            if (inner.Position == 0)
            {
                await twice.Task.WaitAsync(ct);
            }
            return await inner.ReadAsync(buffer, ct);
        });

        var document = await client.UploadAsync("r-1", slow, new DocumentMetadata(), cancellationToken: Ct);

        Assert.Equal(this.content.Length, document.Content.SizeBytes);
        Assert.InRange(empty, 2, 6);
    }

    [Fact]
    public async Task A_source_that_fails_closes_the_stream_without_finish()
    {
        var ended = new TaskCompletionSource<Exception?>();
        platform.Upload = async (requests, answers, context) =>
        {
            ended.SetResult(await Xunit.Record.ExceptionAsync(() => Transfers.ReceiveAsync(requests, answers, context.CancellationToken)));
        };
        using var client = platform.Client();
        using var broken = new OneWayStream((_, _) => throw new IOException("the disk is gone"));

        var failure = await Assert.ThrowsAsync<IOException>(
            () => client.UploadAsync("r-1", broken, new DocumentMetadata(), cancellationToken: Ct));

        Assert.Equal("the disk is gone", failure.Message);
        await Waiting.UntilAsync(() => ended.Task.IsCompleted);
        Assert.NotNull(await ended.Task);
    }

    [Fact]
    public async Task Cancelling_closes_the_stream()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var ended = new TaskCompletionSource();
        platform.Upload = async (requests, answers, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            await answers.WriteAsync(Transfers.Accepted);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Waiting.ForeverAsync(context.CancellationToken));
            ended.SetResult();
        };
        using var client = platform.Client();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.UploadAsync("r-1", new MemoryStream(content), new DocumentMetadata(), cancellationToken: stop.Token));

        await Waiting.UntilAsync(() => ended.Task.IsCompleted);
    }

    [Fact]
    public async Task A_check_tells_limits_or_every_fault_and_sends_no_bytes()
    {
        platform.Upload = async (requests, answers, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            Assert.True(requests.Current.Intent.ValidateOnly);
            if (requests.Current.Intent.Metadata.Title.Length == 0)
            {
                throw Refusal.With(
                    StatusCode.InvalidArgument, "FIELDS_INVALID", null, ("intent.metadata.title", "a"), ("intent.metadata.type", "b"));
            }
            await answers.WriteAsync(Transfers.Accepted);
        };
        using var client = platform.Client();

        Assert.Equal(
            Transfers.ChunkBytesMax,
            (await client.ValidateUploadAsync("r-1", new DocumentMetadata { Title = "t" }, cancellationToken: Ct)).MaxChunkBytes);
        var failure = await Assert.ThrowsAsync<DmpInvalidRequestException>(
            () => client.ValidateUploadAsync("r-1", new DocumentMetadata(), cancellationToken: Ct));
        Assert.Equal(["intent.metadata.title", "intent.metadata.type"], failure.FieldViolations.Select(violation => violation.Field));
    }

    [Fact]
    public async Task A_check_that_is_refused_before_it_has_left_tells_why()
    {
        platform.Upload = (_, _, _) => throw Refusal.With(StatusCode.PermissionDenied, "RECORD_ACCESS_DENIED");
        using var client = platform.Client();

        // More than the resets that a server bears on one connection.
        for (var i = 0; i < 300; i++)
        {
            var failure = await Assert.ThrowsAnyAsync<DmpException>(
                () => client.ValidateUploadAsync("r-1", new DocumentMetadata(), cancellationToken: Ct));
            Assert.Equal("RECORD_ACCESS_DENIED", failure.Reason);
        }
    }

    private void AnswerWhatArrived() => platform.Upload = async (requests, answers, context) =>
    {
        var (_, received) = await Transfers.ReceiveAsync(requests, answers, context.CancellationToken);
        await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(received) });
    };
}
