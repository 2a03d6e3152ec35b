using Dmp.Document.V1;
using Dmp.Server.Calls;
using Dmp.Server.Events;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Dmp.Server.Tests.Events;

/// <summary>Whoever may hear of a change is woken by it, and who may not goes on without a look at the database.</summary>
public sealed class FeedWatchTests(Platform platform)
{
    private static CancellationToken Token => Given.Token;

    private FeedWatch Watch => platform.Server.Services.GetRequiredService<FeedWatch>();

    [Fact]
    public async Task A_change_wakes_all_who_may_hear_of_it_and_nobody_else()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var (former, member, left, caregiver) =
            (TestProfessional.New(), TestProfessional.New(), TestProfessional.New(), TestPatient.New());
        var (structureId, depositorId) = (TestProfessional.NewStructureId(), TestProfessional.NewStructureId());
        await patient.RevokeAsync(await patient.GrantAsync(record.Id, former.Actor));
        await patient.GrantAsync(record.Id, new Actor { Kind = ActorKind.Structure, Id = structureId });
        await platform.AsStructure(depositorId).UploadAsync(record.Id, intent => intent.Metadata.Authors.Add(
            new Author { Institution = new Institution { Id = depositorId, Name = "HOPITAL D'ESSAI" } }));
        await platform.As(caregiver).AcceptAsync((await patient.InviteAsync(record.Id)).Code);
        var team = await patient.RecognizeTeamAsync(record.Id, member.Actor, left.Actor);
        await patient.GrantAsync(record.Id, new Actor { Kind = ActorKind.CareTeam, Id = team.CareTeamId });
        await patient.SetMembersAsync(team, record.Id, member.Actor);
        Dictionary<string, Caller> may = new()
        {
            ["author"] = Professional(record.Physician.Id, record.Physician.StructureId),
            ["was authorised"] = Professional(former.Id, former.StructureId),
            ["of a team"] = Professional(member.Id, member.StructureId),
            ["left the team"] = Professional(left.Id, left.StructureId),
            ["of an authorised structure"] = Professional(TestProfessional.New().Id, structureId),
            ["authorised structure"] = Structure(structureId),
            ["depositing structure"] = Structure(depositorId),
            ["patient"] = new() { Kind = CallerKind.Patient, Subject = Given.NewId(), Ins = record.Patient.Number },
            ["representative"] = new()
            {
                Kind = CallerKind.Representative,
                Subject = Given.NewId(),
                RepresentedIns = [record.Patient.Number],
            },
            ["caregiver"] = new() { Kind = CallerKind.Patient, Subject = await SubjectAsync(record.Id), Ins = caregiver.Number },
        };
        Dictionary<string, Caller> mayNot = new()
        {
            ["nobody"] = Professional(TestProfessional.New().Id, TestProfessional.NewStructureId()),
            ["of the depositing structure"] = Professional(TestProfessional.New().Id, depositorId),
            ["another patient"] = new() { Kind = CallerKind.Patient, Subject = Given.NewId(), Ins = TestPatient.New().Number },
        };
        var all = may.Concat(mayNot).ToDictionary(pair => pair.Key, pair => Watch.Enter(pair.Value));

        // The watch may begin with these. All that was before is looked at; from there on each could go on without reading.
        foreach (var watcher in all.Values)
        {
            await Waiting.UntilAsync(() => watcher.Pass(Watch.Position) is not null);
        }

        var before = await PositionAsync();
        await Waiting.UntilAsync(() => Watch.Position >= before);
        var woken = all.ToDictionary(pair => pair.Key, pair => pair.Value.Concerned);
        await patient.UploadAsync(record.Id);
        var after = await PositionAsync();
        await Waiting.UntilAsync(() => Watch.Position >= after);

        Assert.Equal(may.Keys, all.Where(pair => pair.Value.Pass(before) is null).Select(pair => pair.Key));
        Assert.Equal(may.Keys, woken.Where(pair => pair.Value.IsCompleted).Select(pair => pair.Key));

        // Who has read up to there is not woken again.
        Assert.All(all.Values, watcher => Assert.NotNull(watcher.Pass(after)));
        foreach (var watcher in all.Values)
        {
            watcher.Dispose();
        }
    }

    [Fact]
    public async Task Who_enters_later_or_is_behind_reads_by_itself()
    {
        var record = await platform.RecordAsync();
        using var early = Watch.Enter(Professional(record.Physician.Id, record.Physician.StructureId));
        await Waiting.UntilAsync(() => early.Pass(Watch.Position) is not null);
        var before = await PositionAsync();
        await Waiting.UntilAsync(() => Watch.Position >= before);
        await platform.As(record.Physician).UploadAsync(record.Id);
        var after = await PositionAsync();
        await Waiting.UntilAsync(() => Watch.Position >= after);

        // Nobody had looked for this name when the change came.
        using var late = Watch.Enter(new Caller { Kind = CallerKind.Patient, Subject = Given.NewId(), Ins = record.Patient.Number });
        Assert.Null(late.Pass(before));
        Assert.Null(early.Pass(0));
        Assert.NotNull(late.Pass(after));
    }

    [Fact]
    public async Task A_new_matrix_makes_everybody_look_once()
    {
        await using var server = await TestServer.StartAsync(platform);
        var watch = server.Services.GetRequiredService<FeedWatch>();
        using var watcher = watch.Enter(Professional(TestProfessional.New().Id, TestProfessional.NewStructureId()));
        await Waiting.UntilAsync(() => watcher.Pass(watch.Position) is not null);
        var concerned = watcher.Concerned;
        await server.ImportMatrixAsync(platform);

        await Waiting.UntilAsync(() => concerned.IsCompleted);
        Assert.Null(watcher.Pass(watch.Position));
        Assert.NotNull(watcher.Pass(watch.Position));
    }

    private static Caller Professional(string id, string structureId) => new()
    {
        Kind = CallerKind.Professional,
        Subject = id,
        ProfessionalId = id,
        StructureId = structureId,
    };

    private static Caller Structure(string id) => new() { Kind = CallerKind.Structure, Subject = id, StructureId = id };

    private async Task<string> SubjectAsync(string recordId) => await platform.Server.QueryAsync<string>(
        platform, $"select delegate_subject from delegation where record_id = '{recordId}'");

    /// <summary>Where the changes end, those that were answered among them.</summary>
    private async Task<long> PositionAsync()
    {
        await platform.As(TestProfessional.New()).NowAsync();
        return await platform.Server.QueryAsync<long>(platform, "select last_position from change_head");
    }
}
