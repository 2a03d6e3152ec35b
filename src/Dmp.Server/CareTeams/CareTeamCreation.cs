using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Type.V1;
using Google.Protobuf;
using Npgsql;
using CareTeamMessage = Dmp.CareTeam.V1.CareTeam;

namespace Dmp.Server.CareTeams;

/// <summary>A new care team, of a record or of none.</summary>
internal static class CareTeamCreation
{
    public static async Task<CareTeamMessage> CreateAsync(
        NpgsqlConnection connection,
        Call call,
        Guid? recordId,
        string name,
        IEnumerable<Actor> members,
        DateTimeOffset now,
        CancellationToken ct)
    {
        var row = new CareTeamRow
        {
            CareTeamId = Guid.CreateVersion7(now),
            RecordId = recordId,
            Name = name,
            CreateTime = now,
            CreatedBy = call.ActingCaller.ToActor().ToByteArray(),
            Revision = 0,
        };
        await CareTeamSql.InsertAsync(connection, row, ct);
        await CareTeamSql.SetMembersAsync(connection, row.CareTeamId, recordId, CareTeamMapping.ToRows(row.CareTeamId, members), now, ct);
        if (recordId is { } id)
        {
            await OutboxSql.AppendAsync(connection, call, OutboxKind.CareTeamChanged, id, now, new() { SubjectId = row.CareTeamId }, ct);
        }

        return CareTeamMapping.ToMessage(row with { Revision = 1 }, await CareTeamMapping.MembersAsync(connection, [row.CareTeamId], ct));
    }
}
