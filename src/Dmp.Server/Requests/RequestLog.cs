using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Google.Protobuf;
using Npgsql;

namespace Dmp.Server.Requests;

/// <summary>
/// Runs a change once. The claim on the request id, the effect, its event in the trace and the remembered answer commit
/// together: a repeat finds all of them or none.
/// </summary>
internal sealed class RequestLog(Database database, AuditTrail audit, TimeProvider time)
{
    /// <summary>
    /// Runs <paramref name="effect"/> for a request id, or answers what it answered before.
    /// <para><paramref name="authorize"/> runs first and in the same transaction, also for a repeat: who lost the right in
    /// the meantime gets nothing.</para>
    /// </summary>
    /// <param name="call">The call, for the trace and for the caller's key.</param>
    /// <param name="requestId">The caller's request id.</param>
    /// <param name="fingerprint">What must be equal for a repeat, see <see cref="RequestFingerprint"/>.</param>
    /// <param name="parser">Reads the remembered answer.</param>
    /// <param name="authorize">Checks the right and returns its proof.</param>
    /// <param name="effect">Makes the change with the proof and returns the answer.</param>
    /// <param name="ct">Stops everything before the commit.</param>
    public async Task<TResponse> RunOnceAsync<TProof, TResponse>(
        Call call,
        Guid requestId,
        byte[] fingerprint,
        MessageParser<TResponse> parser,
        Func<NpgsqlConnection, Task<TProof>> authorize,
        Func<NpgsqlConnection, TProof, Task<TResponse>> effect,
        CancellationToken ct)
        where TResponse : class, IMessage<TResponse>
    {
        call.Trace.RequestId = requestId.ToString();
        var callerKey = call.Caller.Key;
        var (answer, committed) = await database.InTransactionAsync(
            async connection =>
            {
                var proof = await authorize(connection);
                TResponse response;
                List<NpgsqlBatchCommand> last = [];
                if (await RequestLogSql.ClaimAsync(connection, callerKey, requestId, call.Method, fingerprint, time.GetUtcNow(), ct))
                {
                    response = await effect(connection, proof);
                    last.Add(RequestLogSql.ToComplete(callerKey, requestId, response.ToByteArray()));
                }
                else
                {
                    response = parser.ParseFrom(await RecallAsync(connection, call, requestId, fingerprint, ct));
                }

                last.Add(AuditSql.ToAppend([audit.Sign(call, refusal: null)]));
                return (response, (IReadOnlyList<NpgsqlBatchCommand>)last);
            },
            ct);
        audit.Announce();
        call.Trace.IsTraced = true;
        call.Trace.Committed = committed;
        return answer;
    }

    /// <summary>
    /// Runs <paramref name="effect"/> and undoes it: nothing stays but the event in the trace. For <c>validate_only</c>.
    /// </summary>
    public async Task<TResponse> TryAsync<TProof, TResponse>(
        Call call,
        Func<NpgsqlConnection, Task<TProof>> authorize,
        Func<NpgsqlConnection, TProof, Task<TResponse>> effect,
        CancellationToken ct)
    {
        var answer = await database.TryAsync(async connection => await effect(connection, await authorize(connection)), ct);
        await audit.TraceReadAsync(call, call.Trace.Documents, ct);
        return answer;
    }

    private static async Task<byte[]> RecallAsync(
        NpgsqlConnection connection, Call call, Guid requestId, byte[] fingerprint, CancellationToken ct) =>
        await RequestLogSql.RecallAsync(connection, call.Caller.Key, requestId, fingerprint, ct)
        // The claim failed, so a row was there; it is gone only if its retention ended in between.
        ?? throw Failures.Of(ErrorReason.RequestInProgress, ("request_id", requestId.ToString()));
}
