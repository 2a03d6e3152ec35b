using Dmp.Audit.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;

namespace Dmp.Server.Audit;

/// <summary>Events of a record with the proof that they are in the log.</summary>
internal sealed class GetInclusionProof(TracedReads reads, TraceReaders readers)
{
    private const int ProvenEventsMax = 200;

    public Task<GetInclusionProofResponse> RunAsync(Call call, GetInclusionProofRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.Require(request.EventIds.Count <= ProvenEventsMax, "event_ids", $"At most {ProvenEventsMax}.");
        faults.Require(
            request.EventIds.Distinct(StringComparer.OrdinalIgnoreCase).Count() == request.EventIds.Count, "event_ids", "Each event once.");
        var eventIds = request.EventIds.Take(ProvenEventsMax).Select((id, i) => ReadEventId(id, i, faults)).ToArray();
        faults.Require(request.TreeSize >= 0, "tree_size", "Must not be negative.");
        faults.ThrowIfAny();

        return reads.RunAsync(
            call,
            async connection =>
            {
                var (access, onlySubject) = await readers.RequireAsync(connection, call, recordId, ct);
                var rows = await ProvenEventSql.FindAsync(connection, access, onlySubject, eventIds, ct);
                if (rows.Count < eventIds.Length)
                {
                    throw Failures.Of(ErrorReason.TraceEventNotFound);
                }

                var newest = await LogProofs.RequireCheckpointAsync(connection, ct);
                var size = LogProofs.SizeOf(request.TreeSize, newest);
                if (rows.Exists(row => row.LeafIndex is not { } index || index >= newest.TreeSize))
                {
                    throw Failures.Of(ErrorReason.TraceNotLoggedYet);
                }

                if (rows.Exists(row => row.LeafIndex >= size))
                {
                    throw Failures.Of(ErrorReason.TraceSizeUnknown, ("tree_size", $"{newest.TreeSize}"));
                }

                var response = new GetInclusionProofResponse
                {
                    TreeSize = size,
                    Checkpoint = LogProofs.ToMessage(
                        size == newest.TreeSize ? newest : await TraceLogSql.FindCheckpointAsync(connection, size, ct)),
                };
                response.Events.AddRange(await EventProofs.ProveAsync(connection, rows, size, EventProofs.IsReviewer(call), ct));
                return response;
            },
            ct);
    }

    private static Guid ReadEventId(string id, int i, FieldFaults faults)
    {
        faults.Require(id.Length > 0, $"event_ids[{i}]", "Must be a UUID in the form 8-4-4-4-12.");
        return faults.Id(id, $"event_ids[{i}]");
    }
}
