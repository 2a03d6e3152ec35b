using Dmp.Delegation.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>Ways to entrust a record to somebody.</summary>
internal static class Delegating
{
    private static CancellationToken Token => Given.Token;

    public static InviteDelegateRequest Invitation(string recordId, DelegationKind kind = DelegationKind.Caregiver) => new()
    {
        RecordId = recordId,
        Kind = kind,
        DelegateName = "Odile ESSAI",
        EndTime = kind == DelegationKind.Caregiver ? Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(90)) : null,
        RequestId = Given.NewId(),
    };

    public static async Task<InviteDelegateResponse> InviteAsync(
        this DmpApi api, string recordId, DelegationKind kind = DelegationKind.Caregiver, Action<InviteDelegateRequest>? change = null)
    {
        var request = Invitation(recordId, kind);
        change?.Invoke(request);
        return await api.Delegations.InviteDelegateAsync(request, cancellationToken: Token);
    }

    public static async Task<Delegation.V1.Delegation> AcceptAsync(this DmpApi api, string code) =>
        (await api.Delegations.AcceptDelegationAsync(
            new AcceptDelegationRequest { Code = code, RequestId = Given.NewId() }, cancellationToken: Token)).Delegation;

    public static async Task<Delegation.V1.Delegation> RevokeAsync(this DmpApi api, Delegation.V1.Delegation delegation) =>
        (await api.Delegations.RevokeDelegationAsync(
            new RevokeDelegationRequest
            {
                RecordId = delegation.RecordId,
                DelegationId = delegation.DelegationId,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).Delegation;

    public static async Task<List<Delegation.V1.Delegation>> DelegationsAsync(this DmpApi api, string recordId) =>
        [.. (await api.Delegations.ListDelegationsAsync(
            new ListDelegationsRequest { RecordId = recordId }, cancellationToken: Token)).Delegations];

    /// <summary>Somebody whom <paramref name="inviter"/> entrusted the record to.</summary>
    public static async Task<(DmpApi Api, Delegation.V1.Delegation Delegation)> DelegateAsync(
        this Platform platform, DmpApi inviter, string recordId, DelegationKind kind = DelegationKind.Caregiver)
    {
        var api = platform.As(TestPatient.New());
        var invited = await inviter.InviteAsync(recordId, kind);
        return (api, await api.AcceptAsync(invited.Code));
    }
}
