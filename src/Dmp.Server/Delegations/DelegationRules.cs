using System.Security.Cryptography;
using Dmp.Delegation.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.WebUtilities;
using DelegationMessage = Dmp.Delegation.V1.Delegation;

namespace Dmp.Server.Delegations;

/// <summary>Rules on delegations that need no I/O.</summary>
internal static class DelegationRules
{
    private const int NameCharactersMax = 100;
    private const int CodeBytes = 32;

    /// <summary>How long an invitation can be answered.</summary>
    private static readonly TimeSpan answerTime = TimeSpan.FromDays(7);

    /// <summary>A caller's clock may be a little off ours.</summary>
    private static readonly TimeSpan clockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>What people may be to the patient (HL7 RoleCode).</summary>
    public static IReadOnlyList<string> Relationships { get; } =
    [
        "FTH", "MTH", "STPFTH", "STPMTH", "GRFTH", "GRMTH", "GGRFTH", "GGRMTH", "AUNT", "UNCLE", "BRO", "SIS", "RESPRSN",
        "SPS", "CHILD", "FRND", "NBOR",
    ];

    /// <summary>When an invitation of this moment is too old.</summary>
    public static DateTimeOffset CodeExpireTime(DateTimeOffset now) => now + answerTime;

    /// <summary>A new code: 256 random bits, to be shown once.</summary>
    public static string NewCode() => WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(CodeBytes));

    /// <summary>What is stored and looked up. Any text has one, so that a malformed code is simply a wrong one.</summary>
    public static byte[] Hash(string code) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(code));

    /// <summary>Open invitations and delegations of a kind that a record may have at once.</summary>
    public static int LimitOf(DelegationKind kind) => kind == DelegationKind.Representative ? 1 : 3;

    /// <summary>Representatives are invited by representatives only.</summary>
    public static bool MayInvite(RecordAccess access, DelegationKind kind) => access.Capacity switch
    {
        Capacity.Patient => kind == DelegationKind.Caregiver,
        Capacity.Representative => true,
        _ => false,
    };

    /// <summary>Checks an invitation; returns when it starts and ends.</summary>
    public static (DateTimeOffset Start, DateTimeOffset? End) Check(InviteDelegateRequest request, DateTimeOffset now, FieldFaults faults)
    {
        faults.Require(
            request.Kind == DelegationKind.Unspecified || System.Enum.IsDefined(request.Kind),
            "kind",
            "Must be a value of this version of the contract.");
        faults.Text(request.DelegateName, "delegate_name", NameCharactersMax);
        faults.Require(
            request.RelationshipCode.Length == 0 || Relationships.Contains(request.RelationshipCode, StringComparer.Ordinal),
            "relationship_code",
            $"Must be empty or one of {string.Join(", ", Relationships)}.");
        var start = faults.Time(request.StartTime, "start_time") ?? now;
        faults.Require(
            start >= now - clockTolerance && start <= now.AddYears(1), "start_time",
            "Must not be in the past, nor more than a year ahead.");
        var end = faults.Time(request.EndTime, "end_time");
        faults.Require(end is not null || request.Kind != DelegationKind.Caregiver, "end_time", "Required for a caregiver.");
        faults.Require(end is null || (end > start && end > now), "end_time", "Must be after start_time and in the future.");
        faults.Require(
            end is null || request.Kind != DelegationKind.Caregiver || end <= start.AddYears(1) + clockTolerance,
            "end_time",
            "Must be at most one year after start_time for a caregiver.");
        return (start, end);
    }

    /// <summary>Checks a guardianship; returns its end, null to remove it.</summary>
    public static DateTimeOffset? Check(SetGuardianshipRequest request, DateTimeOffset now, FieldFaults faults)
    {
        faults.Text(request.Reason, "reason", 500);
        faults.Require(request.Reason.Length == 0 || request.Reason.Trim().Length >= 10, "reason", "Must have at least 10 characters.");
        var until = faults.Time(request.UntilTime, "until_time");
        faults.Require(
            until is null || (until > now && until <= now.AddYears(20)), "until_time", "Must be in the future and at most 20 years ahead.");
        return until;
    }

    /// <summary>It ends when representatives no longer act for the patient.</summary>
    public static bool DependsOnRepresentation(DelegationRow row) =>
        row.Kind == (short)DelegationKind.Representative || !row.InvitedByPatient;

    /// <param name="row">The delegation.</param>
    /// <param name="isRepresented">Representatives act for the patient.</param>
    /// <param name="now">As of when.</param>
    public static DelegationState StateOf(DelegationRow row, bool isRepresented, DateTimeOffset now) => row switch
    {
        { RevokeTime: not null } => DelegationState.Revoked,
        { RefuseTime: not null } => DelegationState.Refused,
        _ when !isRepresented && DependsOnRepresentation(row) => DelegationState.Expired,
        { EndTime: { } end } when end <= now => DelegationState.Expired,
        { AcceptTime: not null } => DelegationState.Active,
        _ => row.CodeExpireTime > now ? DelegationState.Invited : DelegationState.Expired,
    };

    /// <summary>It counts against the limits, and can be revoked.</summary>
    public static bool IsLiving(DelegationRow row, bool isRepresented, DateTimeOffset now) =>
        StateOf(row, isRepresented, now) is DelegationState.Invited or DelegationState.Active;

    public static DelegationMessage ToMessage(this DelegationRow row, bool isRepresented, DateTimeOffset now) => new()
    {
        DelegationId = row.DelegationId.ToString(),
        RecordId = row.RecordId.ToString(),
        Kind = (DelegationKind)row.Kind,
        State = StateOf(row, isRepresented, now),
        DelegateName = row.DelegateName,
        RelationshipCode = row.RelationshipCode ?? "",
        InvitedBy = Actor.Parser.ParseFrom(row.InvitedBy),
        CreateTime = row.CreateTime.ToTimestamp(),
        InvitationExpireTime = row.CodeExpireTime.ToTimestamp(),
        StartTime = row.StartTime.ToTimestamp(),
        EndTime = row.EndTime?.ToTimestamp(),
        AcceptTime = row.AcceptTime?.ToTimestamp(),
        RefuseTime = row.RefuseTime?.ToTimestamp(),
        RevokeTime = row.RevokeTime?.ToTimestamp(),
    };
}
