using Dmp.Consent.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using ConsentMessage = Dmp.Consent.V1.Consent;

namespace Dmp.Server.Consents;

internal static class ConsentMapping
{
    public static ConsentMessage ToMessage(this ConsentRow row, DateTimeOffset now, DateTimeOffset majorityTime)
    {
        var state = ConsentRules.StateOf(row, now, majorityTime);
        return new ConsentMessage
        {
            ConsentId = row.ConsentId.ToString(),
            RecordId = row.RecordId.ToString(),
            Actor = new Actor { Kind = (ActorKind)row.ActorKind, Id = row.ActorId, Name = row.ActorName },
            AttendingPhysician = row.AttendingPhysician,
            Initial = row.Initial,
            State = state,
            Origin = (ConsentOrigin)row.Origin,
            Collection = (ConsentCollection)row.Collection,
            GivenBy = Actor.Parser.ParseFrom(row.GivenBy),
            GrantTime = row.GrantTime.ToTimestamp(),
            ExpireTime = row.ExpireTime.ToTimestamp(),
            RevokeTime = state == ConsentState.Revoked ? row.RevokeTime?.ToTimestamp() : null,
            HiddenFromRepresentatives = row.HiddenFromRepresentatives,
            ReapproveTime = row.ReapproveTime?.ToTimestamp(),
        };
    }

    public static Block ToMessage(this BlockRow row) => new()
    {
        BlockId = row.BlockId.ToString(),
        RecordId = row.RecordId.ToString(),
        Actor = new Actor { Kind = (ActorKind)row.ActorKind, Id = row.ActorId, Name = row.ActorName },
        BlockedBy = Actor.Parser.ParseFrom(row.BlockedBy),
        BlockTime = row.BlockTime.ToTimestamp(),
    };

    /// <summary>The settings as the caller sees them: nobody but the patient tells by them that there is more.</summary>
    public static ConsentSettings ToMessage(this ConsentSettingsRow row, RecordAccess access)
    {
        var isPatient = access.Capacity == Capacity.Patient;
        var updateTime =
            isPatient && row.OwnSettingsUpdateTime > row.SettingsUpdateTime ? row.OwnSettingsUpdateTime.Value : row.SettingsUpdateTime;
        return new ConsentSettings
        {
            RecordId = row.RecordId.ToString(),
            EmergencyRegulationAllowed = row.EmergencyRegulationAllowed,
            EmergencyBreakGlassAllowed = row.EmergencyBreakGlassAllowed,
            EmergencyMaskedAllowed = row.EmergencyMaskedAllowed,
            DocumentsMaskedByDefault = row.DocumentsMaskedByDefault,
            UpdateTime = updateTime.ToTimestamp(),
            Etag = row.EtagFor(access),
            SecretActsHiddenFromStaff = isPatient && row.SecretActsHiddenFromStaff,
        };
    }

    /// <summary>Both revisions only grow, so that their sum stands for one state of both.</summary>
    public static string EtagFor(this ConsentSettingsRow row, RecordAccess access) =>
        Etag.Of(row.SettingsRevision + (access.Capacity == Capacity.Patient ? row.OwnSettingsRevision : 0));
}
