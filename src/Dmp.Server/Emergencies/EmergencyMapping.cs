using System.Globalization;
using Dmp.Emergency.V1;
using Dmp.Record.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Emergencies;

internal static class EmergencyMapping
{
    public static EmergencyAccess ToMessage(this EmergencyAccessRow row) => new()
    {
        EmergencyAccessId = row.EmergencyAccessId.ToString(),
        RecordId = row.RecordId.ToString(),
        Actor = Actor.Parser.ParseFrom(row.Actor),
        Mode = (EmergencyMode)row.Mode,
        Reason = row.Reason,
        OpenTime = row.OpenTime.ToTimestamp(),
        ExpireTime = row.ExpireTime.ToTimestamp(),
        AcknowledgeTime = row.AcknowledgeTime?.ToTimestamp(),
        AcknowledgeComment = row.AcknowledgeComment ?? "",
        EndTime = row.EndTime?.ToTimestamp(),
        EndCause = (EmergencyEndCause)(row.EndCause ?? 0),
    };

    public static FoundRecord ToMessage(this FoundRecordRow row) => new()
    {
        RecordId = row.RecordId.ToString(),
        Traits = new IdentityTraits
        {
            BirthFamilyName = row.BirthFamilyName,
            BirthGivenNames = { row.BirthGivenNames },
            BirthDate = row.BirthDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            Sex = (Sex)row.Sex,
            BirthPlaceCode = row.BirthPlaceCode,
        },
    };
}
