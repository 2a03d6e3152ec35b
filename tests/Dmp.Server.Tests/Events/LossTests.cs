using Dmp.Audit.V1;
using Dmp.CareTeam.V1;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Event.V1;
using Dmp.Record.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Dmp.Server.Tests.Events;

/// <summary>Every way to lose a record, and to get it back: told to whom it concerns, and to nobody else.</summary>
public sealed class LossTests(Platform platform)
{
    private static CancellationToken Token => Given.Token;

    [Fact]
    public async Task A_consent_that_is_revoked_and_given_again()
    {
        var record = await platform.RecordAsync();
        var (patient, colleague) = (platform.As(record.Patient), TestProfessional.New());
        var api = platform.As(colleague);
        var start = await api.NowAsync();
        var consent = await patient.GrantAsync(record.Id, colleague.Actor);
        Assert.Equal([ChangeKind.AccessGranted], await api.KindsAsync(start));

        var (startPatient, startOther) = (await patient.NowAsync(), await platform.As(record.Physician).NowAsync());
        start = await api.NowAsync();
        await patient.RevokeAsync(consent);
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        await patient.MaskAsync(document);
        await patient.UnmaskAsync(document);
        Assert.Equal([ChangeKind.AccessLost], await api.KindsAsync(start));
        Assert.DoesNotContain(ChangeKind.AccessLost, await patient.KindsAsync(startPatient));
        Assert.DoesNotContain(ChangeKind.AccessLost, await platform.As(record.Physician).KindsAsync(startOther));
    }

    [Fact]
    public async Task What_was_gone_before_the_consent_is_not_told_to_whom_it_came_late()
    {
        var record = await platform.RecordAsync();
        var (author, patient, late) = (platform.As(record.Physician), platform.As(record.Patient), TestProfessional.New());
        var start = await platform.As(late).NowAsync();
        var (deleted, masked) = (await author.UploadAsync(record.Id), await author.UploadAsync(record.Id));
        await author.DeleteAsync(deleted);
        await patient.MaskAsync(masked);
        await patient.GrantAsync(record.Id, late.Actor);

        Assert.Equal([ChangeKind.AccessGranted], await platform.As(late).KindsAsync(start));
    }

    [Fact]
    public async Task A_block_is_told_to_whom_it_takes_something_from()
    {
        var record = await platform.RecordAsync();
        var (patient, stranger) = (platform.As(record.Patient), TestProfessional.New());
        var colleague = await platform.ColleagueAsync(record);
        var (api, apiStranger) = (platform.As(colleague), platform.As(stranger));
        var (start, startStranger) = (await api.NowAsync(), await apiStranger.NowAsync());
        var block = await patient.BlockAsync(record.Id, colleague.Actor);
        await patient.UnblockAsync(record.Id, await patient.BlockAsync(record.Id, stranger.Actor));
        await patient.BlockAsync(record.Id, stranger.Actor);
        Assert.Equal([ChangeKind.AccessLost], await api.KindsAsync(start));
        Assert.Empty(await apiStranger.SinceAsync(startStranger));

        // Being unblocked gives nothing back by itself.
        start = await api.NowAsync();
        await patient.UnblockAsync(record.Id, block);
        Assert.Empty(await api.SinceAsync(start));
        start = await api.NowAsync();
        await patient.GrantAsync(record.Id, colleague.Actor);
        Assert.Equal([ChangeKind.AccessGranted], await api.KindsAsync(start));
    }

    [Fact]
    public async Task The_structure_of_a_professional_is_blocked_and_unblocked()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var colleague = await platform.ColleagueAsync(record);
        var api = platform.As(colleague);
        var start = await api.NowAsync();
        var block = await patient.BlockAsync(record.Id, new Actor { Kind = ActorKind.Structure, Id = colleague.StructureId });
        Assert.Equal([ChangeKind.AccessLost], await api.KindsAsync(start));
        start = await api.NowAsync();
        await patient.UnblockAsync(record.Id, block);
        Assert.Equal([ChangeKind.AccessGranted], await api.KindsAsync(start));
    }

    [Fact]
    public async Task A_consent_that_ends_by_time_delivers_nothing_from_then_on_and_is_told_once()
    {
        var record = await platform.RecordAsync();
        var colleague = await platform.ColleagueAsync(record);
        var api = platform.As(colleague);
        var start = await api.NowAsync();
        await ChangeRowAsync(
            $"update consent set grant_time = now() - interval '2 days', expire_time = now() where record_id = '{record.Id}' "
            + $"and actor_id = '{colleague.Id}'");
        await platform.As(record.Physician).UploadAsync(record.Id);
        Assert.Empty(await api.SinceAsync(start));
        await SweepAsync();
        await SweepAsync();
        Assert.Equal([ChangeKind.AccessLost], await api.KindsAsync(start));
    }

    [Fact]
    public async Task Whoever_keeps_another_right_to_a_closed_record_is_not_sent_to_list_it()
    {
        var record = await platform.RecordAsync();
        var (api, patient) = (platform.As(record.Physician), platform.As(record.Patient));
        var team = await patient.RecognizeTeamAsync(record.Id, record.Physician.Actor);
        await patient.GrantAsync(record.Id, new Actor { Kind = ActorKind.CareTeam, Id = team.CareTeamId });
        var start = await api.NowAsync();
        await CloseAsync();
        await ChangeRowAsync(
            $"update consent set grant_time = now() - interval '2 days', expire_time = now() where record_id = '{record.Id}' "
            + $"and actor_id = '{team.CareTeamId}'");
        await SweepAsync();
        Assert.Equal([ChangeKind.RecordClosed], await api.KindsAsync(start));
        await ReopenAsync();
        Assert.Equal([ChangeKind.RecordClosed, ChangeKind.AccessGranted, ChangeKind.RecordOpened], await api.KindsAsync(start));
        await CloseAsync();
        Assert.Equal([ChangeKind.RecordClosed, ChangeKind.RecordClosed], await api.KindsAsync(start));

        async Task CloseAsync() => await patient.Records.CloseRecordAsync(
            new CloseRecordRequest { RecordId = record.Id, Reason = CloseReason.PatientRequest, RequestId = Given.NewId() },
            cancellationToken: Token);

        async Task ReopenAsync() => await patient.Records.ReopenRecordAsync(
            new ReopenRecordRequest { RecordId = record.Id, PatientInformed = true, RequestId = Given.NewId() }, cancellationToken: Token);
    }

    /// <summary>An authorisation that ended by time is told by the next sweep; what takes the right in between tells it itself.</summary>
    [Theory]
    [InlineData("leaves the team")]
    [InlineData("is blocked")]
    [InlineData("is taken the authorisation")]
    public async Task Who_loses_the_rest_of_a_right_before_its_end_is_told_hears_of_the_loss(string change)
    {
        var record = await platform.RecordAsync();
        var (patient, member) = (platform.As(record.Patient), TestProfessional.New());
        var api = platform.As(member);
        var team = await patient.RecognizeTeamAsync(record.Id, record.Physician.Actor, member.Actor);
        var consent = await patient.GrantAsync(record.Id, new Actor { Kind = ActorKind.CareTeam, Id = team.CareTeamId });
        var start = await api.NowAsync();
        await ChangeRowAsync(
            "update consent set grant_time = now() - interval '2 days', expire_time = now() "
            + $"where record_id = '{record.Id}' and consent_id = '{consent.ConsentId}'");
        if (change == "leaves the team")
        {
            await patient.SetMembersAsync(team, record.Id, record.Physician.Actor);
        }
        else if (change == "is blocked")
        {
            await patient.BlockAsync(record.Id, member.Actor);
        }
        else
        {
            await patient.RevokeAsync(consent);
        }

        await SweepAsync();
        Assert.Equal([ChangeKind.AccessLost], await api.KindsAsync(start));
    }

    [Fact]
    public async Task Who_joins_a_team_after_its_right_ended_hears_nothing()
    {
        var record = await platform.RecordAsync();
        var (patient, member) = (platform.As(record.Patient), TestProfessional.New());
        var api = platform.As(member);
        var team = await patient.RecognizeTeamAsync(record.Id, record.Physician.Actor);
        var consent = await patient.GrantAsync(record.Id, new Actor { Kind = ActorKind.CareTeam, Id = team.CareTeamId });
        var start = await api.NowAsync();
        await ChangeRowAsync(
            "update consent set grant_time = now() - interval '2 days', expire_time = now() "
            + $"where record_id = '{record.Id}' and consent_id = '{consent.ConsentId}'");
        await patient.SetMembersAsync(team, record.Id, record.Physician.Actor, member.Actor);
        await SweepAsync();
        Assert.Empty(await api.SinceAsync(start));
    }

    [Fact]
    public async Task Members_of_teams_come_and_go()
    {
        var record = await platform.RecordAsync();
        var (patient, member) = (platform.As(record.Patient), TestProfessional.New());
        var api = platform.As(member);
        var formal = (await platform.AsOperator().CareTeams.RegisterCareTeamAsync(
            new RegisterCareTeamRequest { Name = "Réseau", Members = { record.Physician.Actor }, RequestId = Given.NewId() },
            cancellationToken: Token)).CareTeam;
        var own = await patient.RecognizeTeamAsync(record.Id, record.Physician.Actor);
        foreach (var (team, by, recordId) in new[] { (formal, platform.AsOperator(), ""), (own, patient, record.Id) })
        {
            var consent = await patient.GrantAsync(record.Id, new Actor { Kind = ActorKind.CareTeam, Id = team.CareTeamId });
            var start = await api.NowAsync();
            var changed = await by.SetMembersAsync(team, recordId, record.Physician.Actor, member.Actor);
            Assert.Equal([ChangeKind.AccessGranted], await api.KindsAsync(start));
            start = await api.NowAsync();
            await by.SetMembersAsync(changed, recordId, record.Physician.Actor);
            Assert.Equal([ChangeKind.AccessLost], await api.KindsAsync(start));
            await patient.RevokeAsync(consent);
        }
    }

    [Theory]
    [InlineData("leaves")]
    [InlineData("revoked")]
    [InlineData("expired")]
    public async Task Who_lost_a_record_with_a_team_is_told_although_the_team_got_it_again(string how)
    {
        var record = await platform.RecordAsync();
        var (patient, member) = (platform.As(record.Patient), TestProfessional.New());
        var api = platform.As(member);
        var formal = (await platform.AsOperator().CareTeams.RegisterCareTeamAsync(
            new RegisterCareTeamRequest { Name = "Réseau", Members = { record.Physician.Actor, member.Actor }, RequestId = Given.NewId() },
            cancellationToken: Token)).CareTeam;
        var team = new Actor { Kind = ActorKind.CareTeam, Id = formal.CareTeamId };
        var consent = await patient.GrantAsync(record.Id, team);
        var start = await api.NowAsync();
        switch (how)
        {
            case "revoked":
                await patient.RevokeAsync(consent);
                break;
            case "expired":
                await ChangeRowAsync(
                    "update consent set grant_time = now() - interval '2 days', expire_time = now() "
                    + $"where consent_id = '{consent.ConsentId}'");
                await SweepAsync();
                break;
            default:
                break;
        }

        await platform.AsOperator().SetMembersAsync(formal, "", record.Physician.Actor);
        await patient.GrantAsync(record.Id, team);

        // The team's right is given anew, but not to who has left: only the loss is for them.
        Assert.Equal([ChangeKind.AccessLost], await api.KindsAsync(start));
    }

    [Fact]
    public async Task Who_is_blocked_is_told_although_the_team_got_the_record_again()
    {
        var record = await platform.RecordAsync();
        var (patient, member) = (platform.As(record.Patient), TestProfessional.New());
        var api = platform.As(member);
        var formal = (await platform.AsOperator().CareTeams.RegisterCareTeamAsync(
            new RegisterCareTeamRequest { Name = "Réseau", Members = { record.Physician.Actor, member.Actor }, RequestId = Given.NewId() },
            cancellationToken: Token)).CareTeam;
        var team = new Actor { Kind = ActorKind.CareTeam, Id = formal.CareTeamId };
        await patient.GrantAsync(record.Id, team);
        var start = await api.NowAsync();
        await patient.BlockAsync(record.Id, member.Actor);
        await patient.GrantAsync(record.Id, team);
        Assert.Equal([ChangeKind.AccessLost], await api.KindsAsync(start));
    }

    [Fact]
    public async Task Majority_ends_what_representatives_and_professionals_had()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (patient, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));
        var physician = platform.As(record.Physician);
        var starts = new[] { await patient.NowAsync(), await mother.NowAsync(), await physician.NowAsync() };
        await ChangeRowAsync(
            "update record set birth_date = (now() at time zone 'Europe/Paris')::date - interval '18 years', "
            + "create_time = create_time - interval '30 days'\n"
            + $"where record_id = '{record.Id}'");
        await ChangeRowAsync($"update consent set grant_time = grant_time - interval '30 days' where record_id = '{record.Id}'");
        await SweepAsync();
        await SweepAsync();
        Assert.Empty(await patient.SinceAsync(starts[0]));
        Assert.Equal([ChangeKind.AccessLost], await mother.KindsAsync(starts[1]));
        Assert.Equal([ChangeKind.AccessLost], await physician.KindsAsync(starts[2]));

        var again = await physician.NowAsync();
        await patient.Consents.ReapproveConsentsAsync(
            new ReapproveConsentsRequest { RecordId = record.Id, RequestId = Given.NewId() }, cancellationToken: Token);
        Assert.Equal([ChangeKind.AccessGranted], await physician.KindsAsync(again));
    }

    [Fact]
    public async Task A_delegation_is_told_to_the_delegate_at_its_beginning_and_its_end()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var delegates = platform.As(TestPatient.New());
        var (start, startPatient) = (await delegates.NowAsync(), await patient.NowAsync());
        var delegation = await delegates.AcceptAsync((await patient.InviteAsync(record.Id)).Code);
        Assert.Equal([ChangeKind.AccessGranted], await delegates.KindsAsync(start));
        start = await delegates.NowAsync();
        await patient.RevokeAsync(delegation);
        Assert.Equal([ChangeKind.AccessLost], await delegates.KindsAsync(start));
        Assert.Empty(await patient.SinceAsync(startPatient));

        var ending = await delegates.AcceptAsync((await patient.InviteAsync(record.Id)).Code);
        start = await delegates.NowAsync();
        await ChangeRowAsync(
            "update delegation set start_time = now() - interval '2 days', end_time = now() "
            + $"where delegation_id = '{ending.DelegationId}'");
        await SweepAsync();
        await SweepAsync();
        Assert.Equal([ChangeKind.AccessLost], await delegates.KindsAsync(start));
    }

    [Fact]
    public async Task A_delegation_that_begins_later_is_told_when_it_begins()
    {
        var record = await platform.RecordAsync();
        var (patient, api) = (platform.As(record.Patient), platform.As(TestPatient.New()));
        var later = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(3));
        var never = await api.AcceptAsync((await patient.InviteAsync(record.Id, change: request => request.StartTime = later)).Code);
        var start = await api.NowAsync();
        await patient.RevokeAsync(never);
        var delegation = await api.AcceptAsync((await patient.InviteAsync(record.Id, change: request => request.StartTime = later)).Code);
        await SweepAsync();
        Assert.Empty(await api.SinceAsync(start));
        start = await api.NowAsync();
        await ChangeRowAsync($"update delegation set start_time = now() where delegation_id = '{delegation.DelegationId}'");
        await SweepAsync();
        await SweepAsync();
        Assert.Equal([ChangeKind.AccessGranted], await api.KindsAsync(start));
    }

    [Fact]
    public async Task Secret_acts_reach_the_minor_and_no_representative()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (patient, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));
        var secret = platform.InSecretAs(record.Physician);
        var (start, startMother) = (await patient.NowAsync(), await mother.NowAsync());
        var document = await secret.UploadAsync(record.Id);
        Assert.Equal([ChangeKind.Created], await patient.KindsAsync(start));
        Assert.Empty(await mother.SinceAsync(startMother));
        await platform.As(record.Physician).DeleteAsync(document);
        Assert.Empty(await mother.SinceAsync(startMother));

        // What the physician hears of it in the open is in the trace of the minor and not in the mother's.
        var author = platform.As(record.Physician);
        var before = await author.NowAsync();
        await secret.UploadAsync(record.Id);
        Assert.Equal([ChangeKind.Created], await author.KindsAsync(before));
        Assert.Single(await EventsAsync(patient, record.Id));
        Assert.Empty(await EventsAsync(mother, record.Id));
    }

    [Fact]
    public async Task Guardianship_keeps_representatives_and_its_end_is_told()
    {
        var record = await platform.RecordAsync();
        var guardian = platform.AsRepresentativeOf(record.Patient);
        var start = await guardian.NowAsync();
        await platform.AsOperator().Delegations.SetGuardianshipAsync(
            new SetGuardianshipRequest
            {
                RecordId = record.Id,
                UntilTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(30)),
                Reason = "Jugement du 3 mars",
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
        Assert.Equal([ChangeKind.AccessGranted], await guardian.KindsAsync(start));
        start = await guardian.NowAsync();
        await ChangeRowAsync($"update record set guardianship_until = now() where record_id = '{record.Id}'");
        await SweepAsync();
        await SweepAsync();
        Assert.Equal([ChangeKind.AccessLost], await guardian.KindsAsync(start));
    }

    private static async Task<List<AuditEvent>> EventsAsync(DmpApi api, string recordId) =>
    [
        .. (await api.Audit.ListRecordEventsAsync(new ListRecordEventsRequest { RecordId = recordId }, cancellationToken: Token)).Events
            .Where(traced => traced.Method == "dmp.event.v1.EventService/Pull" && traced.Actor.Kind == ActorKind.Professional),
    ];

    private async Task ChangeRowAsync(string sql) => await platform.Server.QueryAsync<object>(platform, $"{sql} returning 1");

    private Task SweepAsync() =>
        platform.Server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().SweepOnceAsync(Token);
}
