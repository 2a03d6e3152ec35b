using System.Buffers.Binary;
using Dmp.Care.Timelines;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Facts;
using Dmp.Type.V1;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dmp.Server.Care;

/// <summary>A record by date.</summary>
internal sealed class GetTimeline(WholeRecord wholeRecord, LastVisits visits, PageTokens pageTokens, AuditTrail audit, TimeProvider time)
{
    private const int StatingMax = 1_000;

    /// <summary>Documents of one message, but for an episode that has more.</summary>
    private const int MessageDocumentsMax = 50;

    private static readonly HashSet<FactKind> encounters = [FactKind.Encounter];
    private static readonly HashSet<FactKind> essentials = [FactKind.Encounter, FactKind.Observation, FactKind.Medication];

    public async Task RunAsync(
        Call call, GetTimelineRequest request, IServerStreamWriter<GetTimelineResponse> responses, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var now = time.GetUtcNow();
        var at = DocumentRules.CheckTime(request.At, "at", faults) ?? now;
        var newSince = DocumentRules.CheckTime(request.NewSince, "new_since", faults);
        faults.Require(at <= now.AddYears(1), "at", "Must be a year from now at most.");
        faults.Require(newSince is null || newSince <= at, "new_since", "Must not be after `at`.");
        faults.Require(System.Enum.IsDefined(request.Order), "order", "Must be an order of this version of the contract.");
        var search = ToSearch(request, faults);
        faults.ThrowIfAny();

        var query = request.Clone();
        query.PageToken = "";
        if (pageTokens.Read(request.PageToken, call.Caller, query) is { } position)
        {
            search = search with { After = PageTokens.ReadPosition(position) };
        }

        var isEssential = request.Order == TimelineOrder.EssentialFirst;
        var reading = await wholeRecord.ReadAsync(call, recordId, search, isEssential ? essentials : encounters, StatingMax, ct);

        // Who may not read the record has learnt that by now.
        var since = newSince ?? await visits.FindAsync(call, recordId, at, ct);
        var order = isEssential ? TimelineOrder.EssentialFirst : TimelineOrder.ByDate;
        var entries = TimelineBuilder.Build(DatedOf(reading), new TimelineQuestion(at, order, since, request.OnlyNew));
        TimelineHeader header = new()
        {
            RecordId = recordId.ToString(),
            At = at.ToTimestamp(),
            Order = order,
            NewSince = since?.ToTimestamp(),
            NewSinceOrigin = newSince is not null ? NewSinceOrigin.Caller
                : since is not null ? NewSinceOrigin.LastVisit : NewSinceOrigin.NoVisit,
            Entries = entries.Count,
            DocumentsTold = entries.Sum(entry => entry.Documents.Count),
            Documents = reading.Coverage,
            HiddenPossible = TimelineBuilder.HiddenPossible,
            NextPageToken = reading.Coverage.MoreDocuments ? NextOf(call, query, reading) : "",
        };
        await audit.TraceReadAsync(call, CareSources.TracedOf(reading, entries), ct);
        await responses.WriteAsync(new GetTimelineResponse { Header = header }, ct);
        foreach (var message in Cut(entries))
        {
            await responses.WriteAsync(new GetTimelineResponse { Entries = message }, ct);
        }
    }

    private static DocumentSearch ToSearch(GetTimelineRequest request, FieldFaults faults)
    {
        DocumentRules.CheckCodings(request.Types_, "types", faults);
        DocumentRules.CheckCodings(request.Classes, "classes", faults);
        var from = DocumentRules.CheckTime(request.TimeFrom, "time_from", faults);
        var to = DocumentRules.CheckTime(request.TimeTo, "time_to", faults);
        faults.Require(from is null || to is null || from < to, "time_to", "Must be after `time_from`.");
        return DocumentSearch.Approved with
        {
            Types = Columns(request.Types_),
            Classes = Columns(request.Classes),
            ServiceTimeFrom = from,
            ServiceTimeTo = to,
            AuthorStructureId = request.StructureId.Length == 0 ? null : request.StructureId,
        };
    }

    private static string[]? Columns(RepeatedField<Coding> codings) =>
        codings.Count == 0 ? null : [.. codings.Select(coding => coding.ToColumn())];

    private static IEnumerable<DatedDocument> DatedOf(RecordReading reading) =>
        reading.Stating.Select(one => DatedOf(one.Row, one.Facts.Facts, one.Facts.State))
            .Concat(reading.Others.Select(one => DatedOf(one.Row, [], one.State)));

    private static DatedDocument DatedOf(DocumentRow row, IReadOnlyList<Fact> facts, DocumentFactsState state)
    {
        // The id of a document is of when its first version came.
        var came = row.Version > 1 && row.DocumentId.Version == 7 ? TimeOf(row.DocumentId) : row.CreateTime;
        var changed = row.UpdateTime > row.CreateTime ? row.UpdateTime : row.CreateTime;
        var ofClass = DocumentTypes.Class(row.ClassCode[(DocumentTypes.ClassSystem.Length + 1)..]);
        return new DatedDocument(CareDocuments.Of(row, facts), ofClass, state, came, changed);
    }

    private static DateTimeOffset TimeOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16);
    }

    private string NextOf(Call call, GetTimelineRequest query, RecordReading reading)
    {
        var last = reading.Stating.Select(one => one.Row).Concat(reading.Others.Select(one => one.Row))
            .Min(row => row.SearchPosition);
        return pageTokens.Create(call.Caller, query, PageTokens.Position(last.Time, last.Id, last.Version));
    }

    private static IEnumerable<TimelineEntries> Cut(IReadOnlyList<TimelineEntry> entries)
    {
        TimelineEntries message = new();
        var documents = 0;
        foreach (var entry in entries)
        {
            if (documents > 0 && documents + entry.Documents.Count > MessageDocumentsMax)
            {
                yield return message;
                (message, documents) = (new TimelineEntries(), 0);
            }

            message.Entries.Add(entry);
            documents += entry.Documents.Count;
        }

        if (documents > 0)
        {
            yield return message;
        }
    }
}
