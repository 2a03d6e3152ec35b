using Dmp.Consent.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Identity;
using Dmp.Server.Options;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Consents;

/// <summary>Rules on consents that need no I/O.</summary>
internal static class ConsentRules
{
    private const string PhysicianCode = "10";

    /// <summary>The switch that is the patient's own, and known to nobody else.</summary>
    private const string OwnSwitch = "secret_acts_hidden_from_staff";

    private static readonly string[] switches =
    [
        "emergency_regulation_allowed", "emergency_break_glass_allowed",
        "emergency_masked_allowed", "documents_masked_by_default", OwnSwitch,
    ];

    /// <summary>The same where a care team may be authorised too.</summary>
    public static void CheckActorOrTeam(Actor? actor, Realm realm, FieldFaults faults)
    {
        if (actor?.Kind == ActorKind.CareTeam)
        {
            faults.Require(Guid.TryParseExact(actor.Id, "D", out _), "actor.id", "Must be the UUID of a care team in the form 8-4-4-4-12.");
        }
        else
        {
            ActorRules.Check(actor, realm, faults);
        }
    }

    public static void CheckAttending(bool attending, Actor? actor, FieldFaults faults) => faults.Require(
        !attending || actor?.Kind is not (ActorKind.Structure or ActorKind.CareTeam), "attending_physician",
        "Only a professional can be an attending physician.");

    /// <summary>The asked or default end of an authorisation.</summary>
    public static DateTimeOffset CheckExpireTime(Timestamp? asked, DateTimeOffset now, int daysMax, FieldFaults faults)
    {
        var latest = now.AddDays(daysMax);
        if (faults.Time(asked, "expire_time") is not { } expireTime)
        {
            return latest;
        }

        // A caller's clock may be a little ahead of ours.
        faults.Require(
            expireTime > now && expireTime <= latest.AddMinutes(5),
            "expire_time",
            $"Must be in the future and at most {daysMax} days ahead.");
        return expireTime;
    }

    public static void CheckStates(IReadOnlyList<ConsentState> states, FieldFaults faults)
    {
        for (var i = 0; i < states.Count; i++)
        {
            faults.Require(
                states[i] is ConsentState.Active or ConsentState.Expired or ConsentState.Revoked or ConsentState.PendingReapproval,
                $"states[{i}]",
                "Must be a state of this version of the contract, and not UNSPECIFIED.");
        }
    }

    public static void CheckMask(FieldMask? mask, FieldFaults faults)
    {
        if (mask is null)
        {
            return;
        }

        faults.Require(mask.Paths.Count > 0, "update_mask", "Must name at least one switch.");
        for (var i = 0; i < mask.Paths.Count; i++)
        {
            faults.Require(switches.Contains(mask.Paths[i]), $"update_mask.paths[{i}]", $"Must be one of {string.Join(", ", switches)}.");
        }
    }

    /// <summary>The change is about the switch that is the patient's own.</summary>
    public static bool IsOwn(FieldMask mask) => mask.Paths.Contains(OwnSwitch);

    /// <summary>The change is about a switch that others see too.</summary>
    public static bool IsShared(FieldMask mask) => mask.Paths.Any(path => path != OwnSwitch);

    /// <summary>
    /// Whether a caller with the function may declare the patient's consent like this (TD0.3, L1111-17 II): for oneself, a
    /// colleague, the own structure, an own team; staff for the structure only. Only a physician can be asked to be an attending one.
    /// </summary>
    public static bool MayDeclare(Caller caller, Actor actor, bool attending) => caller.Kind switch
    {
        CallerKind.Professional => (!attending || caller.ProfessionCode == PhysicianCode)
            && (actor.Kind != ActorKind.Structure || actor.Id == caller.StructureId),
        CallerKind.Structure => !attending && actor.Kind == ActorKind.Structure && actor.Id == caller.StructureId,
        _ => false,
    };

    /// <summary>Whether a caller may end an authorisation: owner and attending physician any, others the own one.</summary>
    public static bool MayRevoke(RecordAccess access, ConsentRow row) =>
        access.IsOwner
        || access.IsAttending
        || access.Caller.Kind switch
        {
            CallerKind.Professional => row.ActorKind == (short)ActorKind.Professional && row.ActorId == access.Caller.ProfessionalId,
            CallerKind.Structure => access.Caller.StaffId is not null
                && row.ActorKind == (short)ActorKind.Structure
                && row.ActorId == access.Caller.StructureId,
            _ => false,
        };

    /// <summary>The state for people; statements ask <see cref="Majority.IsApproved"/>, which says the same.</summary>
    public static ConsentState StateOf(ConsentRow row, DateTimeOffset now, DateTimeOffset majorityTime) => row switch
    {
        { RevokeTime: null } => row.ExpireTime <= now ? ConsentState.Expired
            : majorityTime <= now && (row.ReapproveTime ?? row.GrantTime) < majorityTime ? ConsentState.PendingReapproval
            : ConsentState.Active,
        _ => row.RevokeTime >= row.ExpireTime ? ConsentState.Expired : ConsentState.Revoked,
    };

    /// <summary>An authorisation in force, given again: the later end wins.</summary>
    public static ConsentRow Renew(ConsentRow inForce, ConsentRow given) => given with
    {
        ConsentId = inForce.ConsentId,
        ActorName = given.ActorName.Length > 0 ? given.ActorName : inForce.ActorName,
        ExpireTime = given.ExpireTime > inForce.ExpireTime ? given.ExpireTime : inForce.ExpireTime,
    };

    /// <summary>
    /// The switches with those of the mask written. The mask was checked, and the record is locked. Of the patient's own switch the others
    /// have neither time nor revision.
    /// </summary>
    public static ConsentSettingsRow Update(ConsentSettingsRow row, ConsentSettings settings, FieldMask mask, DateTimeOffset now)
    {
        bool Choose(string name, bool present, bool wanted) => mask.Paths.Contains(name) ? wanted : present;
        return row with
        {
            EmergencyRegulationAllowed = Choose(switches[0], row.EmergencyRegulationAllowed, settings.EmergencyRegulationAllowed),
            EmergencyBreakGlassAllowed = Choose(switches[1], row.EmergencyBreakGlassAllowed, settings.EmergencyBreakGlassAllowed),
            EmergencyMaskedAllowed = Choose(switches[2], row.EmergencyMaskedAllowed, settings.EmergencyMaskedAllowed),
            DocumentsMaskedByDefault = Choose(switches[3], row.DocumentsMaskedByDefault, settings.DocumentsMaskedByDefault),
            SettingsUpdateTime = IsShared(mask) ? now : row.SettingsUpdateTime,
            SettingsRevision = row.SettingsRevision + (IsShared(mask) ? 1 : 0),
            SecretActsHiddenFromStaff = Choose(OwnSwitch, row.SecretActsHiddenFromStaff, settings.SecretActsHiddenFromStaff),
            OwnSettingsUpdateTime = IsOwn(mask) ? now : row.OwnSettingsUpdateTime,
            OwnSettingsRevision = row.OwnSettingsRevision + (IsOwn(mask) ? 1 : 0),
        };
    }
}
