using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Logging;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Documents;

internal sealed partial class DocumentService
{
    private sealed partial class ImportRun
    {
        /// <summary>
        /// Commits what is complete, as much as has come while it committed what was before. Two of these run, so that one can decide while the other
        /// waits for the disk.
        /// </summary>
        public async Task CommitAsync()
        {
            while (await complete.Reader.WaitToReadAsync(ct))
            {
                var batch = new List<ImportItem>();
                while (batch.Count < needs.Limits.BatchItems && complete.Reader.TryRead(out var item))
                {
                    batch.AddRange(PartsOf(item));
                }

                if (batch.Count > 0)
                {
                    await CommitAsync(batch);
                }
            }
        }

        private async Task CommitAsync(List<ImportItem> batch)
        {
            try
            {
                await service.CommitAllAsync([.. batch.Select(UnitOf).OfType<CommitUnit>()], ct);
                batch.ForEach(TakeFailures);

                await TraceFailuresAsync(batch.FindAll(item => item is { Failure: not null, IsSilent: false }));
                batch.ForEach(Witness);
            }
            catch (Exception fault) when (!ct.IsCancellationRequested)
            {
                // A fault of ours. It ends these documents, and neither the others nor the call.
                foreach (var item in batch.Where(item => !item.Call.IsTraced))
                {
                    item.Failure = Known(fault);
                }
            }
            finally
            {
                // Also when the call breaks in the middle.
                foreach (var item in batch)
                {
                    await CloseAsync(item);
                }
            }

            batch.FindAll(item => !item.IsSilent).ForEach(Answer);
        }

        /// <summary>A refusal whose event cannot be written is not told: the storage is not there.</summary>
        private async Task TraceFailuresAsync(List<ImportItem> failed)
        {
            foreach (var item in failed)
            {
                item.Failure = Known(item.Failure!);
            }

            var untraced = failed.FindAll(item => !item.Call.IsTraced);
            if (untraced.Count == 0)
            {
                return;
            }

            try
            {
                await needs.Audit.TraceFailuresAsync([.. untraced.Select(item => (item.Call, (RpcException)item.Failure!))], ct);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                ServerLog.StorageFailed(needs.Logger, e, call.Method);
                untraced.ForEach(item => item.Failure = Failures.Of(ErrorReason.StorageUnavailable));
            }
        }

        private readonly Lock witnessing = new();

        private RpcException Known(Exception failure)
        {
            switch (failure)
            {
                case RpcException refusal when Failures.ReasonOf(refusal) is not null:
                    return refusal;

                case var storage when StorageFailures.Of(storage) is { } known:
                    if (StorageFailures.IsAbsence(storage))
                    {
                        ServerLog.StorageFailed(needs.Logger, storage, call.Method);
                    }

                    return known;

                case OperationCanceledException:
                    return Failures.Of(ErrorReason.CallCancelled);

                default:
                    ServerLog.CallFailed(needs.Logger, failure, call.Method, call.ServerRequestId);
                    return Failures.Of(ErrorReason.Internal);
            }
        }

        /// <summary>The call stands in the trace by its documents, and its token is that of the latest.</summary>
        private void Witness(ImportItem item)
        {
            lock (witnessing)
            {
                call.IsTraced |= item.Call.IsTraced;
                call.Committed = item.Call.Committed is { } position && !(call.Committed?.Lsn > position.Lsn) ? position : call.Committed;
            }
        }

        private void Answer(ImportItem item)
        {
            var result = new ImportResult { Item = item.Number, Warnings = { item.Warnings } };
            if (item.Failure is RpcException failure)
            {
                result.Error = failure.GetRpcStatus();
                result.Warnings.Clear();
            }
            else if (item.Whole is { } set)
            {
                result.SubmissionSet = set.Response;
            }
            else
            {
                var response = item.Earlier ?? item.Upload!.Response!;
                result.Warnings.AddRange(response.Warnings);
                result.Document = response.Document;
            }

            Answers.Add(new ImportDocumentsResponse { Result = result });
        }

        /// <summary>Lets go of the bytes; the window has room again.</summary>
        private async Task CloseAsync(ImportItem item)
        {
            if (item.Receiver is { } receiver)
            {
                if (item.Upload is { Response: null } upload)
                {
                    await service.EndAsync(
                        item.Call.Caller, item.Plan!, receiver, finished: true, upload.Failure ?? Failures.Of(ErrorReason.CallCancelled));
                }
                else if (item.Upload is { IsAdded: false })
                {
                    // An earlier call had finished it, with bytes of its own.
                    await service.ForgetAsync(item.Call.Caller, item.Plan!, receiver.Sink);
                }

                await receiver.DisposeAsync();
            }

            item.Release?.Invoke();
            Book.Close(item);
        }
    }
}
