using Dmp.Annotations.V1;
using Dmp.Notice.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Notices;

/// <summary>
/// Makes a notice of the first access of each professional to a record. The source is the log of the trace, which every read is in; the
/// cursor moves in the transaction that inserts the notices, as in <see cref="NoticeMaker"/>.
/// </summary>
internal sealed class FirstAccessMaker(
    Database database,
    NoticeMaker maker,
    NoticeChannelList channels,
    IOptions<NoticeOptions> options,
    TimeProvider time,
    ILogger<FirstAccessMaker> logger) : BackgroundService
{
    private const string Trace = "trace";
    private const int BatchSize = 1000;

    private static readonly Function[] reading =
    [
        Function.ReadAdministrativeData, Function.ListAuthorizations, Function.Search, Function.FindReference, Function.Read,
        Function.ReadMasked,
        Function.ReadHidden, Function.ReadArchived, Function.ReadObsolete, Function.ReadDeleted, Function.ReadSettings, Function.ReadTrace,
    ];

    // The existence test, feeding and opening show nothing of the record.
    private static readonly string[] methods =
    [
        .. OfferedServices.All.SelectMany(service => service.Methods)
            .Where(method => method.GetOptions()?.GetExtension(AnnotationsExtensions.Access)?.Functions.Intersect(reading).Any() == true)
            .Select(method => $"{method.Service.FullName}/{method.Name}"),
    ];

    /// <summary>Methods by which a professional looks at a record, as the contract says what they are for.</summary>
    public static IReadOnlyList<string> Methods => methods;

    /// <summary>Reads the next part of the log; returns how many events were looked at.</summary>
    public async Task<int> MakeOnceAsync(CancellationToken ct)
    {
        var (looked, found) = await database.OnConnectionAsync(connection => MakeOnceAsync(connection, ct), ct);
        if (found > 0)
        {
            maker.Made.Set();
        }

        return looked;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                if (await MakeGuardedAsync(stoppingToken) < BatchSize)
                {
                    await Task.Delay(options.Value.PollInterval, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; the cursor says where the next one begins.
        }
    }

    private async Task<(int Looked, int Found)> MakeOnceAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await RowScope.Notices.ApplyAsync(connection, ct);
        if (await NoticeSql.ClaimAsync(connection, Trace, ct) is not { } position)
        {
            return (0, 0);
        }

        var leaves = await FirstAccessSql.ReadLeavesAsync(connection, position, BatchSize, ct);
        if (leaves.Count == 0)
        {
            return (0, 0);
        }

        var indexes = leaves.ToDictionary(leaf => leaf.EventId, leaf => leaf.Index);
        var found = await FirstAccessSql.FindNewAsync(connection, [.. indexes.Keys], methods, ct);
        foreach (var access in found)
        {
            await TellAsync(connection, access, indexes[access.EventId], ct);
        }

        await NoticeSql.AdvanceAsync(connection, Trace, leaves[^1].Index, ct);
        return (leaves.Count, found.Count);
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
            return 0;
        }
    }

    private async Task TellAsync(NpgsqlConnection connection, FirstAccessRow access, long leafIndex, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (await NoticeSql.FindFactsAsync(connection, access.RecordId, null, 0, now, ct) is not { } facts)
        {
            return;
        }

        await FirstAccessSql.InsertAsync(connection, access, ct);
        var secret = facts.IsRepresented && access.Secret;
        var notice = new NewNotice
        {
            NoticeId = Guid.CreateVersion7(now),
            RecordId = access.RecordId,
            Kind = NoticeKind.FirstAccess,
            EventTime = access.EventTime,
            CreateTime = now,
            Secret = secret,
            Source = Trace,
            SourcePosition = leafIndex,
        };
        var ways = NoticeRules.WaysOf(NoticeKind.FirstAccess, secret, facts, channels.Ways);
        await NoticeSql.InsertAsync(connection, [(notice, ways)], now + options.Value.RetryFor, ct);
    }
}
