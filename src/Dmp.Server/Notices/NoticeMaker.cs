using Dmp.Notice.V1;
using Dmp.Server.Data;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Notices;

/// <summary>
/// Makes notices from changes. Every server does it, one at a time: the cursor's row is locked, and it moves in the transaction that
/// inserts the notices. Nothing of it is in the path of a call.
/// </summary>
internal sealed class NoticeMaker(
    Database database,
    ChangeListener listener,
    NoticeChannelList channels,
    IOptions<NoticeOptions> options,
    TimeProvider time,
    ILogger<NoticeMaker> logger) : BackgroundService
{
    private const string Changes = "changes";
    private const int BatchSize = 200;

    /// <summary>Set when there may be something to deliver.</summary>
    public Signal Made { get; } = new();

    /// <summary>Reads the next changes and makes their notices; returns how many changes were read.</summary>
    public async Task<int> MakeOnceAsync(CancellationToken ct)
    {
        var read = await database.OnConnectionAsync(connection => MakeOnceAsync(connection, ct), ct);
        if (read > 0)
        {
            Made.Set();
        }

        return read;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var next = listener.Changed.Next;
                if (await MakeGuardedAsync(stoppingToken) < BatchSize)
                {
                    await Signal.WaitAsync(next, options.Value.PollInterval, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; the cursor says where the next one begins.
        }
    }

    private async Task<int> MakeOnceAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await RowScope.Notices.ApplyAsync(connection, ct);
        if (await NoticeSql.ClaimAsync(connection, Changes, ct) is not { } position)
        {
            return 0;
        }

        var changes = await NoticeSql.ReadChangesAsync(connection, position, BatchSize, ct);
        if (changes.Count == 0)
        {
            return 0;
        }

        var head = await ChangeSql.HeadAsync(connection, ct);
        if (head.FirstPosition > position)
        {
            NoticeLog.ChangesWereForgotten(logger, head.FirstPosition, position);
        }

        List<(NewNotice, IReadOnlyList<NoticeWay>)> made = [];
        var now = time.GetUtcNow();
        foreach (var change in changes.Where(change => NoticeRules.ChangeKinds.Contains(change.Kind)))
        {
            await AddAsync(connection, change, made, now, ct);
        }

        await NoticeSql.InsertAsync(connection, made, now + options.Value.RetryFor, ct);
        await NoticeSql.AdvanceAsync(connection, Changes, changes[^1].Position, ct);
        return changes.Count;
    }

    private async Task<int> MakeGuardedAsync(CancellationToken ct)
    {
        try
        {
            return await MakeOnceAsync(ct);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            // A database that restarts must not end this for the life of the process. The cursor has not moved.
            NoticeLog.MakingFailed(logger, failure);
            await Task.Delay(options.Value.PollInterval, ct);
            return 0;
        }
    }

    private async Task AddAsync(
        NpgsqlConnection connection,
        ChangeRow change,
        List<(NewNotice Notice, IReadOnlyList<NoticeWay> Ways)> made,
        DateTimeOffset now,
        CancellationToken ct)
    {
        var found = await NoticeSql.FindFactsAsync(connection, change.RecordId, change.DocumentId, change.Position, now, ct);
        if (found is not { } facts || NoticeRules.KindOf(change, facts) is not { } kind)
        {
            return;
        }

        var secret = NoticeRules.IsSecret(change, facts);
        var notice = new NewNotice
        {
            NoticeId = Guid.CreateVersion7(now),
            RecordId = change.RecordId,
            Kind = kind,
            EventTime = change.EventTime,
            CreateTime = now,
            Secret = secret,
            Source = Changes,
            // A commit tells each kind once, but documents that share one were added each for itself (ADR 0019).
            SourcePosition =
                change.Kind is OutboxKind.DocumentCreated or OutboxKind.DocumentReplaced ? change.Position : change.CommitPosition,
        };
        made.Add((notice, NoticeRules.WaysOf(kind, secret, facts, channels.Ways)));
        if (kind != NoticeKind.EmergencyAccess)
        {
            return;
        }

        var email = channels.Ways.Where(way => way.Channel == NoticeChannel.Email).ToList();
        foreach (var physician in await NoticeSql.ListAttendingAsync(connection, change, now, ct))
        {
            made.Add((notice with { NoticeId = Guid.CreateVersion7(now), ProfessionalId = physician }, email));
        }
    }
}
