using Dmp.Server.Access;
using Dmp.Server.Audiences;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Requests;
using Dmp.Type.V1;
using Google.Protobuf;
using Npgsql;

namespace Dmp.Server.Consents;

/// <summary>Changes of authorisations, rules, blocks and settings: made once, or tried to tell their effect.</summary>
internal sealed class ConsentChanges(RequestLog requestLog, AccessEffects effects)
{
    /// <summary>
    /// Makes a change once, or with <c>validate_only</c> tries it and tells its effect. The requests and answers of all changes here
    /// have those fields.
    /// </summary>
    public Task<TResponse> RunAsync<TRequest, TResponse>(
        Call call,
        TRequest request,
        Guid requestId,
        Actor? actor,
        Func<NpgsqlConnection, byte[], Task<RecordAccess>> authorize,
        Func<NpgsqlConnection, RecordAccess, Task<TResponse>> effect,
        CancellationToken ct)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>, new()
    {
        var withoutId = request.Clone();
        var fields = request.Descriptor;
        fields.FindFieldByName("request_id").Accessor.SetValue(withoutId, "");
        var fingerprint = RequestFingerprint.Of(call.Method, withoutId, call.IsSecret ? [1] : []);
        if (fields.FindFieldByName("validate_only").Accessor.GetValue(request) is not true)
        {
            return requestLog.RunOnceAsync(
                call, requestId, fingerprint, new MessageParser<TResponse>(() => new TResponse()),
                connection => authorize(connection, fingerprint), effect, ct);
        }

        return requestLog.TryAsync(
            call,
            connection => authorize(connection, fingerprint),
            async (connection, access) =>
            {
                var (response, told) = await effects.OfAsync(connection, access, actor, () => effect(connection, access), ct);
                response.Descriptor.FindFieldByName("effect").Accessor.SetValue(response, told);
                return response;
            },
            ct);
    }
}
