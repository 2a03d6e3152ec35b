using Dmp.Access.V1;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Delegations;

/// <summary>The day a minor comes of age.</summary>
public sealed class MajorityTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("2008-07-14", "2026-07-13 22:00")]
    [InlineData("2007-12-31", "2025-12-30 23:00")]
    [InlineData("2008-02-29", "2026-02-28 23:00")]
    [InlineData("2010-03-01", "2028-02-29 23:00")]
    public async Task Majority_is_the_eighteenth_birthday_at_midnight_in_Paris(string birthDate, string utc) => Assert.Equal(
        utc,
        await platform.Server.QueryAsync<string>(
            platform, $"select to_char(dmp_majority_time('{birthDate}') at time zone 'UTC', 'YYYY-MM-DD HH24:MI')"));

    [Fact]
    public async Task On_that_day_representatives_and_whom_they_invited_lose_access_and_the_patient_keeps_it()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (patient, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));
        var (father, _) = await platform.DelegateAsync(mother, record.Id, DelegationKind.Representative);
        var (nanny, _) = await platform.DelegateAsync(mother, record.Id);
        var (friend, _) = await platform.DelegateAsync(patient, record.Id);
        var open = await mother.InviteAsync(record.Id);
        var document = await platform.As(record.Physician).UploadAsync(Given.Intent(record.Id), Given.Text(32 * 1024 * 1024));

        await BornAsync(record, "1 day");
        foreach (var somebody in new[] { patient, mother, father, nanny, friend })
        {
            Assert.Equal([document.DocumentId], await somebody.SearchIdsAsync(record.Id));
        }

        using var download = mother.Documents.ReadDocument(
            new Document.V1.ReadDocumentRequest { RecordId = record.Id, DocumentId = document.DocumentId }, cancellationToken: Token);
        Assert.True(await download.ResponseStream.MoveNext(Token));
        await BornAsync(record, "0 days");

        // What ends by time ends a download within a second; and this reader is slow, so that it is not over before.
        await Waiting.PassedAsync(DateTimeOffset.UtcNow.AddSeconds(1));
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, async () =>
        {
            while (await download.ResponseStream.MoveNext(Token))
            {
            }
        });
        foreach (var gone in new[] { mother, father, nanny })
        {
            await DeniedAsync(gone, record);
            Assert.Empty((await gone.Records.ListRecordsAsync(new ListRecordsRequest(), cancellationToken: Token)).Records);
        }

        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.DelegationCodeInvalid, () => platform.As(TestPatient.New()).AcceptAsync(open.Code));
        foreach (var stays in new[] { patient, friend })
        {
            Assert.Equal([document.DocumentId], await stays.SearchIdsAsync(record.Id));
        }

        Assert.Equal(
            [DelegationState.Expired, DelegationState.Active, DelegationState.Expired, DelegationState.Expired],
            (await patient.DelegationsAsync(record.Id)).Select(delegation => delegation.State));

        // The new adult may entrust the record to the mother, as a caregiver.
        await mother.AcceptAsync((await patient.InviteAsync(record.Id)).Code);
        Assert.Single(await mother.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task Consents_of_the_minor_wait_for_the_adult_everywhere()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (patient, physician) = (platform.As(record.Patient), platform.As(record.Physician));
        await physician.DeclareAsync(record.Id, attending: true);
        var document = await patient.UploadAsync(record.Id);
        Assert.NotEmpty(await physician.ReadAsync(document));

        await ComeOfAgeAsync(record);

        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => physician.ReadAsync(document));
        Assert.Empty((await physician.Records.ListRecordsAsync(new ListRecordsRequest(), cancellationToken: Token)).Records);
        var check = await physician.Records.CheckAccessAsync(new CheckAccessRequest { Ins = record.Patient.Ins }, cancellationToken: Token);
        Assert.Equal((AuthorizationState.Expired, false), (check.AuthorizationState, check.AttendingPhysician));
        var explained = await patient.Access.ExplainAccessAsync(
            new ExplainAccessRequest { RecordId = record.Id, Actor = record.Physician.Actor }, cancellationToken: Token);
        Assert.Contains(explained.Steps, step => step is { Rule: AccessRule.Consent, Passed: false, Finding: "PENDING_REAPPROVAL" });
        Assert.False(explained.Allowed);
        Assert.Empty(await ConsentsAsync(patient, record, ConsentState.Active));
        var pending = Assert.Single(await ConsentsAsync(patient, record, ConsentState.PendingReapproval));
        Assert.Equal(ConsentState.PendingReapproval, pending.State);

        var approved = Assert.Single(await ReapproveAsync(patient, record));

        Assert.Equal((ConsentState.Active, true, pending.ExpireTime), (approved.State, approved.AttendingPhysician, approved.ExpireTime));
        Assert.NotNull(approved.ReapproveTime);
        Assert.NotEmpty(await physician.ReadAsync(document));
        Assert.Single((await physician.Records.ListRecordsAsync(new ListRecordsRequest(), cancellationToken: Token)).Records);
        Assert.Empty(await ReapproveAsync(patient, record));
    }

    [Fact]
    public async Task The_adult_approves_some_revokes_others_and_gives_again()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var patient = platform.As(record.Patient);
        var (approved, granted) = (await platform.ColleagueAsync(record), await platform.ColleagueAsync(record, attending: true));
        await ComeOfAgeAsync(record);
        var pending = await ConsentsAsync(patient, record, ConsentState.PendingReapproval);
        Assert.Equal(3, pending.Count);

        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.ConsentNotFound, () => ReapproveAsync(patient, record, Given.NewId()));
        await ReapproveAsync(patient, record, pending.Single(consent => consent.Actor.Id == approved.Id).ConsentId);
        Assert.Empty(await platform.As(approved).SearchIdsAsync(record.Id));

        var revoked = (await patient.Consents.RevokeConsentAsync(
            new RevokeConsentRequest
            {
                RecordId = record.Id,
                ConsentId = pending.Single(consent => consent.Actor.Id == record.Physician.Id).ConsentId,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).Consent;
        Assert.Equal(ConsentState.Revoked, revoked.State);

        // Declared again: in force at once, but what the parents had added to it is not.
        var declared = await platform.As(granted).DeclareAsync(record.Id);
        Assert.Equal((ConsentState.Active, false), (declared.State, declared.AttendingPhysician));
        Assert.Empty(await platform.As(granted).SearchIdsAsync(record.Id));
        var newcomer = await platform.ColleagueAsync(record);
        Assert.Empty(await platform.As(newcomer).SearchIdsAsync(record.Id));
        Assert.Equal(3, (await ConsentsAsync(patient, record, ConsentState.Active)).Count);
    }

    [Fact]
    public async Task Guardianship_keeps_representatives_until_it_ends()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var guardian = platform.AsRepresentativeOf(record.Patient);
        var (father, _) = await platform.DelegateAsync(guardian, record.Id, DelegationKind.Representative);
        await ComeOfAgeAsync(record);
        await DeniedAsync(guardian, record);

        var until = DateTimeOffset.UtcNow.AddYears(5);
        await SetAsync(record, until);
        Assert.Empty(await guardian.SearchIdsAsync(record.Id));
        Assert.Single(await ReapproveAsync(guardian, record));
        await DeniedAsync(father, record);
        var (caregiver, _) = await platform.DelegateAsync(guardian, record.Id);
        Assert.Empty(await caregiver.SearchIdsAsync(record.Id));

        var soon = DateTimeOffset.UtcNow.AddSeconds(2);
        await SetAsync(record, soon);
        await Waiting.PassedAsync(soon);
        await DeniedAsync(guardian, record);
        await DeniedAsync(caregiver, record);

        await SetAsync(record, until);
        Assert.Empty(await guardian.SearchIdsAsync(record.Id));
        await SetAsync(record, null);
        await DeniedAsync(guardian, record);
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.CallerKindNotAllowed,
            async () => await guardian.Delegations.SetGuardianshipAsync(new SetGuardianshipRequest(), cancellationToken: Token));
        await Refusals.FieldsAsync(() => SetAsync(record, DateTimeOffset.UtcNow.AddYears(30)), "until_time");
    }

    [Fact]
    public async Task A_representative_opens_the_record_of_a_minor_and_not_that_of_an_adult()
    {
        var (child, adult) = (TestPatient.NewMinor(), TestPatient.New());
        var mother = platform.AsRepresentativeOf(child, adult);
        await mother.Records.OpenRecordAsync(Given.OpenRequest(child), cancellationToken: Token);
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.RecordAccessDenied,
            async () => await mother.Records.OpenRecordAsync(Given.OpenRequest(adult), cancellationToken: Token));
    }

    private static Task<Google.Rpc.Status> DeniedAsync(DmpApi api, OpenedRecord record) =>
        Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => api.SearchIdsAsync(record.Id));

    private static async Task<List<Consent.V1.Consent>> ConsentsAsync(DmpApi api, OpenedRecord record, ConsentState state) =>
        [.. (await api.Consents.ListConsentsAsync(
            new ListConsentsRequest { RecordId = record.Id, States = { state } }, cancellationToken: Token)).Consents];

    private static async Task<List<Consent.V1.Consent>> ReapproveAsync(DmpApi api, OpenedRecord record, params string[] consentIds) =>
        [.. (await api.Consents.ReapproveConsentsAsync(
            new ReapproveConsentsRequest { RecordId = record.Id, ConsentIds = { consentIds }, RequestId = Given.NewId() },
            cancellationToken: Token)).Consents];

    private async Task SetAsync(OpenedRecord record, DateTimeOffset? until) => await platform.AsOperator().Delegations.SetGuardianshipAsync(
        new SetGuardianshipRequest
        {
            RecordId = record.Id,
            UntilTime = until is { } time ? Timestamp.FromDateTimeOffset(time) : null,
            Reason = "Tribunal d'essai, jugement du 14 mars",
            RequestId = Given.NewId(),
        },
        cancellationToken: Token);

    /// <summary>The patient comes of age this long from now, counted in days of Paris.</summary>
    private Task<object> BornAsync(OpenedRecord record, string fromNow) => platform.Server.QueryAsync<object>(
        platform,
        $"""
        update record
        set birth_date = ((now() at time zone 'Europe/Paris') + interval '{fromNow}')::date - interval '18 years'
        where record_id = '{record.Id}'
        returning 1
        """);

    /// <summary>The patient has come of age today, and all consents were given before.</summary>
    private async Task ComeOfAgeAsync(OpenedRecord record)
    {
        await BornAsync(record, "0 days");
        await platform.Server.QueryAsync<object>(
            platform,
            $"update consent set grant_time = grant_time - interval '30 days' where record_id = '{record.Id}' returning 1");
    }
}
