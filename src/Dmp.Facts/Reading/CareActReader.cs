using Dmp.Cda;
using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>
/// What was done, where the patient was, what was used or supplied, and remarks (FR-Acte, FR-Rencontre, FR-Dispositif-medical,
/// FR-Commentaire-ER).
/// </summary>
internal sealed class CareActReader(Values values)
{
    public ClinicalAct ReadAct(CdaNode node) => new()
    {
        Element = node.Name,
        Code = values.Code(node.Find("code")),
        Period = Values.Stretch(node.Find("effectiveTime")),
        Priority = values.Code(node.Find("priorityCode")),
        Methods = values.Codes(node, "methodCode"),
        Sites = values.Codes(node, "targetSiteCode"),
        Approaches = values.Codes(node, "approachSiteCode"),
    };

    public Encounter ReadEncounter(CdaNode node) => new()
    {
        Code = values.Code(node.Find("code")),
        Period = Values.Stretch(node.Find("effectiveTime")),
        Priority = values.Code(node.Find("priorityCode")),
        Organization = Organization(node),
    };

    public Device ReadDevice(CdaNode node)
    {
        var role = node.Of("participant").Select(participant => participant.Find("participantRole"))
            .FirstOrDefault(participant => participant?.Find("playingDevice") is not null);
        var code = values.Code(role?.Find("playingDevice", "code") ?? node.Find("code"));
        return new Device
        {
            Absence = Absences.OfAny([code]),
            Code = code,
            Model = role?.Find("playingDevice", "manufacturerModelName")?.Text is { Length: > 0 } model ? model : null,
            DeviceIds = role is null ? [] : Values.Ids(role),
            Period = Values.Stretch(node.Find("effectiveTime")),
            Use = Values.Quantity(node.Find("expectedUseTime", "width")),
            Supplied = Values.Quantity(node.Find("quantity")),
            Renewals = Values.Number(node.Find("repeatNumber")?["value"]),
        };
    }

    public static Remark ReadRemark(CdaNode node) => new() { Time = Values.Stretch(node.Find("effectiveTime")) };

    /// <summary>The place of it, or else who it was done by.</summary>
    private static NamedOrganization? Organization(CdaNode node)
    {
        foreach (var participant in node.Of("participant").Where(place => place["typeCode"] == "LOC"))
        {
            if (participant.Find("participantRole") is { } role && Named(role, role.Find("playingEntity")) is { } place)
            {
                return place;
            }
        }

        return node.Find("performer", "assignedEntity", "representedOrganization") is { } performer ? Named(performer, performer) : null;

        static NamedOrganization? Named(CdaNode identified, CdaNode? named) =>
            (Values.Ids(identified) is [var first, ..] ? first : null, Values.Name(named)) is var (id, name) && (id ?? name) is not null
                ? new NamedOrganization(id, name)
                : null;
    }
}
