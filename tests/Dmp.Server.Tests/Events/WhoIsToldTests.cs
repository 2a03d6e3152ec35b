using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Document.V1;
using Dmp.Event.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>What the feed tells those who are near a record and have no right to all of it.</summary>
public sealed class WhoIsToldTests(Platform platform)
{
    private static CancellationToken Token => Given.Token;

    [Fact]
    public async Task What_the_patient_decides_about_others_is_told_to_no_other_person()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var (caregiver, _) = await platform.DelegateAsync(patient, record.Id);
        var (former, ended) = await platform.DelegateAsync(patient, record.Id);
        await patient.RevokeAsync(ended);
        var (start, startFormer) = (await caregiver.NowAsync(), await former.NowAsync());

        await DecideAsync(patient, record.Id);
        await SetGuardianshipAsync(record.Id);
        Assert.Empty(await caregiver.SinceAsync(start));
        Assert.Empty(await former.SinceAsync(startFormer));
    }

    [Fact]
    public async Task What_is_decided_about_others_on_a_minors_record_is_not_told_to_representatives()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (patient, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));
        var (caregiver, _) = await platform.DelegateAsync(mother, record.Id);
        var (start, startCaregiver) = (await mother.NowAsync(), await caregiver.NowAsync());
        await DecideAsync(patient, record.Id);
        Assert.Empty(await mother.SinceAsync(start));
        Assert.Empty(await caregiver.SinceAsync(startCaregiver));
    }

    [Fact]
    public async Task What_was_gone_before_a_delegation_is_not_told_to_the_delegate()
    {
        var record = await platform.RecordAsync();
        var (author, patient) = (platform.As(record.Physician), platform.As(record.Patient));
        var caregiver = platform.As(TestPatient.New());
        var start = await caregiver.NowAsync();
        await author.DeleteAsync(await author.UploadAsync(record.Id));
        var first = await caregiver.AcceptAsync((await patient.InviteAsync(record.Id)).Code);
        Assert.Equal([ChangeKind.AccessGranted], await caregiver.KindsAsync(start));

        // Neither is what went between two of them; what went while there was one is.
        await patient.RevokeAsync(first);
        await author.DeleteAsync(await author.UploadAsync(record.Id));
        await caregiver.AcceptAsync((await patient.InviteAsync(record.Id)).Code);
        var seen = await author.UploadAsync(record.Id);
        var behind = await caregiver.NowAsync();
        await author.DeleteAsync(seen);
        Assert.DoesNotContain(ChangeKind.Deleted, (await caregiver.KindsAsync(start)).SkipLast(1));
        Assert.Equal(
            [(ChangeKind.Deleted, seen.DocumentId)], (await caregiver.SinceAsync(behind)).Select(told => (told.Kind, told.DocumentId)));
    }

    [Fact]
    public async Task What_was_gone_before_a_guardianship_is_not_told_to_the_guardian()
    {
        var record = await platform.RecordAsync();
        var (author, guardian) = (platform.As(record.Physician), platform.AsRepresentativeOf(record.Patient));
        var start = await guardian.NowAsync();
        await author.DeleteAsync(await author.UploadAsync(record.Id));
        await SetGuardianshipAsync(record.Id);
        Assert.Equal([ChangeKind.AccessGranted], await guardian.KindsAsync(start));
        var seen = await author.UploadAsync(record.Id);
        var behind = await guardian.NowAsync();
        await author.DeleteAsync(seen);
        Assert.Equal([ChangeKind.Deleted], await guardian.KindsAsync(behind));
    }

    [Fact]
    public async Task Delegates_of_a_representative_lose_the_record_at_majority_and_hear_nothing_of_a_guardianship()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (mother, author) = (platform.AsRepresentativeOf(record.Patient), platform.As(record.Physician));
        var (aunt, _) = await platform.DelegateAsync(mother, record.Id);
        var (former, ended) = await platform.DelegateAsync(mother, record.Id);
        await mother.RevokeAsync(ended);
        var (start, startFormer) = (await aunt.NowAsync(), await former.NowAsync());
        await platform.Server.QueryAsync<object>(
            platform,
            "update record set birth_date = (now() at time zone 'Europe/Paris')::date - interval '18 years', "
            + "create_time = create_time - interval '30 days'\n"
            + $"where record_id = '{record.Id}' returning 1");
        await platform.Server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().SweepOnceAsync(Token);
        Assert.Equal([ChangeKind.AccessLost], await aunt.KindsAsync(start));

        start = await aunt.NowAsync();
        var startMother = await mother.NowAsync();
        await author.DeclareAsync(record.Id);
        await author.DeleteAsync(await author.UploadAsync(record.Id));
        await SetGuardianshipAsync(record.Id);
        Assert.Equal([ChangeKind.AccessGranted], await mother.KindsAsync(startMother));
        Assert.Empty(await aunt.SinceAsync(start));
        Assert.Empty(await former.SinceAsync(startFormer));
    }

    [Fact]
    public async Task Secret_acts_reach_no_caregiver()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (patient, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));
        var (caregiver, _) = await platform.DelegateAsync(mother, record.Id);
        var start = await caregiver.NowAsync();
        var secret = platform.InSecretAs(TestProfessional.New());
        await secret.DeclareAsync(record.Id);
        var hidden = await secret.UploadAsync(record.Id);
        var shared = await platform.As(record.Physician).UploadAsync(record.Id);
        Assert.Equal([shared.DocumentId], (await caregiver.SinceAsync(start)).Select(told => told.DocumentId));
        Assert.Contains(hidden.DocumentId, await patient.SearchIdsAsync(record.Id));
        Assert.Equal([shared.DocumentId], await caregiver.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task An_occupational_physician_is_told_what_a_search_shows_and_never_what_is_masked()
    {
        var record = await platform.RecordAsync();
        var (author, patient) = (platform.As(record.Physician), platform.As(record.Patient));
        var occupational = TestProfessional.New() with { Specialty = "SM25", Sector = "SA66" };
        var api = platform.As(occupational);
        await patient.Consents.GrantConsentAsync(
            new GrantConsentRequest
            {
                RecordId = record.Id,
                Actor = occupational.Actor,
                AttendingPhysician = true,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
        var start = await api.NowAsync();
        var open = await author.UploadAsync(record.Id);
        var masked = await author.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        await author.ReplaceAsync(masked);
        Assert.Equal([open.DocumentId], await api.SearchIdsAsync(record.Id));
        Assert.Equal([(ChangeKind.Created, open.DocumentId)], (await api.SinceAsync(start)).Select(told => (told.Kind, told.DocumentId)));

        // Attending or not, a mask takes the document away like a deletion.
        start = await api.NowAsync();
        await patient.MaskAsync(open);
        Assert.Equal([ChangeKind.Deleted], await api.KindsAsync(start));
    }

    [Fact]
    public async Task Other_members_of_a_team_who_come_and_go_are_nobodys_news()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var (stays, left, other) = (TestProfessional.New(), await platform.ColleagueAsync(record), TestProfessional.New());
        var team = await patient.RecognizeTeamAsync(record.Id, stays.Actor, left.Actor);
        await patient.GrantAsync(record.Id, new Actor { Kind = ActorKind.CareTeam, Id = team.CareTeamId });
        team = await patient.SetMembersAsync(team, record.Id, stays.Actor);
        var (start, startLeft, startOther) = (
            await platform.As(stays).NowAsync(), await platform.As(left).NowAsync(), await platform.As(other).NowAsync());
        team = await patient.SetMembersAsync(team, record.Id, stays.Actor, other.Actor);
        await patient.SetMembersAsync(team, record.Id, stays.Actor);
        Assert.Empty(await platform.As(stays).SinceAsync(start));
        Assert.Empty(await platform.As(left).SinceAsync(startLeft));
        Assert.Equal([ChangeKind.AccessLost], (await platform.As(other).KindsAsync(startOther)).TakeLast(1));
    }

    private async Task SetGuardianshipAsync(string recordId) => await platform.AsOperator().Delegations.SetGuardianshipAsync(
        new SetGuardianshipRequest
        {
            RecordId = recordId,
            UntilTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(30)),
            Reason = "Jugement du 3 mars",
            RequestId = Given.NewId(),
        },
        cancellationToken: Token);

    private static async Task DecideAsync(DmpApi patient, string recordId)
    {
        var other = TestProfessional.New();
        var consent = await patient.GrantAsync(recordId, other.Actor);
        await patient.RevokeAsync(consent);
        await patient.GrantAsync(recordId, other.Actor);
        await patient.UnblockAsync(recordId, await patient.BlockAsync(recordId, other.Actor));
        await patient.GrantAsync(recordId, new Actor { Kind = ActorKind.Structure, Id = other.StructureId });
    }
}
