using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Records;

/// <summary>The life of a record, as callers see it.</summary>
public sealed class RecordTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_record_is_opened_once_for_an_identity()
    {
        var patient = TestPatient.New();
        var api = platform.As(TestProfessional.New());
        var request = Given.OpenRequest(patient);

        var opened = await api.Records.OpenRecordAsync(request, cancellationToken: Token);

        Assert.Equal((patient.Ins, patient.Traits, RecordState.Open), (opened.Record.Ins, opened.Record.Traits, opened.Record.State));
        Assert.Equal(opened, await api.Records.OpenRecordAsync(request, cancellationToken: Token));
        await Refusals.RefusedAsync(
            StatusCode.AlreadyExists,
            ErrorReason.RecordAlreadyExists,
            async () => await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token));
        var changed = request.Clone();
        changed.Traits.BirthFamilyName = "AUTRE";
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.RequestIdReused,
            async () => await api.Records.OpenRecordAsync(changed, cancellationToken: Token));
    }

    [Fact]
    public async Task Ten_openings_at_once_make_one_record()
    {
        var patient = TestPatient.New();
        var api = platform.As(TestProfessional.New());
        var request = Given.OpenRequest(patient);
        var opened = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
            (await api.Records.OpenRecordAsync(request, cancellationToken: Token)).Record.RecordId));
        Assert.Single(opened.Distinct());

        var other = TestPatient.New();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            try
            {
                await api.Records.OpenRecordAsync(Given.OpenRequest(other), cancellationToken: Token);
                return StatusCode.OK;
            }
            catch (RpcException failure)
            {
                return failure.StatusCode;
            }
        }));
        Assert.Single(outcomes, StatusCode.OK);
        Assert.Equal(9, outcomes.Count(code => code == StatusCode.AlreadyExists));
    }

    [Fact]
    public async Task All_faults_of_an_identity_are_told_at_once()
    {
        var request = Given.OpenRequest(TestPatient.New());
        request.Ins = new Ins { Number = "12345", System = "1.2.3" };
        request.Traits = new IdentityTraits { BirthFamilyName = "X", BirthDate = "2020-02-30", BirthPlaceCode = "1" };
        request.PatientInformed = false;
        await Refusals.FieldsAsync(
            async () => await platform.As(TestProfessional.New()).Records.OpenRecordAsync(request, cancellationToken: Token),
            "ins.number", "ins.system", "traits.birth_given_names", "traits.birth_date", "traits.sex", "traits.birth_place_code",
            "patient_informed");
    }

    [Fact]
    public async Task A_wrong_key_is_a_warning_in_the_test_realm_and_an_error_in_production()
    {
        var patient = TestPatient.New();
        var key = int.Parse(patient.Number[13..], System.Globalization.CultureInfo.InvariantCulture);
        var request = Given.OpenRequest(patient with { Number = $"{patient.Number[..13]}{(key == 97 ? 1 : key + 1):00}" });
        var opened = await platform.As(TestProfessional.New()).Records.OpenRecordAsync(request, cancellationToken: Token);
        Assert.Contains(opened.Warnings, warning => warning.Field == "ins.number");

        await using var strict = await TestServer.StartAsync(platform, "--Dmp:Realm=Production");
        var api = new DmpApi(strict.Channel, platform.Callers.Token(TestProfessional.New()));
        await Refusals.FieldsAsync(
            async () => await api.Records.OpenRecordAsync(request, cancellationToken: Token), "ins.number", "ins.system");
    }

    [Fact]
    public async Task Existence_and_authorisation_are_told_to_whoever_knows_the_identity()
    {
        var patient = TestPatient.New();
        var physician = TestProfessional.New();
        var api = platform.As(physician);
        Assert.Equal(AuthorizationState.None, (await CheckAsync(api, patient)).AuthorizationState);
        Assert.Equal(RecordState.Unspecified, (await CheckAsync(api, patient)).RecordState);

        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token)).Record;
        Assert.Equal(RecordState.Open, (await CheckAsync(api, patient)).RecordState);
        await api.DeclareAsync(record.RecordId, attending: true);
        var valid = await CheckAsync(api, patient);
        Assert.Equal(
            (AuthorizationState.Valid, record.RecordId, true), (valid.AuthorizationState, valid.RecordId, valid.AttendingPhysician));
        Assert.InRange(valid.ExpireTime.ToDateTimeOffset(), DateTimeOffset.UtcNow.AddDays(364), DateTimeOffset.UtcNow.AddDays(366));

        await platform.As(patient).Consents.BlockActorAsync(
            new Consent.V1.BlockActorRequest { RecordId = record.RecordId, Actor = physician.Actor, RequestId = Given.NewId() },
            cancellationToken: Token);
        Assert.Equal(AuthorizationState.Blocked, (await CheckAsync(api, patient)).AuthorizationState);
    }

    [Fact]
    public async Task The_records_one_is_authorised_on_are_listed()
    {
        var physician = TestProfessional.New();
        var api = platform.As(physician);
        var expected = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var record = await platform.RecordAsync();
            await api.DeclareAsync(record.Id);
            expected.Add(record.Id);
        }

        var seen = new List<string>();
        var request = new ListRecordsRequest { PageSize = 2 };
        do
        {
            var page = await api.Records.ListRecordsAsync(request, cancellationToken: Token);
            seen.AddRange(page.Records.Select(record => record.RecordId));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(expected.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        Assert.Empty((await platform.As(TestProfessional.New()).Records.ListRecordsAsync(new(), cancellationToken: Token)).Records);
    }

    [Fact]
    public async Task Administrative_data_change_by_mask_and_etag()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Patient);
        var request = new UpdateRecordRequest
        {
            RecordId = record.Id,
            AdministrativeData = new AdministrativeData { PhoneNumber = "+33123456789", Email = "anne@exemple.fr" },
            UpdateMask = new FieldMask { Paths = { "phone_number" } },
            Etag = (await GetAsync(api, record.Id)).Etag,
            RequestId = Given.NewId(),
        };

        var updated = (await api.Records.UpdateRecordAsync(request, cancellationToken: Token)).Record;

        Assert.Equal(("+33123456789", ""), (updated.AdministrativeData.PhoneNumber, updated.AdministrativeData.Email));
        var stale = request.Clone();
        stale.RequestId = Given.NewId();
        await Refusals.RefusedAsync(
            StatusCode.Aborted, ErrorReason.EtagMismatch, async () => await api.Records.UpdateRecordAsync(stale, cancellationToken: Token));
        stale.UpdateMask = new FieldMask { Paths = { "traits.sex" } };
        stale.Etag = updated.Etag;
        await Refusals.FieldsAsync(
            async () => await api.Records.UpdateRecordAsync(stale, cancellationToken: Token), "update_mask.paths[0]");
    }

    [Fact]
    public async Task A_closed_record_is_closed_to_professionals_and_can_be_reopened()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var physician = platform.As(record.Physician);
        var document = await physician.UploadAsync(record.Id);
        var close = new CloseRecordRequest
        {
            RecordId = record.Id,
            Reason = CloseReason.PatientRequest,
            Comment = "Souhait",
            RequestId = Given.NewId(),
        };

        var closed = (await patient.Records.CloseRecordAsync(close, cancellationToken: Token)).Record;

        Assert.Equal((RecordState.Closed, CloseReason.PatientRequest), (closed.State, closed.Closing.Reason));
        Assert.Equal(closed, (await patient.Records.CloseRecordAsync(close, cancellationToken: Token)).Record);
        await Refusals.RefusedAsync(StatusCode.FailedPrecondition, ErrorReason.RecordNotOpen, () => physician.ReadAsync(document));
        await Refusals.RefusedAsync(StatusCode.FailedPrecondition, ErrorReason.RecordNotOpen, () => physician.UploadAsync(record.Id));

        await patient.Records.ReopenRecordAsync(
            new ReopenRecordRequest { RecordId = record.Id, PatientInformed = true, RequestId = Given.NewId() }, cancellationToken: Token);
        Assert.Equal(RecordState.Open, (await GetAsync(patient, record.Id)).State);
        Assert.Single(await patient.SearchIdsAsync(record.Id));
    }

    private static async Task<CheckAccessResponse> CheckAsync(DmpApi api, TestPatient patient) =>
        await api.Records.CheckAccessAsync(new CheckAccessRequest { Ins = patient.Ins }, cancellationToken: Token);

    private static async Task<Record.V1.Record> GetAsync(DmpApi api, string recordId) =>
        (await api.Records.GetRecordAsync(new GetRecordRequest { RecordId = recordId }, cancellationToken: Token)).Record;
}
