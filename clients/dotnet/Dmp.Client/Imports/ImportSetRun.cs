using Dmp.Document.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>One submission set over as many calls as it takes: what is sent again is what was sent before.</summary>
internal sealed class ImportSetRun
{
    private readonly DmpClient client;
    private readonly ImportSet set;

    public ImportSetRun(DmpClient client, ImportSet set, bool validateOnly)
    {
        (this.client, this.set) = (client, set);
        Documents = [.. set.Items.Select(item => new ImportSetDocument(item, validateOnly))];
        Intent = new SubmissionSetIntent
        {
            RecordId = set.RecordId,
            RequestId = set.RequestId is { Length: > 0 } own ? own : DmpClient.NewRequestId(),
            Metadata = set.Metadata,
            Signature = ByteString.CopyFrom(set.Signature.Span),
            ValidateOnly = validateOnly,
            DocumentRequestIds = { Documents.Select(document => document.Intent.RequestId) },
        };
    }

    public SubmissionSetIntent Intent { get; }

    public IReadOnlyList<ImportSetDocument> Documents { get; }

    public async Task<ImportSetOutcome> RunAsync(CancellationToken ct)
    {
        var retries = new RetryPolicy(client.Options, client.Options.RetryBudget);
        var tokenRenewed = false;
        for (var failures = 1; ; failures++)
        {
            using var call = new ImportSetCall(client, this, ct);
            var failure = await call.RunAsync().ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
            var ended = failure ?? call.SetResult?.Error?.ToRpcException();
            if (ended is null)
            {
                return ToOutcome(call);
            }
            var details = ErrorDetails.From(ended);
            if (failure is not null && !tokenRenewed && call.CallToken.DropIfExpired(details))
            {
                (tokenRenewed, failures) = (true, failures - 1);
                continue;
            }
            if ((failure is not null || call.Unreadable is null) && retries.DelayAfter(ended, details, failures) is { } delay)
            {
                await Task.Delay(delay, client.Options.TimeProvider, ct).ConfigureAwait(false);
                continue;
            }
            return failure is null ? ToOutcome(call) : throw DmpException.From(failure);
        }
    }

    /// <summary>The outcome also when the platform stays away or takes nothing from the caller.</summary>
    public async Task<ImportSetOutcome> AnswerAsync(CancellationToken ct)
    {
        try
        {
            return await RunAsync(ct).ConfigureAwait(false);
        }
        catch (DmpException failure)
        {
            return new ImportSetOutcome
            {
                Key = set.Key,
                Error = failure,
                Documents = [.. Documents.Select(document => new ImportOutcome { Key = document.Item.Key, Error = failure })],
            };
        }
    }

    private ImportSetOutcome ToOutcome(ImportSetCall call)
    {
        var error = call.SetResult?.Error is { } refused ? DmpException.From(refused.ToRpcException()) : null;
        List<ImportOutcome> documents = [];
        foreach (var document in Documents)
        {
            var result = call.ResultOf(document);
            var own = document == call.UnreadableDocument ? call.Unreadable
                : result?.Error is { } fault ? DmpException.From(fault.ToRpcException())
                : result is null ? error
                : document.IsAnsweredBy(result.Document) ? null
                : new DmpIntegrityException("The platform answered the digest of other bytes.");
            documents.Add(new ImportOutcome
            {
                Key = document.Item.Key,
                Document = own is null ? result?.Document : null,
                Error = own,
                Warnings = result?.Warnings ?? [],
            });
        }
        return new ImportSetOutcome
        {
            Key = set.Key,
            SubmissionSet = call.SetResult?.SubmissionSet,
            Error = error ?? documents.Find(document => document.Error is DmpIntegrityException)?.Error,
            Documents = documents,
        };
    }
}

/// <summary>A document of a submission set that is being sent.</summary>
internal sealed class ImportSetDocument
{
    public ImportSetDocument(ImportItem item, bool validateOnly)
    {
        Item = item;
        Intent = DmpClient.Intent(item.RecordId, item.Metadata, item.Options);
        Intent.ValidateOnly = validateOnly;
    }

    public ImportItem Item { get; }

    /// <summary>The same for each attempt.</summary>
    public UploadIntent Intent { get; }

    /// <summary>The digest of the bytes that were read, once they were read to their end.</summary>
    public byte[]? Sha256 { get; set; }

    /// <summary>What was answered has the bytes that were sent; or nothing was to be stored.</summary>
    public bool IsAnsweredBy(DocumentEntry? document) =>
        document is null || Sha256 is null || document.Content?.Sha256.Span.SequenceEqual(Sha256) == true;
}
