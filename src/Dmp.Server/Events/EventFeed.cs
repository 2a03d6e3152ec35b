using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Npgsql;

namespace Dmp.Server.Events;

/// <summary>One event on its way, with what the trace must say of it.</summary>
internal sealed record FeedDelivery(FeedRow Row, ChangeEvent Event, RecordAccess Access, TracedDocument? Document);

/// <summary>
/// The next events and the place behind them. <paramref name="IsAtEnd"/>: there are no more. <paramref name="IsCheckpoint"/>: nor does
/// anything that has committed wait for its place.
/// </summary>
internal sealed record FeedBatch(IReadOnlyList<ChangeEvent> Events, FeedPlace Place, bool IsAtEnd, bool IsCheckpoint);

/// <summary>
/// Reads the feed for one caller. Nothing is remembered between two reads but the place: each decides anew, by the facts of its moment,
/// what the next changes are to the caller.
/// </summary>
internal sealed class EventFeed(Database database, AccessPolicy policy, AuditTrail audit, FeedTokens tokens, TimeProvider time)
{
    /// <summary>Changes that one statement looks at: of everybody, or of the caller's records.</summary>
    private const int PieceRows = 500;

    // To look for the changes of one record costs about what it costs to look whose one change is. So few records are always the better
    // start; more are only where changes of the caller's are rare among everybody's, and with still more one read would take too long.
    private const int OwnMax = 2000;
    private const int OwnMaxOfRare = 50_000;

    /// <summary>Pieces without an event for the caller that one read looks at, so that it ends in a bounded time.</summary>
    private const int PiecesMax = 20;

    /// <summary>Changes that are decided together; fewer would cost more than they spare.</summary>
    private const int DecidedRowsMin = 50;

    /// <summary>A read that found nothing so far ends after this, with what it has passed: whoever waits wants a sign of life.</summary>
    private static readonly TimeSpan readTimeMax = TimeSpan.FromSeconds(2);

    /// <summary>Where a caller starts, with the event of the call in the trace.</summary>
    public async Task<FeedPlace> StartAsync(Call call, EventStart start, FeedQuery query, CancellationToken ct)
    {
        // What was answered before this call has committed. It gets its place here, so that "now" is behind it and a pull holds it; and by
        // itself, because a refusal tells of places and must not undo them.
        await database.InBatchesAsync(connection => ChangeSql.SequenceWaitingAsync(connection, ct), ct);
        var place = await database.OnConnectionAsync(connection => StartAsync(connection, call, start, query, ct), ct);
        await audit.TraceReadAsync(call, [], ct);
        return place;
    }

    /// <summary>
    /// The next events behind a place: whole commits, at most <paramref name="limit"/> events unless the first commit has more. They are in
    /// the trace when this returns. Without events the place has moved nevertheless.
    /// </summary>
    public Task<FeedBatch> ReadAsync(Call call, FeedQuery query, FeedPlace place, int limit, CancellationToken ct) =>
        database.OnConnectionAsync(connection => ReadAsync(connection, call, query, place, limit, ct), ct);

    private async Task<FeedPlace> StartAsync(
        NpgsqlConnection connection, Call call, EventStart start, FeedQuery query, CancellationToken ct)
    {
        var binding = FeedPlace.BindingOf(call.Caller, query);
        await RowScope.OfFeed(call.Caller, []).ApplyAsync(connection, ct);
        var place = start.FromCase switch
        {
            EventStart.FromOneofCase.ResumeToken => tokens.Read(start.ResumeToken),
            EventStart.FromOneofCase.PositionName => (await FeedPositionSql.FindAsync(connection, call.Caller, start.PositionName, ct))
                ?.ToPlace()
                ?? throw Failures.Of(ErrorReason.FeedPositionNotFound),
            _ => null,
        };
        if (place is not null && !place.Binding.AsSpan().SequenceEqual(binding))
        {
            throw FeedTokens.Invalid();
        }

        var head = await FeedSql.HeadAsync(connection, time.GetUtcNow(), ct);
        var view = FeedPlace.ViewOf(call.Caller, head.MatrixId);
        place ??= new FeedPlace(start.Point == StartPoint.Earliest ? head.FirstPosition : head.LastPosition, binding, view);
        RequireUsable(place, head, view);
        return place;
    }

    private async Task<FeedBatch> ReadAsync(
        NpgsqlConnection connection, Call call, FeedQuery query, FeedPlace place, int limit, CancellationToken ct)
    {
        var begin = time.GetTimestamp();

        // Who is nearly up to date has few changes left, whosesoever they are; who is behind is helped by the own records.
        var fromOwn = call.Caller.Kind.IsPerson;
        var ownMax = OwnMax;
        for (var piece = 0; piece < PiecesMax; piece++)
        {
            var next = new FeedPiece(call.Caller, query.Records, place.Position, PieceRows, time.GetUtcNow());
            var rows = fromOwn ? await FeedSql.CatchUpAsync(connection, next, ownMax, ct) : null;
            var isScanned = rows is null;
            rows ??= await FeedSql.ScanAsync(connection, next, ct);
            var head =
                new FeedHead { FirstPosition = rows[0].FirstPosition, LastPosition = rows[0].LastPosition, MatrixId = rows[0].MatrixId };
            RequireUsable(place, head, FeedPlace.ViewOf(call.Caller, head.MatrixId));
            var told = rows.Where(row => row.Position is not null && FeedRules.SubjectOf(row.Kind) is not null).ToList();
            foreach (var commits in FeedRules.ByCommits(told, Math.Max(limit, DecidedRowsMin)))
            {
                var deliveries = await DecideAsync(connection, call, query, commits, ct);
                var count = FeedRules.CountWithin(deliveries, limit);
                var end = count < deliveries.Count ? deliveries[count - 1].Row.CommitPosition
                    : commits[^1] == told[^1] ? rows[0].EndPosition
                    : commits[^1].CommitPosition;
                if (count == 0 && time.GetElapsedTime(begin) < readTimeMax)
                {
                    continue;
                }

                await TraceAsync(connection, call, deliveries.Take(count), ct);
                return new FeedBatch(
                    [.. deliveries.Take(count).Select(delivery => delivery.Event)],
                    place with { Position = end },
                    end == head.LastPosition,
                    end == head.LastPosition && rows[0].IsSequenced);
            }

            place = place with { Position = rows[0].EndPosition };
            if (piece == 0 && rows[0].Position is null)
            {
                ownMax = (int)Math.Clamp(head.LastPosition - place.Position, OwnMax, OwnMaxOfRare);
            }

            if (place.Position == head.LastPosition)
            {
                return new FeedBatch([], place, true, rows[0].IsSequenced);
            }

            fromOwn = piece == 0 || fromOwn && !isScanned;
        }

        return new FeedBatch([], place, false, false);
    }

    /// <summary>
    /// Refuses a place that was forgotten, or that lies behind a database that was restored, or from which what the caller sees has changed
    /// as a whole. The token in the metadata is of now, before the caller lists anew.
    /// </summary>
    private void RequireUsable(FeedPlace place, FeedHead head, byte[] view)
    {
        if (place.Position < head.FirstPosition || place.Position > head.LastPosition || !place.View.AsSpan().SequenceEqual(view))
        {
            throw Failures.Of(
                ErrorReason.FeedTokenOutdated, ("resume_token", tokens.Create(place with { Position = head.LastPosition, View = view })));
        }
    }

    private async Task<List<FeedDelivery>> DecideAsync(
        NpgsqlConnection connection, Call call, FeedQuery query, List<FeedRow> rows, CancellationToken ct)
    {
        var deliveries = new List<FeedDelivery>();
        foreach (var ofRecord in rows.GroupBy(row => row.RecordId))
        {
            if (await policy.LookAsync(connection, call, ofRecord.Key, ct) is not { } access)
            {
                continue;
            }

            var heard = ofRecord.Where(row => FeedRules.MayHear(access, row)).ToDictionary(row => row.Position!.Value);
            await RowScope.OfRecordChanges(call.Caller, access.RecordId).ApplyAsync(connection, ct);
            if (FeedRules.SeesDocuments(access))
            {
                deliveries.AddRange(await DecideDocumentsAsync(connection, query, access, heard, ct));
            }

            var positions = heard.Values.Where(row => FeedRules.SubjectOf(row.Kind) == FeedSubject.Record)
                .Select(row => row.Position!.Value).ToList();
            if (positions.Count > 0)
            {
                deliveries.AddRange(
                    from record in await FeedRecordSql.ReadAsync(connection, access, positions, ct)
                    let row = heard[record.Position]
                    let told = FeedRules.OfRecord(row, access, record)
                    where told is not null
                    select new FeedDelivery(row, told, access, null));
            }
        }

        // The order inside a rule's own change is that of the documents.
        return [.. deliveries.OrderBy(delivery => delivery.Row.Position)];
    }

    private static async Task<List<FeedDelivery>> DecideDocumentsAsync(
        NpgsqlConnection connection, FeedQuery query, RecordAccess access, Dictionary<long, FeedRow> heard, CancellationToken ct)
    {
        var documents = new List<FeedDocumentRow>();
        var changes = heard.Values.Where(row => FeedRules.SubjectOf(row.Kind) == FeedSubject.Document).Select(row => row.Position!.Value)
            .ToList();
        if (changes.Count > 0)
        {
            documents.AddRange(await FeedDocumentSql.OfChangesAsync(connection, access, query, changes, ct));
        }

        // Rules hide from professionals only, and never what is their own; secret acts are hidden from structures.
        foreach (var rule in heard.Values.Where(row => access.IsAuthorized && FeedRules.SubjectOf(row.Kind) == FeedSubject.Rule))
        {
            documents.AddRange(await FeedDocumentSql.OfRuleAsync(connection, access, query, rule.Position!.Value, ct));
        }

        foreach (var sight in heard.Values.Where(
            row => access.Caller.Kind == CallerKind.Structure && FeedRules.SubjectOf(row.Kind) == FeedSubject.StaffSight))
        {
            documents.AddRange(await FeedDocumentSql.OfStaffSightAsync(connection, access, query, sight.Position!.Value, ct));
        }

        return
        [
            .. from document in documents
               let row = heard[document.Position]
               let told = FeedRules.OfDocument(row, document)
               where told is not null
               select new FeedDelivery(
                   row,
                   told,
                   access,
                   told.Kind == ChangeKind.Deleted
                       ? new TracedDocument(document.DocumentId)
                       : new TracedDocument(document.DocumentId, document.Version, document.Sha256)),
        ];
    }

    /// <summary>One event for each record. What representatives must not know of is one of its own, which they do not see.</summary>
    private async Task TraceAsync(NpgsqlConnection connection, Call call, IEnumerable<FeedDelivery> deliveries, CancellationToken ct)
    {
        foreach (var ofRecord in deliveries.GroupBy(delivery => delivery.Access))
        {
            var isKnown = await AccessPolicy.IsKnownRightAsync(connection, call, ofRecord.Key, ct);
            foreach (var part in ofRecord.GroupBy(delivery => !isKnown || delivery.Row.HiddenFromRepresentatives))
            {
                var documents = part.Select(delivery => delivery.Document).OfType<TracedDocument>()
                    .DistinctBy(document => (document.DocumentId, document.Version));
                await audit.TraceDeliveryAsync(connection, call, ofRecord.Key, [.. documents], part.Key, ct);
            }
        }
    }
}
