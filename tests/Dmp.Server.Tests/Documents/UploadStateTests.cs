using CsCheck;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Grpc.Core;
using Xunit;
using UploadCall = Grpc.Core.AsyncDuplexStreamingCall<Dmp.Document.V1.UploadDocumentRequest, Dmp.Document.V1.UploadDocumentResponse>;

namespace Dmp.Server.Tests.Documents;

/// <summary>
/// Goal: whatever order messages, breaks and calls come in, an upload never ends in an unexpected state. Method: random walks of a client
/// that obeys no rule, and after each walk the document is brought in as the contract says.
/// </summary>
public sealed class UploadStateTests(Platform platform)
{
    private const int ContentBytes = 700_000;

    private static readonly byte[] content = Given.Text(ContentBytes);

    /// <summary>What a caller may be told. Never INTERNAL or UNKNOWN, and nothing that the caller did not do.</summary>
    private static readonly string?[] expected =
    [
        .. new[]
        {
            ErrorReason.UploadIntentMissing, ErrorReason.UploadIntentRepeated, ErrorReason.UploadOffsetWrong,
            ErrorReason.UploadChunkDamaged,
            ErrorReason.UploadChunkTooLarge, ErrorReason.UploadIncomplete, ErrorReason.UploadNotFound, ErrorReason.UploadTakenOver,
            ErrorReason.RequestInProgress, ErrorReason.RequestIdReused, ErrorReason.DocumentEmpty, ErrorReason.DigestMismatch,
            ErrorReason.SizeMismatch,
            ErrorReason.FieldsInvalid,

            // A connection that ends takes a message along, and the client may begin the call anew on the next one without it.
            ErrorReason.UploadStalled,
        }.Select(Refusals.Name),
    ];

    private static readonly Gen<UploadDocumentRequest> message = Gen.OneOf(
        Gen.Select(Gen.Int[0, ContentBytes], Gen.Int[0, 200_000], Gen.Int[0, 9])
            .Select((offset, count, kind) => Chunk(offset, count, kind)),
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4]).Select((_, part) => Chunk(part * 150_000, 150_000, 9)),
        Gen.OneOf(
            Gen.Const(Given.Finish(content)),
            Gen.Const(Given.Finish(content[..^1])),
            Gen.Const(new UploadDocumentRequest { Finish = new UploadFinish() }),
            Gen.Const(new UploadDocumentRequest())));

    /// <summary>One stream: how it begins, what it sends, and whether it is broken off or waits for its end.</summary>
    private static readonly Gen<(int First, UploadDocumentRequest[] Messages, int End)> stream =
        Gen.Select(Gen.Int[0, 5], message.Array[0, 8], Gen.Int[0, 2]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_order_of_messages_and_breaks_confuses_an_upload()
    {
        var record = await platform.RecordAsync();

        // A connection of its own: a server that is sent parts of a stream seconds after it gave it up ends the whole connection.
        using var channel = platform.Server.OpenChannel();
        var api = new DmpApi(channel, platform.Callers.Token(record.Physician));
        await stream.Array[1, 5].SampleAsync(
            async walk =>
            {
                var intent = Given.Intent(record.Id);
                intent.Metadata.Title = intent.RequestId;
                foreach (var (first, messages, end) in walk)
                {
                    await RunAsync(api, intent, first, messages, end);
                    await CheckStatusAsync(api, intent);
                }

                var document = await FinishAsync(api, intent);
                Assert.Equal(content, await OverAnyLineAsync(() => api.ReadAsync(document)));
                var request = new SearchDocumentsRequest { RecordId = record.Id, PageSize = 200 };
                var found = await OverAnyLineAsync(
                    () => api.Documents.SearchDocumentsAsync(request, cancellationToken: Token).ResponseAsync);
                Assert.Single(found.Documents, document => document.Metadata.Title == intent.Metadata.Title);
            },
            iter: 40,
            threads: 4);
    }

    private static async Task RunAsync(DmpApi api, UploadIntent intent, int first, UploadDocumentRequest[] messages, int end)
    {
        using var call = api.Documents.UploadDocument(cancellationToken: Token);
        await call.RequestStream.OfferAsync(
            first switch
            {
                0 => messages.FirstOrDefault() ?? new UploadDocumentRequest(),
                1 or 2 =>
                    new UploadDocumentRequest { Resume = new UploadResume { RecordId = intent.RecordId, RequestId = intent.RequestId } },
                _ => new UploadDocumentRequest { Intent = intent },
            });
        foreach (var one in messages)
        {
            await call.RequestStream.OfferAsync(one);
        }

        if (end == 0)
        {
            // Dropping the call in the middle is a line that breaks.
            return;
        }

        await call.RequestStream.CompleteAsync();
        await ReadAsync(call);
    }

    private static async Task ReadAsync(UploadCall call)
    {
        var told = 0L;
        try
        {
            await foreach (var answer in call.ResponseStream.ReadAllAsync(Token))
            {
                var size = answer.Accepted?.PersistedSize ?? answer.Progress?.PersistedSize ?? told;
                Assert.True(size >= told, "what is there decreased");
                told = size;
            }
        }
        catch (RpcException lost) when (IsLine(lost))
        {
            // The client of HTTP/2 may lose the answer of a call that ended while it was still sending.
        }
        catch (RpcException refusal)
        {
            Assert.Contains(Failures.ReasonOf(refusal), expected);
        }
    }

    /// <summary>
    /// What the client says of its own connection, which a server ends that sees many streams broken off. The platform gives a reason.
    /// </summary>
    private static bool IsLine(RpcException failure) =>
        Failures.ReasonOf(failure) is null
        && (failure.StatusCode == StatusCode.Cancelled || failure.Status.DebugException is HttpRequestException or IOException);

    /// <summary>Asks again when the connection ends under the call, as every client does.</summary>
    private static async Task<T> OverAnyLineAsync<T>(Func<Task<T>> call)
    {
        T? answer = default;
        await Waiting.UntilAsync(async () =>
        {
            try
            {
                answer = await call();
                return true;
            }
            catch (RpcException lost) when (IsLine(lost))
            {
                return false;
            }
        });
        return answer!;
    }

    private static async Task CheckStatusAsync(DmpApi api, UploadIntent intent)
    {
        try
        {
            var status = await api.Documents.GetUploadStatusAsync(
                new GetUploadStatusRequest { RecordId = intent.RecordId, RequestId = intent.RequestId }, cancellationToken: Token);
            Assert.True(
                status.Unfinished is { PersistedSize: >= 0 and <= 2 * ContentBytes } || status.Document.Content.SizeBytes == ContentBytes);
        }
        catch (RpcException lost) when (IsLine(lost))
        {
            // Asked again after the next stream.
        }
        catch (RpcException refusal)
        {
            Assert.True(Failures.ReasonOf(refusal) is not null, $"{refusal.Status} {refusal.Status.DebugException}");
            Assert.Equal(Refusals.Name(ErrorReason.UploadNotFound), Failures.ReasonOf(refusal));
        }
    }

    /// <summary>
    /// What the contract says to do: resume, else begin; what was garbled is told at the end, and then everything is sent anew.
    /// </summary>
    private static async Task<Document.V1.Document> FinishAsync(DmpApi api, UploadIntent intent)
    {
        Document.V1.Document? document = null;
        var resume = false;
        await Waiting.UntilAsync(async () => (document = await TryFinishAsync(api, intent, resume = !resume)) is not null);
        return document!;
    }

    private static async Task<Document.V1.Document?> TryFinishAsync(DmpApi api, UploadIntent intent, bool resume)
    {
        using var call = api.Documents.UploadDocument(cancellationToken: Token);
        try
        {
            await call.RequestStream.OfferAsync(
                resume
                    ? new UploadDocumentRequest
                    {
                        Resume = new UploadResume { RecordId = intent.RecordId, RequestId = intent.RequestId },
                    }
                    : new UploadDocumentRequest { Intent = intent });
            Assert.True(await call.ResponseStream.MoveNext(Token));
            if (call.ResponseStream.Current.Document is { } document)
            {
                return document;
            }

            var offset = (int)Math.Min(ContentBytes, call.ResponseStream.Current.Accepted.PersistedSize);
            for (; offset < ContentBytes; offset += 200_000)
            {
                await call.RequestStream.OfferAsync(Chunk(offset, 200_000, 9));
            }

            await call.RequestStream.OfferAsync(Given.Finish(content));
            return await call.DocumentAsync();
        }
        catch (RpcException refusal)
        {
            if (Failures.ReasonOf(refusal) is { } reason)
            {
                Assert.Contains(reason, expected);
            }

            return null;
        }
    }

    /// <summary>Kind 0 is damaged on the way, 1 asks for a flush, 2 holds other bytes, 3 is far off, the others are good.</summary>
    private static UploadDocumentRequest Chunk(int offset, int count, int kind)
    {
        var data = content.AsSpan(offset, Math.Min(count, ContentBytes - offset)).ToArray();
        if (kind == 2 && data.Length > 0)
        {
            data[0] ^= 1;
        }

        var chunk = new UploadChunk
        {
            WriteOffset = kind == 3 ? long.MaxValue - offset : offset,
            Data = ByteString.CopyFrom(data),
            Flush = kind == 1,
        };
        if (kind == 0)
        {
            chunk.Crc32C = 1;
        }

        return new UploadDocumentRequest { Chunk = chunk };
    }
}
