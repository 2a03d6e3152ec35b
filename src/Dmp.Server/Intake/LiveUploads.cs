using System.Collections.Concurrent;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>The unfinished uploads that calls of this server send at the moment.</summary>
internal sealed class LiveUploads(Database database, TimeProvider time)
{
    /// <summary>An upload shows that it is alive this often, and learns as often whether another server took it up.</summary>
    private static readonly TimeSpan beat = TimeSpan.FromSeconds(2);

    /// <summary>A call that is told to let go of its bytes does so within this time.</summary>
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Guid, LiveUpload> uploads = new();

    /// <summary>
    /// The call of this upload and generation begins to hold its bytes. It lets go when <see cref="LiveUpload.LetGo"/> says so, and
    /// disposes of the answer then.
    /// </summary>
    public LiveUpload Begin(Caller caller, UploadPlan intent, UploadSink sink)
    {
        var live = new LiveUpload(uploads, intent.UploadId);
        uploads[intent.UploadId] = live;
        live.Beating = BeatAsync(live, RowScope.OfRecord(caller, intent.RecordId), () => intent.Sign(sink, time.GetUtcNow()));
        return live;
    }

    /// <summary>Tells the call of this server that holds the upload, if there is one, to let go, and waits until it has.</summary>
    public async Task EndAsync(Guid uploadId, CancellationToken ct)
    {
        if (!uploads.TryGetValue(uploadId, out var live))
        {
            return;
        }

        live.TakeOver();
        try
        {
            await live.Ended.WaitAsync(patience, time, ct);
        }
        catch (TimeoutException)
        {
            // It is stuck in the storage, and its lock on the bytes tells so to whoever wants them.
        }
    }

    private async Task BeatAsync(LiveUpload live, RowScope scope, Func<UploadSign> sign)
    {
        using var timer = new PeriodicTimer(beat, time);
        try
        {
            while (await timer.WaitForNextTickAsync(live.LetGo))
            {
                if (!await BeatOnceAsync(live, scope, sign()))
                {
                    live.TakeOver();
                }
            }
        }
        catch (OperationCanceledException) when (live.LetGo.IsCancellationRequested)
        {
            // The upload ended, or is another call's.
        }
    }

    private async Task<bool> BeatOnceAsync(LiveUpload live, RowScope scope, UploadSign sign)
    {
        try
        {
            return await database.OnConnectionAsync(
                async connection =>
                {
                    await scope.ApplyAsync(connection, live.LetGo);
                    return await UnfinishedUploadSql.BeatAsync(connection, sign, live.LetGo);
                },
                live.LetGo);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // A database that restarts does not end an upload. Whether it is still this call's is asked again, and decided at its commit.
            return true;
        }
    }
}

/// <summary>An unfinished upload that a call of this server sends.</summary>
internal sealed class LiveUpload(ConcurrentDictionary<Guid, LiveUpload> uploads, Guid uploadId) : IAsyncDisposable
{
    private readonly CancellationTokenSource letGo = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Another call took the upload up or gave it up.</summary>
    public bool IsTakenOver { get; private set; }

    public CancellationToken LetGo => letGo.Token;

    /// <summary>The call no longer holds the bytes.</summary>
    public Task Ended => ended.Task;

    public Task Beating { get; set; } = Task.CompletedTask;

    public void TakeOver()
    {
        IsTakenOver = true;
        letGo.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        uploads.TryRemove(new KeyValuePair<Guid, LiveUpload>(uploadId, this));
        ended.TrySetResult();
        await letGo.CancelAsync();
        await Beating;
        letGo.Dispose();
    }
}
