using Dmp.Consent.V1;
using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Emergencies;

/// <summary>What ended stays ended, and what only rests comes back with what it rests on.</summary>
public sealed class EmergencyEndTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(EmergencyMode.BreakGlass)]
    [InlineData(EmergencyMode.Regulation)]
    public async Task An_access_that_a_closed_switch_ended_does_not_come_back_with_it(EmergencyMode mode)
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var helper = platform.As(TestProfessional.New() with { Regulates = true });
        await OpenAsync(helper, record.Id, mode);
        Assert.NotEmpty(await helper.ReadAsync(document));

        await SwitchAsync(record, mode, open: false);
        await DeniedAsync(helper, record.Id);
        await SwitchAsync(record, mode, open: true);
        await DeniedAsync(helper, record.Id);

        // The switch of the other mode ends nothing, and a new opening is one.
        await OpenAsync(helper, record.Id, mode);
        await SwitchAsync(record, mode == EmergencyMode.BreakGlass ? EmergencyMode.Regulation : EmergencyMode.BreakGlass, open: false);
        Assert.NotEmpty(await helper.ReadAsync(document));
        var (last, first) = await TwoAsync(record);
        Assert.Equal((null, EmergencyEndCause.Unspecified), (last.EndTime, last.EndCause));
        Assert.Equal(EmergencyEndCause.SwitchClosed, first.EndCause);
        Assert.True(first.EndTime < first.ExpireTime && first.EndTime >= first.OpenTime);
    }

    [Theory]
    [InlineData(ActorKind.Professional)]
    [InlineData(ActorKind.Structure)]
    public async Task An_access_that_a_block_ended_does_not_come_back_when_it_is_lifted(ActorKind kind)
    {
        var record = await platform.RecordAsync();
        var (professional, other) = (TestProfessional.New(), TestProfessional.New());
        var (helper, bystander) = (platform.As(professional), platform.As(other));
        await OpenAsync(helper, record.Id);
        await OpenAsync(bystander, record.Id);
        var patient = platform.As(record.Patient);
        var block = await patient.BlockAsync(
            record.Id, kind == ActorKind.Professional ? professional.Actor : new Actor { Kind = kind, Id = professional.StructureId });
        await DeniedAsync(helper, record.Id);
        await patient.UnblockAsync(record.Id, block);

        await DeniedAsync(helper, record.Id);
        await bystander.SearchIdsAsync(record.Id);
        var (othersAccess, ended) = await TwoAsync(record);
        Assert.Equal((EmergencyEndCause.Unspecified, EmergencyEndCause.Blocked), (othersAccess.EndCause, ended.EndCause));
        await OpenAsync(helper, record.Id);
        await helper.SearchIdsAsync(record.Id);
    }

    [Fact]
    public async Task An_access_that_the_closing_of_the_record_ended_does_not_come_back_with_it()
    {
        var record = await platform.RecordAsync();
        var helper = platform.As(TestProfessional.New());
        await OpenAsync(helper, record.Id);
        var patient = platform.As(record.Patient);
        await patient.Records.CloseRecordAsync(
            new CloseRecordRequest { RecordId = record.Id, Reason = CloseReason.PatientRequest, RequestId = Given.NewId() },
            cancellationToken: Token);
        await patient.Records.ReopenRecordAsync(
            new ReopenRecordRequest { RecordId = record.Id, PatientInformed = true, RequestId = Given.NewId() }, cancellationToken: Token);

        await DeniedAsync(helper, record.Id);
        Assert.Equal(EmergencyEndCause.RecordClosed, Assert.Single(await ListAsync(record)).EndCause);

        // Authorisations rest while a record is closed.
        await platform.As(record.Physician).SearchIdsAsync(record.Id);
    }

    [Fact]
    public async Task A_block_ends_what_was_given_to_whom_it_names_and_lets_rest_what_was_given_to_others()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var named = await platform.ColleagueAsync(record);
        var inStructure = TestProfessional.New();
        await patient.GrantAsync(record.Id, new Actor { Kind = ActorKind.Structure, Id = inStructure.StructureId });
        var inTeam = TestProfessional.New();
        var team = await patient.RecognizeTeamAsync(record.Id, inTeam.Actor);
        await patient.GrantAsync(record.Id, new Actor { Kind = ActorKind.CareTeam, Id = team.CareTeamId });
        var atBlockedStructure = await platform.ColleagueAsync(record);

        var blocks = new List<string>();
        foreach (var actor in new[]
        {
            named.Actor, inStructure.Actor, inTeam.Actor, new Actor { Kind = ActorKind.Structure, Id = atBlockedStructure.StructureId },
        })
        {
            blocks.Add(await patient.BlockAsync(record.Id, actor));
        }

        foreach (var professional in new[] { named, inStructure, inTeam, atBlockedStructure })
        {
            await DeniedAsync(platform.As(professional), record.Id);
        }

        foreach (var block in blocks)
        {
            await patient.UnblockAsync(record.Id, block);
        }

        await DeniedAsync(platform.As(named), record.Id);
        foreach (var professional in new[] { inStructure, inTeam, atBlockedStructure })
        {
            await platform.As(professional).SearchIdsAsync(record.Id);
        }
    }

    private static Task<Google.Rpc.Status> DeniedAsync(DmpApi helper, string recordId) =>
        Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => helper.SearchIdsAsync(recordId));

    private static async Task OpenAsync(DmpApi api, string recordId, EmergencyMode mode = EmergencyMode.BreakGlass) =>
        await api.Emergencies.OpenEmergencyAccessAsync(
            new OpenEmergencyAccessRequest
            {
                RecordId = recordId,
                Mode = mode,
                Reason = "Patient inconscient, détresse respiratoire",
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);

    private async Task<(EmergencyAccess Last, EmergencyAccess First)> TwoAsync(OpenedRecord record)
    {
        var accesses = await ListAsync(record);
        Assert.Equal(2, accesses.Count);
        return (accesses[0], accesses[1]);
    }

    private async Task<List<EmergencyAccess>> ListAsync(OpenedRecord record) =>
        [.. (await platform.As(record.Patient).Emergencies.ListEmergencyAccessesAsync(
            new ListEmergencyAccessesRequest { RecordId = record.Id }, cancellationToken: Token)).EmergencyAccesses];

    private async Task SwitchAsync(OpenedRecord record, EmergencyMode mode, bool open)
    {
        var api = platform.As(record.Patient);
        var etag = (await api.Consents.GetConsentSettingsAsync(
            new GetConsentSettingsRequest { RecordId = record.Id }, cancellationToken: Token)).Settings.Etag;
        await api.Consents.UpdateConsentSettingsAsync(
            new UpdateConsentSettingsRequest
            {
                RecordId = record.Id,
                Settings = new ConsentSettings { EmergencyBreakGlassAllowed = open, EmergencyRegulationAllowed = open },
                UpdateMask = new()
                {
                    Paths = { mode == EmergencyMode.BreakGlass ? "emergency_break_glass_allowed" : "emergency_regulation_allowed" },
                },
                Etag = etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
    }
}
