using Dmp.Delegation.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Npgsql;

namespace Dmp.Server.Delegations;

/// <summary>The delegation of an invitation code, and what is known of its record.</summary>
internal sealed record Invitation(DelegationRow Row, AccessFacts Facts)
{
    /// <summary>
    /// The delegation of a code, with its record locked; from here on the connection is for that record. Whether the code can
    /// still be used is asked afterwards, so that a repeat finds its answer.
    /// </summary>
    public static async Task<Invitation> RequireAsync(
        NpgsqlConnection connection, Call call, string code, DateTimeOffset now, CancellationToken ct)
    {
        var hash = DelegationRules.Hash(code);
        var found = await DelegationSql.FindByCodeAsync(connection, call.Caller, hash, ct)
            ?? throw Failures.Of(ErrorReason.DelegationCodeInvalid);
        call.Trace.RecordId = found.RecordId;
        var facts = await AccessSql.FindLockedAsync(connection, call.Caller, found.RecordId, now, ct);
        var row = await DelegationSql.FindAsync(connection, found.RecordId, found.DelegationId, ct);
        return facts is null || row is null ? throw Failures.Of(ErrorReason.DelegationCodeInvalid) : new Invitation(row, facts);
    }

    /// <summary>The code can still be used.</summary>
    public void RequireOpen(DateTimeOffset now)
    {
        if (DelegationRules.StateOf(Row, Facts.IsRepresented, now) != DelegationState.Invited)
        {
            throw Failures.Of(ErrorReason.DelegationCodeInvalid);
        }
    }
}
