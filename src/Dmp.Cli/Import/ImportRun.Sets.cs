using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Dmp.Cli.Platform;
using Dmp.Client;
using Dmp.Error.V1;
using Google.Protobuf;

namespace Dmp.Cli.Import;

/// <summary>Submission sets of packages, each sent as one.</summary>
internal sealed partial class ImportRun
{
    private async Task SendSetsAsync(List<PlannedDocument> planned, ImportOptions options, TransferBar progress, CancellationToken ct)
    {
        var sets = planned.GroupBy(document => document.Submission!.Key, StringComparer.Ordinal).ToDictionary(
            set => set.Key, set => set.ToList(), StringComparer.Ordinal);
        var sent = planned.ToDictionary(document => document.Key, StringComparer.Ordinal);
        await GuardAsync(
            sent,
            async stop =>
            {
                await foreach (var outcome in Dmp.ImportAsync(SetsAsync(sets.Values, stop.Token), options, stop.Token))
                {
                    foreach (var document in sets[outcome.Key])
                    {
                        sent.Remove(document.Key);
                        progress.Add(document.File!.Length);
                    }

                    await AcceptAsync(sets[outcome.Key], outcome, ct);
                    if (hasGivenUp)
                    {
                        await stop.CancelAsync();
                    }
                }
            },
            ct);
    }

    private async IAsyncEnumerable<ImportSet> SetsAsync(
        IEnumerable<List<PlannedDocument>> sets, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var set in sets)
        {
            if (hasGivenUp)
            {
                yield break;
            }

            List<ImportItem> items = [];
            foreach (var document in set.Where(document => !document.IsSignature))
            {
                items.Add(await ItemAsync(document, ct));
            }

            var submission = set[0].Submission!;
            var signature = await SignatureAsync(set.Find(document => document.IsSignature), ct);
            var recordId = items[0].RecordId;
            yield return new ImportSet
            {
                Key = submission.Key,
                RecordId = recordId,
                Items = items,
                Metadata = submission.Metadata,
                Signature = signature,
                RequestId = ledger is null ? null
                    : (await ledger.BeginAsync(
                        $"{submission.Key}/", DigestOf(submission, signature, items), recordId, null, null, ct)).RequestId,
            };
        }
    }

    private async Task<byte[]> SignatureAsync(PlannedDocument? signature, CancellationToken ct)
    {
        if (signature?.File is not { } file)
        {
            return [];
        }

        await using var content = tree.Open(file);
        var bytes = new byte[file.Length];
        await content.ReadExactlyAsync(bytes, ct);
        return bytes;
    }

    private async Task AcceptAsync(List<PlannedDocument> set, ImportSetOutcome outcome, CancellationToken ct)
    {
        var documents = outcome.Documents.ToDictionary(document => document.Key, StringComparer.Ordinal);
        HashSet<ImportResult> results = [];
        foreach (var document in set.Where(document => !document.IsSignature))
        {
            var own = documents[document.Key];
            if (own.Error?.ErrorReason == ErrorReason.SubmissionSetRefused
                && outcome.Error is { } fault
                && fault.ErrorReason != ErrorReason.SubmissionSetRefused)
            {
                // What is at fault is the set itself, which has no line of its own.
                await report.AddAsync(
                    document, ResultOf(fault), own with { Error = fault }, message: $"The submission set was refused: {fault.Message}");
                results.Add(ResultOf(fault));
            }
            else
            {
                results.Add(await AcceptAsync(document, own, ct));
            }
        }

        if (set.Find(document => document.IsSignature) is not { } signature)
        {
            return;
        }

        // All of it is there, the set by its own identifier too, and the signature with it.
        if (outcome.Error?.ErrorReason == ErrorReason.UniqueIdTaken && results.SetEquals([ImportResult.Already]))
        {
            await report.AddAsync(signature, ImportResult.Already, null, "", "Kept before as the signature of its submission set.");
            return;
        }

        await report.AddAsync(
            signature,
            outcome.Error is not null ? ResultOf(outcome.Error) : ledger is null ? ImportResult.Valid : ImportResult.Stored,
            new ImportOutcome { Key = signature.Key, Error = outcome.Error },
            message: outcome.Error is null ? "Kept as the signature of its submission set." : "");
    }

    /// <summary>Another set of documents, or of other request ids, is another set.</summary>
    private static string DigestOf(PlannedSet set, byte[] signature, List<ImportItem> items)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(set.Metadata.ToByteArray());
        hash.AppendData(signature);
        foreach (var item in items)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(item.Options.RequestId ?? ""));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
