using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>
/// Complete uploads of one caller become documents in one transaction: versions, trace, outbox and request ids, with the unfinished uploads gone
/// (ADR 0019). Uploads by calls of their own are a batch too, of those that are complete at the same moment.
/// </summary>
internal sealed partial class DocumentService
{
    /// <summary>
    /// Concludes each upload: with its answer, or with why it became nothing, which is not traced here. What is refused stops no other one, and
    /// neither does one with which the transaction of all fails.
    /// </summary>
    private async Task CommitAllAsync(IEnumerable<CompleteUpload> uploads, CancellationToken ct)
    {
        List<CompleteUpload> waiting = [.. uploads];
        while (waiting.Count > 0)
        {
            // Of two with one request id, one unique id or one document to replace, the second sees what became of the first.
            var names = new HashSet<(Guid, string)>();
            await CommitPartAsync([.. waiting.Where(upload => TryAddAll(names, upload.Plan))], ct);
            waiting.RemoveAll(upload => upload.IsDone);
        }
    }

    private static bool TryAddAll(HashSet<(Guid, string)> names, UploadPlan plan)
    {
        (Guid, string)[] own = plan.Replaces is { } replaced
            ? [(plan.RequestId, ""), (plan.RecordId, plan.Metadata.UniqueId), (replaced, "")]
            : [(plan.RequestId, ""), (plan.RecordId, plan.Metadata.UniqueId)];
        if (own.Any(names.Contains))
        {
            return false;
        }

        names.UnionWith(own);
        return true;
    }

    private async Task CommitPartAsync(IReadOnlyList<CompleteUpload> batch, CancellationToken ct)
    {
        try
        {
            await CommitOnceAsync(batch, ct);
        }
        catch (UploadsTakenOverException lost)
        {
            foreach (var upload in lost.Uploads)
            {
                upload.Failure = Failures.Of(ErrorReason.UploadTakenOver, ("request_id", upload.Plan.RequestId.ToString()));
            }
        }
        catch (Exception failure) when (batch.Count > 1 && !ct.IsCancellationRequested && !StorageFailures.IsAbsence(failure))
        {
            // Somebody else's unique id at the same moment, a deadlock, or a fault of ours: it must not be that of the others.
            var half = batch.Count / 2;
            await CommitPartAsync([.. batch.Take(half)], ct);
            await CommitPartAsync([.. batch.Skip(half)], ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            foreach (var upload in batch)
            {
                upload.Failure = failure;
            }
        }
    }

    private async Task CommitOnceAsync(IReadOnlyList<CompleteUpload> batch, CancellationToken ct)
    {
        List<(CompleteUpload Upload, RpcException Refusal)> refused = [];
        var (done, committed) = await database.InTransactionAsync(
            async connection => await WriteAllAsync(connection, await DecideAllAsync(connection, batch, refused, ct), ct), ct);
        foreach (var (upload, refusal) in refused)
        {
            upload.Failure = refusal;
        }

        foreach (var decision in done)
        {
            var upload = decision.Upload;
            (upload.Response, upload.IsAdded) = (decision.Response, !decision.IsAnswerOnly);
            (upload.Call.IsTraced, upload.Call.Committed) = (true, committed);
        }
    }

    private async Task<List<UploadDecision>> DecideAllAsync(
        NpgsqlConnection connection, IReadOnlyList<CompleteUpload> batch, List<(CompleteUpload, RpcException)> refused, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var facts = await UploadFactsSql.ReadAsync(connection, batch[0].Call.Caller, [.. batch.Select(upload => upload.Plan)], now, ct);
        var decisions = new List<UploadDecision>();
        var replaced = new HashSet<Guid>();
        foreach (var upload in batch)
        {
            // The refusal of one call names that call, whichever of them commits for the others.
            Call.Current = upload.Call;
            try
            {
                var decision = await DecideAsync(connection, facts, upload, now, ct);
                if (decision.Replaced is null || replaced.Add(decision.Replaced.DocumentId))
                {
                    decisions.Add(decision);
                }
            }
            catch (RpcException refusal)
            {
                refused.Add((upload, refusal));
            }
        }

        return decisions;
    }

    /// <summary>The rules, for one upload: the right first, also for a repeat.</summary>
    private async Task<UploadDecision> DecideAsync(
        NpgsqlConnection connection, UploadFacts facts, CompleteUpload upload, DateTimeOffset now, CancellationToken ct)
    {
        var (call, plan) = (upload.Call, upload.Plan);
        call.RequestId = plan.RequestId.ToString();
        var access = policy.Require(call, plan.RecordId, facts.Records.GetValueOrDefault(plan.RecordId));
        if (Recall(facts, plan, upload.Fingerprint) is { } earlier)
        {
            call.Documents = [TracedDocument.Of(earlier.Document)];
            return new UploadDecision { Upload = upload, Access = access, Response = earlier, IsAnswerOnly = true };
        }

        var (placed, warnings) = await PlaceAsync(connection, access, facts, plan, ct);
        var replaced = await RequireGoodAsync(connection, access, facts, placed, ct);
        if (plan.Message.ValidateOnly)
        {
            call.Documents = replaced is null ? [] : [new TracedDocument(replaced.DocumentId)];
            return new UploadDecision
            {
                Upload = upload,
                Access = access,
                Response = new UploadDocumentResponse { Warnings = { warnings } },
                IsAnswerOnly = true,
            };
        }

        var documentId = replaced?.DocumentId ?? Guid.CreateVersion7(now);
        var version = placed.ToVersion(access, documentId, (replaced?.CurrentVersion ?? 0) + 1, upload.Content, upload.Form, now);
        var visibility = placed.ToVisibility(now, access.DocumentsMaskedByDefault && replaced is null, accessOptions.Value);
        var document = DocumentMapping.ToRow(version, visibility, replaced);
        call.Documents = [new TracedDocument(documentId, version.Version, version.Sha256)];
        return new UploadDecision
        {
            Upload = upload,
            Access = access,
            Response = new UploadDocumentResponse { Document = document.ToMessage(), Warnings = { warnings } },
            Replaced = replaced,
            Version = version,
            Document = document,
            AnnounceTime = visibility.AnnounceTime,
        };
    }

    /// <summary>
    /// Writes what was decided and answers what of it was written: not those whose request id another call took at the same moment. The bytes go
    /// to the disk, and the events are signed, while the database claims the request ids; and last, so that bytes of what is refused never
    /// reach the disk.
    /// </summary>
    private async Task<List<UploadDecision>> WriteAllAsync(NpgsqlConnection connection, List<UploadDecision> decisions, CancellationToken ct)
    {
        if (decisions.Count == 0)
        {
            return decisions;
        }

        var now = time.GetUtcNow();
        List<UploadDecision> added = [.. decisions.Where(decision => !decision.IsAnswerOnly)];
        using var sealing = await SealAsync(connection, added, ct);
        var storing = sealing.Contents.Count == 0 ? null : packs.AddAsync(sealing.Contents);
        HashSet<Guid> claimed = [];
        try
        {
            var claiming = added.Count == 0 ? null : ClaimAsync(connection, added, now, ct);
            foreach (var decision in decisions)
            {
                decision.Event = audit.Sign(decision.Upload.Call, null);
            }

            claimed = claiming is null ? claimed : await claiming;
        }
        finally
        {
            // The bytes are the caller's again once this has ended.
            await ((Task?)storing ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (storing is not null)
        {
            sealing.Place(await storing);
        }

        added.RemoveAll(decision => !claimed.Contains(decision.Upload.Plan.RequestId));
        await TakeUploadsAsync(connection, added, ct);
        List<UploadDecision> written = [.. added, .. decisions.Where(decision => decision.IsAnswerOnly)];
        if (written.Count > 0)
        {
            await using var batch = new NpgsqlBatch(connection);
            AddStatements(batch, added, now);
            batch.BatchCommands.Add(AuditSql.ToAppend([.. written.Select(decision => decision.Event!)]));
            await batch.ExecuteNonQueryAsync(ct);
            audit.Announce();
        }

        return written;
    }

    /// <summary>
    /// Seals small documents with the keys of their records. Larger ones are sealed already; of these the key must still live: what is not
    /// is left out, and told to come again. Until the transaction ends no key of these records is destroyed.
    /// </summary>
    private async Task<SealedBatch> SealAsync(NpgsqlConnection connection, List<UploadDecision> added, CancellationToken ct)
    {
        var batch = new SealedBatch();
        if (added.Count == 0)
        {
            return batch;
        }

        try
        {
            await batch.OpenKeysAsync(vault, connection, added.Select(decision => decision.Access.RecordId), ct);
            foreach (var decision in added)
            {
                if (decision.Upload.Small is not null)
                {
                    batch.Seal(decision);
                }
                else if (!batch.TryName(decision))
                {
                    // The content of the record was erased while this came. It belongs to what comes after, with another key: repeated, it is
                    // that. The batch is halved until it stands alone.
                    throw Failures.Of(ErrorReason.WriteConflict);
                }
            }

            return batch;
        }
        catch (Exception)
        {
            batch.Dispose();
            throw;
        }
    }

    private static Task<HashSet<Guid>> ClaimAsync(
        NpgsqlConnection connection, List<UploadDecision> added, DateTimeOffset now, CancellationToken ct) =>
        RequestLogSql.ClaimAllAsync(
            connection,
            added[0].Upload.Call.Caller.Key,
            UploadMethod,
            [
                .. added.Select(decision => new RequestClaim(
                    decision.Upload.Plan.RequestId, decision.Upload.Fingerprint, decision.Response.ToByteArray())),
            ],
            now,
            ct);

    /// <summary>Ends the unfinished uploads that become documents: each must still be this call's.</summary>
    private static async Task TakeUploadsAsync(NpgsqlConnection connection, List<UploadDecision> added, CancellationToken ct)
    {
        List<CompleteUpload> large = [.. added.Select(decision => decision.Upload).Where(upload => upload.Small is null)];
        if (large.Count == 0)
        {
            return;
        }

        var taken = await UnfinishedUploadSql.DeleteAllAsync(connection, large.Select(upload => upload.Plan), ct);
        large.RemoveAll(upload => taken.Contains(upload.Plan.UploadId));
        if (large.Count > 0)
        {
            throw new UploadsTakenOverException(large);
        }
    }

    private static void AddStatements(NpgsqlBatch batch, List<UploadDecision> added, DateTimeOffset now)
    {
        if (added.Count == 0)
        {
            return;
        }

        var replacing = added.FindAll(decision => decision.Replaced is not null);
        if (replacing.Count > 0)
        {
            batch.BatchCommands.Add(UploadSql.ToMoveDocuments(replacing));
        }

        if (added.Count > replacing.Count)
        {
            batch.BatchCommands.Add(UploadSql.ToInsertDocuments(added.FindAll(decision => decision.Replaced is null)));
        }

        batch.BatchCommands.Add(UploadSql.ToInsertVersions([.. added.Select(decision => decision.Version!)]));
        batch.BatchCommands.Add(OutboxSql.ToAppend(
            [
                .. added.Select(decision => (
                    decision.Replaced is null ? OutboxKind.DocumentCreated : OutboxKind.DocumentReplaced,
                    decision.Access.RecordId,
                    DetailOf(decision.Document.DocumentId, decision.Document.Version, decision.Replaced),
                    decision.Upload.Call)),
            ],
            now));
    }

    /// <summary>Others took these uploads up, or gave them up, while this call finished them.</summary>
    private sealed class UploadsTakenOverException(IReadOnlyList<CompleteUpload> uploads) : Exception
    {
        public IReadOnlyList<CompleteUpload> Uploads => uploads;
    }
}
