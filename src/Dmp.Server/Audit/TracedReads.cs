using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>Reads: decided, read, and in the trace before anything of them is answered.</summary>
internal sealed class TracedReads(Database database, AccessPolicy policy, AuditTrail audit)
{
    /// <summary>A read of one record, by whoever has the right that the method needs. Its answer names no document.</summary>
    public Task<T> OfRecordAsync<T>(
        Call call, Guid recordId, Func<NpgsqlConnection, RecordAccess, Task<T>> read, CancellationToken ct) =>
        RunAsync(call, async connection => await read(connection, await policy.RequireAsync(connection, call, recordId, ct)), ct);

    /// <summary>The same for an answer that holds documents; the read says which.</summary>
    public Task<T> OfDocumentsAsync<T>(
        Call call,
        Guid recordId,
        Func<NpgsqlConnection, RecordAccess, Task<(T Answer, IReadOnlyList<TracedDocument> Documents)>> read,
        CancellationToken ct) =>
        RunAsync(call, async connection => await read(connection, await policy.RequireAsync(connection, call, recordId, ct)), ct);

    /// <summary>
    /// As <see cref="OfDocumentsAsync"/>, for a read of which each batch says by itself for whom it is (<see cref="ScopedSql"/>), and asks
    /// whether facts that are remembered still stand. Where they do not, it is repeated with new ones.
    /// </summary>
    public async Task<T> InBatchesAsync<T>(
        Call call,
        Guid recordId,
        Func<NpgsqlConnection, RecordAccess, Task<(T Answer, IReadOnlyList<TracedDocument> Documents)>> read,
        CancellationToken ct)
    {
        var (answer, documents) = await database.InBatchesAsync(
            connection => policy.ReadAsync(connection, call, recordId, access => read(connection, access), ct), ct);
        await audit.TraceReadAsync(call, documents, ct);
        return answer;
    }

    /// <summary>A read that decides by itself, or that is open to its callers. Its answer names no document.</summary>
    public Task<T> RunAsync<T>(Call call, Func<NpgsqlConnection, Task<T>> read, CancellationToken ct) =>
        RunAsync<T>(call, async connection => (await read(connection), []), ct);

    /// <summary>The same for an answer that holds documents.</summary>
    public async Task<T> RunAsync<T>(
        Call call, Func<NpgsqlConnection, Task<(T Answer, IReadOnlyList<TracedDocument> Documents)>> read, CancellationToken ct)
    {
        var (answer, documents) = await database.OnConnectionAsync(read, ct);
        await audit.TraceReadAsync(call, documents, ct);
        return answer;
    }
}
