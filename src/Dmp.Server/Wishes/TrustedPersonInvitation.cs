using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Delegations;
using Dmp.Server.Errors;
using Dmp.Wishes.V1;
using Npgsql;

namespace Dmp.Server.Wishes;

/// <summary>The designation of a code, and what is known of its record.</summary>
internal sealed record TrustedPersonInvitation(TrustedPersonRow Row, AccessFacts Facts)
{
    /// <summary>
    /// The designation of a code, with its record locked; from here on the connection is for that record. Whether the code can still be
    /// used is asked afterwards, so that a repeat finds its answer.
    /// </summary>
    public static async Task<TrustedPersonInvitation> RequireAsync(
        NpgsqlConnection connection, Call call, string code, DateTimeOffset now, CancellationToken ct)
    {
        var (recordId, id) = await TrustedPersonSql.FindByCodeAsync(connection, call.Caller, DelegationRules.Hash(code), ct)
            ?? throw Failures.Of(ErrorReason.TrustedPersonCodeInvalid);
        call.Trace.RecordId = recordId;
        var facts = await AccessSql.FindLockedAsync(connection, call.Caller, recordId, now, ct);
        var row = await TrustedPersonSql.FindAsync(connection, recordId, id, ct);
        return facts is null || row is null
            ? throw Failures.Of(ErrorReason.TrustedPersonCodeInvalid)
            : new TrustedPersonInvitation(row, facts);
    }

    /// <summary>The code can still be used.</summary>
    public void RequireOpen(DateTimeOffset now)
    {
        if (WishRules.StateOf(Row, now) != TrustedPersonState.Invited)
        {
            throw Failures.Of(ErrorReason.TrustedPersonCodeInvalid);
        }
    }
}
