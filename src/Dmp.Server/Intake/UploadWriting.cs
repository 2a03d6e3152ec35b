using Dmp.Error.V1;
using Dmp.Document.V1;
using Dmp.Proofs;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Facts;
using Dmp.Storage;
using Google.Protobuf;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>What the transaction of a batch writes.</summary>
internal sealed class UploadWriting(AuditTrail audit, ContentVault vault, ContentPacks packs, TimeProvider time)
{
    /// <summary>
    /// Writes what was decided and answers what of it is written with the commit: not those whose request id another call took at the
    /// same moment. The bytes go to the disk, and the events are signed, while the database claims the request ids; and last, so that
    /// bytes of what is refused never reach the disk.
    /// </summary>
    public async Task<(BatchDecisions Result, IReadOnlyList<NpgsqlBatchCommand> Last)> WriteAllAsync(
        NpgsqlConnection connection, BatchDecisions decisions, CancellationToken ct)
    {
        if (decisions.Uploads.Count + decisions.Sets.Count == 0)
        {
            return (decisions, []);
        }

        var now = time.GetUtcNow();
        List<UploadDecision> added = decisions.Uploads.FindAll(decision => !decision.IsAnswerOnly);
        List<SetDecision> sets = decisions.Sets.FindAll(set => !set.IsAnswerOnly);
        using var sealing = await SealAsync(connection, added, ct);
        var storing = sealing.Contents.Count == 0 ? null : packs.AddAsync(sealing.Contents);
        HashSet<Guid> claimed = [];
        try
        {
            var claiming = added.Count == 0 ? null : ClaimAsync(connection, added, sets, now, ct);
            decisions.Uploads.ForEach(decision => decision.Event = audit.Sign(decision.Upload.Call, null));
            decisions.Sets.ForEach(set => set.Event = audit.Sign(set.Set.Call, null));
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

        RequireWholeSets(sets, claimed);
        decisions.Uploads.RemoveAll(decision => !decision.IsAnswerOnly && !claimed.Contains(decision.Upload.Plan.RequestId));
        decisions.Sets.RemoveAll(set => !set.IsAnswerOnly && !claimed.Contains(set.Set.Plan.RequestId));
        added.RemoveAll(decision => !claimed.Contains(decision.Upload.Plan.RequestId));
        sets.RemoveAll(set => !claimed.Contains(set.Set.Plan.RequestId));
        await TakeUploadsAsync(connection, added, ct);
        AuditEventRow[] events = [.. decisions.Uploads.Select(decision => decision.Event!), .. decisions.Sets.Select(set => set.Event!)];
        if (events.Length == 0)
        {
            return (decisions, []);
        }

        return (decisions, [.. StatementsOf(sets), .. StatementsOf(added, now), AuditSql.ToAppend(events)]);
    }

    /// <summary>
    /// A set of which another call took some request ids at the same moment, and not all, must be decided again, when that call has
    /// ended: nothing of the batch is written until then.
    /// </summary>
    private static void RequireWholeSets(List<SetDecision> sets, HashSet<Guid> claimed)
    {
        foreach (var set in sets)
        {
            var held = set.Set.RequestIds.Count(claimed.Contains);
            if (held != 0 && held != set.Members.Count + 1)
            {
                throw new DecideAgainException();
            }
        }
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
                    // The content of the record was erased while this came. It belongs to what comes after, with another key: repeated,
                    // it is that. The batch is halved until it stands alone.
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
        NpgsqlConnection connection, List<UploadDecision> added, List<SetDecision> sets, DateTimeOffset now, CancellationToken ct) =>
        RequestLogSql.ClaimAllAsync(
            connection,
            added[0].Upload.Call.Caller.Key,
            [
                .. added.Select(decision => new RequestClaim(
                    decision.Upload.Plan.RequestId, UploadPlan.Method, decision.Upload.Fingerprint, decision.Response.ToByteArray())),
                .. sets.Select(set => new RequestClaim(
                    set.Set.Plan.RequestId, SubmissionSetPlan.Method, set.Set.Fingerprint, set.Response!.ToByteArray())),
            ],
            now,
            ct);

    /// <summary>Ends the unfinished uploads that become documents: each must still be this call's.</summary>
    private static async Task TakeUploadsAsync(NpgsqlConnection connection, List<UploadDecision> added, CancellationToken ct)
    {
        List<UploadArrival> large = [.. added.Select(decision => decision.Upload).Where(upload => upload.Small is null)];
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

    private static IEnumerable<NpgsqlBatchCommand> StatementsOf(List<SetDecision> sets) =>
        sets.Count > 0 ? [NewSubmissionSetSql.ToInsert([.. sets.Select(set => set.Row!)])] : [];

    private static IEnumerable<NpgsqlBatchCommand> StatementsOf(List<UploadDecision> added, DateTimeOffset now)
    {
        if (added.Count == 0)
        {
            yield break;
        }

        var replacing = added.FindAll(decision => decision.Replaced is not null);
        if (replacing.Count > 0)
        {
            yield return UploadSql.ToMoveDocuments(replacing);
        }

        if (added.Count > replacing.Count)
        {
            yield return UploadSql.ToInsertDocuments(added.FindAll(decision => decision.Replaced is null));
        }

        yield return UploadSql.ToInsertVersions([.. added.Select(decision => decision.Version!)]);
        var stating = added.Select(decision => decision.Version!)
            .Where(version => VersionReader.MayRead((ContentForm)version.Form))
            .ToList();
        if (stating.Count > 0)
        {
            yield return FactQueueSql.ToAdd(
            [
                .. stating.Select(version => new DueReading(
                    version.RecordId, version.DocumentId, version.Version, version.SizeBytes, version.CreateTime)),
            ]);
        }

        yield return OutboxSql.ToAppend(
            [
                .. added.Select(decision => (
                    decision.Replaced is null ? OutboxKind.DocumentCreated : OutboxKind.DocumentReplaced,
                    decision.Access.RecordId,
                    DocumentChanges.DetailOf(decision.Document.DocumentId, decision.Document.Version, decision.Replaced),
                    decision.Upload.Call)),
            ],
            now);
    }
}

/// <summary>Others took these uploads up, or gave them up, while this call finished them.</summary>
internal sealed class UploadsTakenOverException(IReadOnlyList<UploadArrival> uploads) : Exception
{
    public IReadOnlyList<UploadArrival> Uploads => uploads;
}

/// <summary>What was decided does not hold any more, and what does is known only outside of this transaction.</summary>
internal sealed class DecideAgainException : Exception;
