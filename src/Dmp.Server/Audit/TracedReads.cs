using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>Reads on one connection: decided, read, and in the trace before anything of it is answered.</summary>
internal sealed class TracedReads(Database database, AccessPolicy policy, AuditTrail audit)
{
    /// <summary>A read of one record, by whoever has the right that the method needs. Its answer names no document.</summary>
    public Task<T> OfRecordAsync<T>(
        Call call, Guid recordId, Func<NpgsqlConnection, RecordAccess, Task<T>> read, CancellationToken ct) =>
        RunAsync(call, async connection => await read(connection, await policy.RequireAsync(connection, call, recordId, ct)), ct);

    /// <summary>A read that decides by itself, or that is open to its callers. Its answer names no document.</summary>
    public Task<T> RunAsync<T>(Call call, Func<NpgsqlConnection, Task<T>> read, CancellationToken ct) => database.OnConnectionAsync(
        async connection =>
        {
            var answer = await read(connection);
            await audit.TraceReadAsync(connection, call, [], ct);
            return answer;
        },
        ct);
}
