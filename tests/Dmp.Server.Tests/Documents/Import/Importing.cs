using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents.Import;

/// <summary>One call of ImportDocuments, with its results by number.</summary>
internal sealed class Importing : IDisposable
{
    private readonly AsyncDuplexStreamingCall<ImportDocumentsRequest, ImportDocumentsResponse> call;
    private long last;

    public Importing(DmpApi api) => call = api.Documents.ImportDocuments(cancellationToken: Token);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public ImportWindow? Window { get; private set; }

    public Dictionary<long, ImportResult> Results { get; } = [];

    public Dictionary<long, UploadAccepted> Accepted { get; } = [];

    /// <summary>Sends whole documents in one call, ends it, and answers the results in the order of the documents.</summary>
    public static async Task<List<ImportResult>> AllAsync(DmpApi api, params IEnumerable<(UploadIntent Intent, byte[] Content)> documents)
    {
        using var import = new Importing(api);
        var items = new List<long>();
        foreach (var (intent, content) in documents)
        {
            items.Add(await import.SendAsync(intent, content));
        }

        await import.EndAsync();
        return [.. items.Select(item => import.Results[item])];
    }

    /// <summary>
    /// Sends a submission set and its whole documents in one call, ends it, and answers the result of the set and those of the documents.
    /// </summary>
    public static async Task<(ImportResult Set, List<ImportResult> Documents)> SetAsync(
        DmpApi api, SubmissionSetIntent set, params IEnumerable<(UploadIntent Intent, byte[] Content)> documents)
    {
        using var import = new Importing(api);
        var item = await import.SetAsync(set);
        var items = new List<long>();
        foreach (var (intent, content) in documents)
        {
            items.Add(await import.SendAsync(intent, content));
        }

        await import.EndAsync();
        return (import.Results[item], [.. items.Select(one => import.Results[one])]);
    }

    /// <summary>A set of these documents.</summary>
    public static SubmissionSetIntent SetOf(params IEnumerable<UploadIntent> documents)
    {
        var all = documents.ToList();
        return new SubmissionSetIntent
        {
            RecordId = all[0].RecordId,
            RequestId = Given.NewId(),
            DocumentRequestIds = { all.Select(intent => intent.RequestId) },
        };
    }

    public async Task<long> SetAsync(SubmissionSetIntent set)
    {
        await call.RequestStream.OfferAsync(
            new ImportDocumentsRequest { SubmissionSet = new ImportSubmissionSet { Item = ++last, Intent = set } });
        return last;
    }

    public async Task<long> SendAsync(UploadIntent intent, byte[] content)
    {
        var message = new ImportDocument { Item = ++last, Intent = intent, Content = ByteString.CopyFrom(content) };
        await call.RequestStream.OfferAsync(new ImportDocumentsRequest { Document = message });
        return last;
    }

    public async Task<long> BeginAsync(UploadIntent intent)
    {
        await call.RequestStream.OfferAsync(new ImportDocumentsRequest { Intent = new ImportIntent { Item = ++last, Intent = intent } });
        return last;
    }

    public Task ChunkAsync(long item, long offset, byte[] data, bool flush = false) => call.RequestStream.OfferAsync(
        new ImportDocumentsRequest
        {
            Chunk = new ImportChunk
            {
                Item = item,
                Chunk = new UploadChunk { WriteOffset = offset, Data = ByteString.CopyFrom(data), Flush = flush },
            },
        });

    public Task FinishAsync(long item, byte[] content) => call.RequestStream.OfferAsync(
        new ImportDocumentsRequest { Finish = new ImportFinish { Item = item, Finish = Given.Finish(content).Finish } });

    public Task SendRawAsync(ImportDocumentsRequest request) => call.RequestStream.OfferAsync(request);

    /// <summary>Reads answers until one of them is what is waited for.</summary>
    public async Task UntilAsync(Func<bool> isThere)
    {
        while (!isThere() && await call.ResponseStream.MoveNext(Token))
        {
            Take(call.ResponseStream.Current);
        }

        Assert.True(isThere(), "the call ended before");
    }

    /// <summary>Ends the caller's side and reads to the end.</summary>
    public async Task EndAsync()
    {
        await call.RequestStream.CompleteAsync();
        await ReadAllAsync();
    }

    public async Task ReadAllAsync()
    {
        while (await call.ResponseStream.MoveNext(Token))
        {
            Take(call.ResponseStream.Current);
        }
    }

    public string? ConsistencyToken => call.GetTrailers().GetValue("dmp-consistency-token");

    public void Dispose() => call.Dispose();

    /// <summary>The document was refused, with everything that UploadDocument would have answered.</summary>
    public static Google.Rpc.Status Refused(StatusCode code, ErrorReason reason, ImportResult result)
    {
        Assert.Equal(ImportResult.OutcomeOneofCase.Error, result.OutcomeCase);
        Assert.Equal(((int)code, Refusals.Name(reason)), (result.Error.Code, result.Error.GetDetail<ErrorInfo>()?.Reason));
        Assert.False(string.IsNullOrWhiteSpace(result.Error.GetDetail<LocalizedMessage>()?.Message));
        Assert.NotNull(result.Error.GetDetail<RequestInfo>());
        return result.Error;
    }

    private void Take(ImportDocumentsResponse answer)
    {
        switch (answer.MessageCase)
        {
            case ImportDocumentsResponse.MessageOneofCase.Window:
                Assert.Null(Window);
                Window = answer.Window;
                break;
            case ImportDocumentsResponse.MessageOneofCase.Accepted:
                Accepted.Add(answer.Accepted.Item, answer.Accepted.Accepted);
                break;
            case ImportDocumentsResponse.MessageOneofCase.Result:
                Results.Add(answer.Result.Item, answer.Result);
                break;
            default:
                Assert.Equal(ImportDocumentsResponse.MessageOneofCase.Progress, answer.MessageCase);
                break;
        }
    }
}
