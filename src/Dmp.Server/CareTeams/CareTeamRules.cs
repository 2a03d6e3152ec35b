using Dmp.Server.Errors;
using Dmp.Server.Identity;
using Dmp.Server.Options;
using Dmp.Type.V1;
using Google.Protobuf.Collections;

namespace Dmp.Server.CareTeams;

/// <summary>What a care team may be.</summary>
internal static class CareTeamRules
{
    public const int NameCharactersMax = 100;
    public const int MembersMax = 50;

    public static void CheckMembers(RepeatedField<Actor> members, Realm realm, FieldFaults faults)
    {
        faults.Require(members.Count <= MembersMax, "members", $"Must be at most {MembersMax}.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < members.Count; i++)
        {
            ActorRules.Check(members[i], realm, $"members[{i}]", faults);
            faults.Require(seen.Add($"{members[i].Kind}{members[i].Id}"), $"members[{i}]", "Must not be there twice.");
        }
    }
}
