using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>Who may see the trace of a record.</summary>
internal sealed class TraceReaders(AccessPolicy policy)
{
    /// <summary>Who may see the trace of a record, and whether only the own events in it.</summary>
    public async Task<(RecordAccess Access, string? OnlySubject)> RequireAsync(
        NpgsqlConnection connection, Call call, Guid recordId, CancellationToken ct)
    {
        var access = await policy.RequireAsync(connection, call, recordId, ct);
        if (!access.IsOpen && call.Caller.Kind == CallerKind.Professional)
        {
            throw Failures.Of(ErrorReason.RecordNotOpen);
        }

        var seesAll = access.IsOwner || access.IsAttending || call.Caller.Kind == CallerKind.Auditor;
        return (access, seesAll ? null : call.Caller.Subject);
    }
}
