using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Storage;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>
/// The bytes of one upload in one call: as soon as any of them reach the content store, the upload has a row by which another call can
/// take it up, and this call holds it until it ends or is told to let go.
/// </summary>
internal sealed class UploadReceiver(
    UploadPlan plan,
    Caller caller,
    ContentVault vault,
    LiveUploads liveUploads,
    Database database,
    UploadOptions options,
    TimeProvider time)
    : IAsyncDisposable
{
    /// <summary>The caller hears how far the upload is after this many bytes.</summary>
    private const int ProgressBytes = 4 * 1024 * 1024;

    /// <summary>A call before this one, on another server, lets go within two of its beats.</summary>
    private static readonly TimeSpan letGoTime = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan retryDelay = TimeSpan.FromMilliseconds(100);

    private CancellationTokenSource? letGo;
    private LiveUpload? live;
    private long toldSize;

    public UploadPlan Plan => plan;

    public Caller Caller => caller;

    public UploadSink Sink { get; } = new();

    /// <summary>Told once another call may take the upload away, with the token that says so.</summary>
    public Action<CancellationToken>? Held { get; init; }

    /// <summary>The upload has a row, and this call holds it.</summary>
    public bool Holds => live is not null;

    public bool IsTakenOver => live is { IsTakenOver: true };

    /// <summary>The caller left, or another call took the upload.</summary>
    public CancellationToken LetGo { get; private set; }

    /// <summary>Goes on from what an earlier call left. For a new upload there is nothing, and nothing to do.</summary>
    public async Task TakeUpAsync(CancellationToken ct)
    {
        LetGo = ct;
        if (!plan.IsTakenUp)
        {
            return;
        }

        Hold(ct);
        using var key = await FindKeyAsync();
        var begin = time.GetTimestamp();
        while (true)
        {
            try
            {
                if (!await Sink.TakeUpAsync(vault, key, plan.ContentId, LetGo))
                {
                    // The row was there before its first byte, or a power cut took the file.
                    await Sink.SpillAsync(vault, key, plan.ContentId, LetGo);
                }

                toldSize = Sink.PersistedSize;
                return;
            }
            catch (ContentInUseException) when (time.GetElapsedTime(begin) < letGoTime)
            {
                await Task.Delay(retryDelay, time, LetGo);
            }
            catch (ContentInUseException)
            {
                throw Failures.Of(ErrorReason.RequestInProgress, ("request_id", plan.RequestId.ToString()));
            }
        }
    }

    /// <summary>Takes a piece. Answers how much has arrived, when the caller is to be told that now.</summary>
    public async Task<long?> ReceiveAsync(UploadChunk chunk)
    {
        await AppendAsync(chunk);
        if (chunk.Flush)
        {
            toldSize = await FlushAsync();
        }
        else if (Sink.PersistedSize - toldSize >= ProgressBytes)
        {
            toldSize = Sink.PersistedSize;
        }
        else
        {
            return null;
        }

        return toldSize;
    }

    private async Task AppendAsync(UploadChunk chunk)
    {
        var bytes = UploadMessages.FreshBytes(chunk, Sink.Size, options);
        if (bytes.IsEmpty)
        {
            return;
        }

        if (Sink.Size + bytes.Length > options.DocumentBytesMax)
        {
            throw Failures.Of(ErrorReason.DocumentTooLarge, ("limit_bytes", $"{options.DocumentBytesMax}"));
        }

        if (Sink.IsCommitted)
        {
            // Its digest was found good when it was as long as this.
            throw Failures.Of(
                ErrorReason.SizeMismatch, ("received_bytes", $"{Sink.Size + bytes.Length}"), ("announced_bytes", $"{Sink.Size}"));
        }

        if (Sink.MustSpill(bytes.Length))
        {
            await SpillAsync();
        }

        await Sink.AppendAsync(bytes, LetGo);
    }

    private async Task<long> FlushAsync()
    {
        if (Sink.IsSmall)
        {
            await SpillAsync();
        }

        return await Sink.FlushAsync(LetGo);
    }

    /// <summary>The call ends and the upload does not.</summary>
    public async Task RestAsync(ILogger logger)
    {
        try
        {
            await database.OnConnectionAsync(
                async connection =>
                {
                    await RowScope.OfRecord(caller, plan.RecordId).ApplyAsync(connection, CancellationToken.None);
                    await UnfinishedUploadSql.RestAsync(connection, plan.Sign(Sink, time.GetUtcNow()), CancellationToken.None);
                },
                CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // Without this it looks as if it ran on until its last sign of life is old enough.
            DocumentLog.UploadNotReleased(logger, e, plan.UploadId);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Sink.DisposeAsync();
        if (live is not null)
        {
            await live.DisposeAsync();
        }

        letGo?.Dispose();
    }

    /// <summary>From here on the upload can be taken up.</summary>
    private async Task SpillAsync()
    {
        using var key = await database.OnConnectionAsync(BeginAsync, LetGo);
        Hold(LetGo);
        await Sink.SpillAsync(vault, key, plan.ContentId, LetGo);
    }

    /// <summary>Gives the upload its row. Answers the key that its bytes are sealed with.</summary>
    private async Task<RecordKey> BeginAsync(NpgsqlConnection connection)
    {
        await RowScope.OfRecord(caller, plan.RecordId).ApplyAsync(connection, LetGo);
        var key = await vault.KeyOfAsync(connection, plan.RecordId, LetGo);
        try
        {
            var row = plan.ToRow(caller, key.RecordKeyId, time.GetUtcNow());
            if (!await UnfinishedUploadSql.InsertAsync(connection, row, LetGo))
            {
                // One of another record is out of sight here, and its request id is used for two things.
                var other = await UnfinishedUploadSql.FindAsync(connection, caller.Key, plan.RequestId, plan.RecordId, LetGo);
                throw Failures.Of(
                    other is null ? ErrorReason.RequestIdReused : ErrorReason.RequestInProgress, ("request_id", plan.RequestId.ToString()));
            }

            return key;
        }
        catch (Exception)
        {
            key.Dispose();
            throw;
        }
    }

    private Task<RecordKey> FindKeyAsync() => database.OnConnectionAsync(
        async connection =>
        {
            await RowScope.OfRecord(caller, plan.RecordId).ApplyAsync(connection, LetGo);
            return await vault.KeyOfUploadAsync(connection, plan.RecordId, plan.RecordKeyId, LetGo);
        },
        LetGo);

    private void Hold(CancellationToken callerLeft)
    {
        live = liveUploads.Begin(caller, plan, Sink);
        letGo = CancellationTokenSource.CreateLinkedTokenSource(callerLeft, live.LetGo);
        LetGo = letGo.Token;
        Held?.Invoke(live.LetGo);
    }
}

/// <summary>Receivers of the bytes of uploads, and what a caller is told when one is ready.</summary>
internal sealed class UploadReceivers(
    ContentVault vault,
    LiveUploads liveUploads,
    Database database,
    IOptions<UploadOptions> uploadOptions,
    TimeProvider time)
{
    /// <summary>A receiver for one upload in one call. <paramref name="held"/>: told once another call may take the upload away.</summary>
    public UploadReceiver New(UploadPlan plan, Caller caller, Action<CancellationToken> held) =>
        new(plan, caller, vault, liveUploads, database, uploadOptions.Value, time) { Held = held };

    /// <summary>What the caller may send now. An empty id: nothing of the upload is kept.</summary>
    public UploadDocumentResponse Accepted(UploadPlan intent, string uploadId, long persistedSize) => new()
    {
        Accepted = new UploadAccepted
        {
            UploadId = uploadId,
            ExpireTime = (time.GetUtcNow() + uploadOptions.Value.ExpireAfter).ToTimestamp(),
            MaxChunkBytes = uploadOptions.Value.ChunkBytesMax,
            MaxDocumentBytes = uploadOptions.Value.DocumentBytesMax,
            Warnings = { UploadPlan.Warnings(intent.Metadata) },
            PersistedSize = persistedSize,
        },
    };
}
