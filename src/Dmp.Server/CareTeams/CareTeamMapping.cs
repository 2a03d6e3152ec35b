using Dmp.CareTeam.V1;
using Dmp.Server.Data;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using CareTeamMessage = Dmp.CareTeam.V1.CareTeam;

namespace Dmp.Server.CareTeams;

/// <summary>Care teams as rows and as messages.</summary>
internal static class CareTeamMapping
{
    public static List<CareTeamMemberRow> ToRows(Guid careTeamId, IEnumerable<Actor> members) =>
    [
        .. members.Select(member => new CareTeamMemberRow
        {
            CareTeamId = careTeamId,
            ActorKind = (short)member.Kind,
            ActorId = member.Id,
            ActorName = member.Name,
        }),
    ];

    public static async Task<ILookup<Guid, CareTeamMemberRow>> MembersAsync(
        NpgsqlConnection connection, IEnumerable<Guid> careTeamIds, CancellationToken ct) =>
        (await CareTeamSql.ListMembersAsync(connection, careTeamIds, ct)).ToLookup(member => member.CareTeamId);

    public static CareTeamMessage ToMessage(CareTeamRow row, ILookup<Guid, CareTeamMemberRow> members) => new()
    {
        CareTeamId = row.CareTeamId.ToString(),
        Kind = row.RecordId is null ? CareTeamKind.Formal : CareTeamKind.Recognized,
        Name = row.Name,
        RecordId = row.RecordId?.ToString() ?? "",
        Members =
        {
            members[row.CareTeamId].Select(member => new Actor
            {
                Kind = (ActorKind)member.ActorKind,
                Id = member.ActorId,
                Name = member.ActorName,
            }),
        },
        CreateTime = row.CreateTime.ToTimestamp(),
        Etag = Etag.Of(row.Revision),
    };
}
