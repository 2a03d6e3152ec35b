using Dmp.Audit.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>The trace of a record, whole and with its proofs.</summary>
internal sealed class ExportRecordEvents(Database database, TracedReads reads, TraceReaders readers)
{
    /// <summary>Events read and proven at a time; no connection is held while they are sent.</summary>
    private const int ExportPage = 50;

    public async Task RunAsync(
        Call call, ExportRecordEventsRequest request, IServerStreamWriter<ExportRecordEventsResponse> responses, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var time = (faults.Time(request.TimeFrom, "time_from"), faults.Time(request.TimeTo, "time_to"));
        faults.Require(request.EarlierTreeSize >= 0, "earlier_tree_size", "Must not be negative.");
        faults.ThrowIfAny();

        var header = await reads.RunAsync(call, connection => BeginExportAsync(connection, call, request, recordId, ct), ct);
        await responses.WriteAsync(new ExportRecordEventsResponse { Header = header }, ct);
        var (count, last) = (0L, Guid.Empty);
        while (true)
        {
            var page = await database.OnConnectionAsync(
                async connection =>
                {
                    // Access is decided anew: who lost it gets no further page.
                    var (access, onlySubject) = await readers.RequireAsync(connection, call, recordId, ct);
                    var rows = await ProvenEventSql.ListPageAsync(
                        connection, access, onlySubject, time, header.Checkpoint.TreeSize, last, ExportPage, ct);
                    last = rows.Count > 0 ? rows[^1].EventId : last;
                    return await EventProofs.ProveAsync(connection, rows, header.Checkpoint.TreeSize, EventProofs.IsReviewer(call), ct);
                },
                ct);
            foreach (var proven in page)
            {
                await responses.WriteAsync(new ExportRecordEventsResponse { Event = proven }, ct);
            }

            count += page.Count;
            if (page.Count < ExportPage)
            {
                break;
            }
        }

        await responses.WriteAsync(new ExportRecordEventsResponse { End = new TraceExportEnd { EventCount = count } }, ct);
    }

    /// <summary>Decides, and fixes the state of the log that the export is proven against.</summary>
    private async Task<TraceExportHeader> BeginExportAsync(
        NpgsqlConnection connection, Call call, ExportRecordEventsRequest request, Guid recordId, CancellationToken ct)
    {
        await readers.RequireAsync(connection, call, recordId, ct);
        var newest = await LogProofs.RequireCheckpointAsync(connection, ct);
        var header = new TraceExportHeader
        {
            RecordId = recordId.ToString(),
            Checkpoint = LogProofs.ToMessage(newest),
            Vkeys = { await TraceLogSql.ListKeysAsync(connection, ct) },
            FirstCheckpoint = (await TraceLogSql.FindFirstCheckpointAsync(connection, ct))?.Note ?? "",
            EarlierTreeSize = request.EarlierTreeSize,
            TimeFrom = request.TimeFrom,
            TimeTo = request.TimeTo,
        };
        if (request.EarlierTreeSize > 0)
        {
            header.ConsistencyProof.AddRange(
                await LogProofs.ProveConsistencyAsync(connection, request.EarlierTreeSize, newest.TreeSize, ct));
        }

        return header;
    }
}
