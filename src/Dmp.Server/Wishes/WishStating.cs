using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Wishes.V1;
using Google.Protobuf;
using Npgsql;

namespace Dmp.Server.Wishes;

/// <summary>A statement made: sealed, in the place of the one before, and told.</summary>
internal sealed class WishStating(WishVault vault, TimeProvider time)
{
    /// <summary>The new version. The record is locked, and the caller's right is proven.</summary>
    public async Task<WishRow> StateAsync(
        NpgsqlConnection connection, Call call, RecordAccess access, WishKind kind, IMessage statement, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var (content, keyId) = await vault.SealAsync(connection, access.RecordId, id, statement, ct);
        WishRow row = new()
        {
            WishId = id,
            RecordId = access.RecordId,
            Kind = (short)kind,
            Content = content,
            RecordKeyId = keyId,
            StatedBy = access.Caller.ToActor().ToByteArray(),
            StateTime = now,
        };
        await WishSql.EndAsync(connection, access, row.Kind, (short)WishState.Superseded, now, ct);
        await WishSql.InsertAsync(connection, row, ct);
        await OutboxSql.AppendAsync(connection, call, OutboxKind.WishStated, access.RecordId, now, new() { SubjectId = id }, ct);
        return row;
    }
}
