using Dapper;
using Dmp.CareTeam.V1;
using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Xunit;
using Team = Dmp.CareTeam.V1.CareTeam;

namespace Dmp.Server.Tests.CareTeams;

/// <summary>Teams open nothing by themselves: the patient's authorisation does, for whoever is a member then.</summary>
public sealed class CareTeamTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_recognized_team_sees_the_record_from_the_consent_on_and_who_leaves_it_no_more()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var (nurse, therapist) = (TestProfessional.New() with { Profession = "60" }, TestProfessional.New() with { Profession = "70" });
        var team = await RecognizeAsync(record, nurse.Actor, new Actor { Kind = ActorKind.Structure, Id = therapist.StructureId });
        await RefusedAsync(nurse, record);

        var consent = await GrantAsync(record, team);

        Assert.True(consent.Initial);
        Assert.Equal("Suivi à domicile", consent.Actor.Name);
        Assert.Equal([document.DocumentId], await platform.As(nurse).SearchIdsAsync(record.Id));
        Assert.Equal([document.DocumentId], await platform.As(therapist).SearchIdsAsync(record.Id));
        var listed = await platform.As(nurse).Records.ListRecordsAsync(new ListRecordsRequest(), cancellationToken: Token);
        Assert.Equal(record.Id, Assert.Single(listed.Records).RecordId);
        Assert.Equal(1, await platform.Server.QueryAsync<long>(
            platform, $"select count(*) from {Given.Changes} where record_id = '{record.Id}' and kind = 'INITIAL_CONSENT_GIVEN'"));

        var changed = await platform.As(record.Patient).CareTeams.SetCareTeamMembersAsync(
            new SetCareTeamMembersRequest
            {
                RecordId = record.Id,
                CareTeamId = team.CareTeamId,
                Members = { nurse.Actor },
                Etag = team.Etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
        Assert.Equal(nurse.Id, Assert.Single(changed.CareTeam.Members).Id);
        await RefusedAsync(therapist, record);
        Assert.NotEmpty(await platform.As(nurse).SearchIdsAsync(record.Id));

        await platform.As(record.Patient).Consents.RevokeConsentAsync(
            new RevokeConsentRequest { RecordId = record.Id, ConsentId = consent.ConsentId, RequestId = Given.NewId() },
            cancellationToken: Token);
        await RefusedAsync(nurse, record);
        Assert.False((await GrantAsync(record, team)).Initial);
    }

    [Fact]
    public async Task Being_blocked_counts_more_than_being_in_a_team()
    {
        var record = await platform.RecordAsync();
        var nurse = TestProfessional.New();
        await GrantAsync(record, await RecognizeAsync(record, nurse.Actor));
        await platform.As(record.Patient).Consents.BlockActorAsync(
            new BlockActorRequest { RecordId = record.Id, Actor = nurse.Actor, RequestId = Given.NewId() }, cancellationToken: Token);
        await RefusedAsync(nurse, record);
        Assert.Empty((await platform.As(nurse).Records.ListRecordsAsync(new ListRecordsRequest(), cancellationToken: Token)).Records);
    }

    [Fact]
    public async Task A_member_declares_for_the_formal_team_and_nobody_else_does()
    {
        var record = await platform.RecordAsync();
        var (member, colleague, stranger) = (TestProfessional.New(), TestProfessional.New(), TestProfessional.New());
        var team = (await platform.AsOperator().CareTeams.RegisterCareTeamAsync(
            new RegisterCareTeamRequest { Name = "Réseau Diabète", Members = { member.Actor, colleague.Actor }, RequestId = Given.NewId() },
            cancellationToken: Token)).CareTeam;
        Assert.Equal(CareTeamKind.Formal, team.Kind);
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.CareTeamNotFound, () => DeclareAsync(stranger, record, ActorOf(team)));

        var consent = await DeclareAsync(member, record, ActorOf(team));

        Assert.Equal((true, ConsentOrigin.Declared, member.Id), (consent.Initial, consent.Origin, consent.GivenBy.Id));
        await platform.As(colleague).SearchIdsAsync(record.Id);
        var seen = await platform.As(record.Patient).CareTeams.ListCareTeamsAsync(
            new ListCareTeamsRequest { RecordId = record.Id }, cancellationToken: Token);
        Assert.Equal(team, Assert.Single(seen.CareTeams));
        Assert.Empty((await platform.As(stranger).CareTeams.ListCareTeamsAsync(
            new ListCareTeamsRequest { RecordId = record.Id }, cancellationToken: Token)).CareTeams);
    }

    [Fact]
    public async Task Another_record_s_team_is_none()
    {
        var (record, other) = (await platform.RecordAsync(), await platform.RecordAsync());
        var team = await RecognizeAsync(other, TestProfessional.New().Actor);
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.CareTeamNotFound, () => GrantAsync(record, team));
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.CareTeamNotFound, async () =>
            await platform.AsOperator().CareTeams.SetCareTeamMembersAsync(
                new SetCareTeamMembersRequest { CareTeamId = team.CareTeamId, Etag = team.Etag, RequestId = Given.NewId() },
                cancellationToken: Token));
    }

    [Fact]
    public async Task Whoever_authorises_a_team_waits_for_a_list_of_its_members_under_way()
    {
        var (record, other) = (await platform.RecordAsync(), await platform.RecordAsync());
        var (member, leaver) = (TestProfessional.New(), TestProfessional.New());
        var team = (await platform.AsOperator().CareTeams.RegisterCareTeamAsync(
            new RegisterCareTeamRequest { Name = "Réseau Diabète", Members = { member.Actor, leaver.Actor }, RequestId = Given.NewId() },
            cancellationToken: Token)).CareTeam;

        // The list has told the records that it found authorised, and takes one out with its commit.
        await using var list = await platform.Server.OpenAdminAsync(platform, Token);
        await using var transaction = await list.BeginTransactionAsync(Token);
        await list.ExecuteAsync($"select from care_team where care_team_id = '{team.CareTeamId}' for no key update");
        await list.ExecuteAsync($"update care_team_member set leave_time = now() where actor_id = '{leaver.Id}'");
        var declaring = DeclareAsync(member, record, ActorOf(team));
        var late = DeclareAsync(leaver, other, ActorOf(team));
        await Waiting.UntilAsync(async () => await platform.Server.QueryAsync<bool>(
            platform,
            $"select count(*) = 2 from pg_stat_activity where {list.ProcessID} = any (pg_blocking_pids(pid))"));
        Assert.False(declaring.IsCompleted);
        await transaction.CommitAsync(Token);

        await declaring;
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.CareTeamNotFound, () => late);
        await platform.As(member).SearchIdsAsync(record.Id);
        await RefusedAsync(leaver, other);
    }

    [Fact]
    public async Task A_consent_is_declared_for_a_colleague_and_for_the_own_structure()
    {
        var record = await platform.RecordAsync();
        var colleague = TestProfessional.New();
        var consent = await DeclareAsync(record.Physician, record, colleague.Actor);
        Assert.Equal((colleague.Id, record.Physician.Id), (consent.Actor.Id, consent.GivenBy.Id));
        await platform.As(colleague).SearchIdsAsync(record.Id);

        var own = new Actor { Kind = ActorKind.Structure, Id = record.Physician.StructureId };
        Assert.True((await DeclareAsync(record.Physician, record, own)).Initial);
        await platform.As(TestProfessional.New() with { StructureId = own.Id }).SearchIdsAsync(record.Id);

        var foreign = new Actor { Kind = ActorKind.Structure, Id = TestProfessional.NewStructureId() };
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.ConsentActionNotAllowed, () => DeclareAsync(record.Physician, record, foreign));
        var blocked = TestProfessional.New();
        await platform.As(record.Patient).Consents.BlockActorAsync(
            new BlockActorRequest { RecordId = record.Id, Actor = blocked.Actor, RequestId = Given.NewId() }, cancellationToken: Token);
        await Refusals.RefusedAsync(
            StatusCode.FailedPrecondition, ErrorReason.ActorBlocked, () => DeclareAsync(record.Physician, record, blocked.Actor));
    }

    [Fact]
    public async Task Faults_of_a_team_are_told_at_once()
    {
        var record = await platform.RecordAsync();
        var nurse = TestProfessional.New().Actor;
        await Refusals.FieldsAsync(
            () => RecognizeAsync(record, nurse, nurse, new Actor { Kind = ActorKind.Patient, Id = "x" }), "members[1]", "members[2].kind");
        await Refusals.FieldsAsync(
            () => DeclareAsync(record.Physician, record, new Actor { Kind = ActorKind.CareTeam, Id = "no" }), "actor.id");
    }

    private static Actor ActorOf(Team team) => new() { Kind = ActorKind.CareTeam, Id = team.CareTeamId };

    private Task<Team> RecognizeAsync(OpenedRecord record, params Actor[] members) =>
        platform.As(record.Patient).RecognizeTeamAsync(record.Id, members);

    private async Task<Consent.V1.Consent> GrantAsync(OpenedRecord record, Team team) =>
        (await platform.As(record.Patient).Consents.GrantConsentAsync(
            new GrantConsentRequest { RecordId = record.Id, Actor = ActorOf(team), RequestId = Given.NewId() },
            cancellationToken: Token)).Consent;

    private async Task<Consent.V1.Consent> DeclareAsync(TestProfessional professional, OpenedRecord record, Actor actor) =>
        (await platform.As(professional).Consents.DeclareConsentAsync(
            new DeclareConsentRequest
            {
                RecordId = record.Id,
                Actor = actor,
                Collection = ConsentCollection.PatientPresent,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).Consent;

    private Task<Google.Rpc.Status> RefusedAsync(TestProfessional professional, OpenedRecord record) => Refusals.RefusedAsync(
        StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => platform.As(professional).SearchIdsAsync(record.Id));
}
