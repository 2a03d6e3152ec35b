using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Dmp.Cli.Platform;
using Dmp.Client;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Xdm;
using Google.Protobuf;

namespace Dmp.Cli.Import;

/// <summary>Sends the planned documents, and writes down what becomes of each.</summary>
internal sealed partial class ImportRun(PlatformClient platform, FileTree tree, ImportLedger? ledger, ImportReport report, int streams)
{
    /// <summary>What is there now, by key: what later documents replace.</summary>
    private readonly Dictionary<string, string> documentIds = new(StringComparer.Ordinal);

    private int inVain;

    /// <summary>True when the run gave up because the platform, or the way to it, is not there.</summary>
    private volatile bool hasGivenUp;

    private DmpClient Dmp => platform.Client;

    public async Task SendAsync(IReadOnlyList<PlannedDocument> planned, TransferBar progress, CancellationToken ct)
    {
        List<PlannedDocument> open = [];
        var located = SetPlan.Together(PackagePlan.AllOrNone(await WithRecordsAsync(planned, ct)));

        // A set is there when all of its documents are; else the whole of it is sent again, and answered as it was.
        var missing = located.Where(document => document is { IsSentWithSet: true, IsSignature: false } && KnownOf(document) is null)
            .Select(document => document.Submission!).ToHashSet();
        foreach (var document in located)
        {
            if (document.Obstacle is { } obstacle)
            {
                await report.AddAsync(document, obstacle.Outcome, null, obstacle.Reason, obstacle.Message);
            }
            else if (document.IsSentWithSet ? missing.Contains(document.Submission!) : KnownOf(document) is null)
            {
                open.Add(document);
                continue;
            }
            else if (document.IsSignature)
            {
                await report.AddAsync(
                    document, ImportResult.Already, null, "", "Kept by an earlier run as the signature of its submission set.");
            }
            else
            {
                var known = KnownOf(document)!;
                documentIds[document.Key] = known.DocumentId!;
                await report.AddAsync(document, known);
            }

            progress.Add(document.File?.Length ?? 0);
        }

        // Nothing is stored by a dry run, so nothing can be replaced by it either.
        foreach (var wave in ledger is null ? [open] : ImportWaves.Of(open))
        {
            await SendWaveAsync(wave, progress, ct);
        }
    }

    /// <summary>The document as an earlier run added it; null when none did.</summary>
    private ImportLedger.Entry? KnownOf(PlannedDocument document) =>
        ledger?.Find(document.Key, DigestOf(document)) is { DocumentId: not null } known && known.RecordId == document.RecordId
            ? known
            : null;

    private async Task SendWaveAsync(List<PlannedDocument> planned, TransferBar progress, CancellationToken ct)
    {
        var wave = hasGivenUp ? planned : await WithReplacedAsync(planned, ct);
        var alone = wave.Where(document => !document.IsSentWithSet).ToDictionary(document => document.Key, StringComparer.Ordinal);
        ImportOptions options = new() { Streams = streams, ValidateOnly = ledger is null };
        await GuardAsync(
            alone,
            async stop =>
            {
                await foreach (var outcome in Dmp.ImportAsync(ItemsAsync([.. alone.Values], stop.Token), options, stop.Token))
                {
                    alone.Remove(outcome.Key, out var document);
                    await AcceptAsync(document!, outcome, ct);
                    progress.Add(document!.File!.Length);
                    if (hasGivenUp)
                    {
                        await stop.CancelAsync();
                    }
                }
            },
            ct);
        await SendSetsAsync([.. wave.Where(document => document.IsSentWithSet)], options, progress, ct);
    }

    /// <summary>Sends, and tells of what is left in <paramref name="sent"/> that it was not sent.</summary>
    private async Task GuardAsync(Dictionary<string, PlannedDocument> sent, Func<CancellationTokenSource, Task> send, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            await send(stop);
        }
        catch (OperationCanceledException) when (hasGivenUp && !ct.IsCancellationRequested)
        {
            // What was on its way is asked for again by the next run, under the same request ids.
        }
        catch (DmpException failure) when (failure is DmpUnavailableException or DmpAuthenticationException)
        {
            // The platform takes nothing from anybody, or nothing from this caller: the reason is told once.
            hasGivenUp = true;
            if (sent.Values.FirstOrDefault() is { } first)
            {
                sent.Remove(first.Key);
                await report.AddAsync(first, ImportResult.Failed, new ImportOutcome { Key = first.Key, Error = failure });
            }
        }

        foreach (var document in sent.Values)
        {
            await report.AddAsync(
                document, ImportResult.Failed, null, "NOT_SENT", "The platform could not be used; the same command goes on.");
        }
    }

    /// <summary>
    /// Finds what each document replaces, now that the wave before is there. Those whose predecessor is missing are not sent.
    /// </summary>
    private async Task<List<PlannedDocument>> WithReplacedAsync(List<PlannedDocument> planned, CancellationToken ct)
    {
        List<PlannedDocument> wave = [];
        foreach (var document in planned)
        {
            if (document.ReplacesKey is not { } key
                || ledger is null
                || ledger.Find(document.Key, DigestOf(document)) is { Etag: not null })
            {
                wave.Add(document);
            }
            else if (!documentIds.TryGetValue(key, out var replaced))
            {
                await report.AddAsync(
                    document, ImportResult.Failed, null, "REPLACED_DOCUMENT_MISSING",
                    "The document that it replaces is not added, so this one was not sent.");
            }
            else
            {
                try
                {
                    var now = await Dmp.GetDocumentAsync(
                        new GetDocumentRequest { RecordId = document.RecordId, DocumentId = replaced }, ct);
                    wave.Add(document with { ReplacesDocumentId = replaced, Etag = now.Etag });
                }
                catch (DmpException failure)
                {
                    await report.AddAsync(document, ImportResult.Failed, new ImportOutcome { Key = document.Key, Error = failure });
                }
            }
        }

        // Of a set that lost one nothing is sent.
        var left = wave.Select(document => document.Key).ToHashSet(StringComparer.Ordinal);
        var lost = planned.Where(document => document.IsSentWithSet && !left.Contains(document.Key))
            .Select(document => document.Submission!).ToHashSet();
        foreach (var document in wave.Where(document => document.IsSentWithSet && lost.Contains(document.Submission!)))
        {
            await report.AddAsync(
                document, ImportResult.Failed, null, "REPLACED_DOCUMENT_MISSING",
                "What another document of its submission set replaces is not added, so the set was not sent.");
        }

        return wave.FindAll(document => !document.IsSentWithSet || !lost.Contains(document.Submission!));
    }

    private async IAsyncEnumerable<ImportItem> ItemsAsync(List<PlannedDocument> wave, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var document in wave)
        {
            if (hasGivenUp)
            {
                yield break;
            }

            yield return await ItemAsync(document, ct);
        }
    }

    private async Task<ImportItem> ItemAsync(PlannedDocument document, CancellationToken ct) => Item(
        document,
        ledger is null ? null
            : await ledger.BeginAsync(
                document.Key, DigestOf(document), document.RecordId, Given(document.ReplacesDocumentId), Given(document.Etag), ct));

    private ImportItem Item(PlannedDocument document, ImportLedger.Entry? known)
    {
        var metadata = document.Metadata.Clone();
        if (document.UniqueId.Length == 0 && known is not null)
        {
            // So that a document without an identifier is recognised also after the platform has forgotten the request.
            metadata.UniqueId = $"urn:uuid:{known.RequestId}";
        }

        return new ImportItem
        {
            Key = document.Key,
            RecordId = document.RecordId,
            Open = token => ContentReading.OpenAsync(tree, document.File!, token),
            Metadata = metadata,
            Options = new UploadOptions
            {
                RequestId = known?.RequestId,
                VisibilityCodes = document.VisibilityCodes,
                StatedPatient = document.Stated,
                ReplacesDocumentId = known?.Replaces ?? Given(document.ReplacesDocumentId),
                Etag = known?.Etag ?? Given(document.Etag),
                ExpectedSizeBytes = document.File!.Length,
                ExpectedSha256 = document.Sha256,
            },
        };
    }

    private static string? Given(string text) => text.Length > 0 ? text : null;

    private async Task<ImportResult> AcceptAsync(PlannedDocument document, ImportOutcome outcome, CancellationToken ct)
    {
        var result = outcome.Error is { } error ? ResultOf(error) : ledger is null ? ImportResult.Valid : ImportResult.Stored;
        var (reason, message) = ("", "");
        if (outcome.Error?.ErrorReason == ErrorReason.UniqueIdTaken && await FindSameAsync(document, ct) is { } same)
        {
            (result, reason, message) = (ImportResult.Already, "", "The same bytes were added before under this identifier.");
            outcome = outcome with { Document = same, Error = null };
        }

        if (outcome.Document is { } stored && ledger is not null)
        {
            documentIds[document.Key] = stored.DocumentId;
            await ledger.DoneAsync(document.Key, DigestOf(document), stored.DocumentId, stored.Version, ct);
        }

        if (outcome.Error?.ErrorReason == ErrorReason.EtagMismatch && document.ReplacesKey is not null && ledger is not null)
        {
            // The document that it replaces has changed since its etag was read.
            result = ImportResult.Failed;
            await ledger.RenewAsync(document.Key, DigestOf(document), ct);
        }

        await report.AddAsync(document, result, outcome, reason, message);

        // A token that is not accepted is not accepted for the next thousand documents either.
        inVain = outcome.Error is DmpUnavailableException ? inVain + 1 : 0;
        hasGivenUp |= outcome.Error is DmpAuthenticationException || inVain >= 2 * streams;
        return result;
    }

    private static ImportResult ResultOf(DmpException error) => error switch
    {
        DmpUnavailableException or DmpAuthenticationException => ImportResult.Failed,
        { RetryAfter: not null } => ImportResult.Failed,
        _ => ImportResult.Refused,
    };

    /// <summary>An earlier run, or another program with this account, may have added this very document.</summary>
    private async Task<Document.V1.Document?> FindSameAsync(PlannedDocument document, CancellationToken ct)
    {
        try
        {
            SearchDocumentsRequest request = new()
            {
                RecordId = document.RecordId,
                UniqueId = document.UniqueId,
                Statuses = { DocumentStatus.Approved, DocumentStatus.Deprecated, DocumentStatus.Archived },
            };
            var found = await Dmp.SearchDocumentsPageAsync(request, ct);
            return found.Documents.FirstOrDefault(same => same.Content.Sha256.Span.SequenceEqual(document.Sha256));
        }
        catch (DmpException)
        {
            // Whoever may add need not be allowed to search; the refusal stands as it was answered.
            return null;
        }
    }

    private static string DigestOf(PlannedDocument document)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(document.Sha256);
        hash.AppendData(document.Metadata.ToByteArray());
        hash.AppendData([.. document.VisibilityCodes.Select(code => (byte)code)]);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
