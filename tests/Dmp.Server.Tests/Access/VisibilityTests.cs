using Dmp.Audit.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Access;

/// <summary>Hidden from the patient until it is announced; hidden from parents.</summary>
public sealed class VisibilityTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_document_that_waits_for_its_announcement_is_absent_for_the_patient_until_a_professional_reveals_it()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var author = platform.As(record.Physician);
        var colleague = platform.As(await platform.ColleagueAsync(record));
        var (patient, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));

        var document = await author.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));

        Assert.Equal([VisibilityCode.HiddenFromPatient], document.VisibilityCodes);
        Assert.InRange(
            document.PatientVisibleTime.ToDateTimeOffset(), DateTimeOffset.UtcNow.AddDays(29.9), DateTimeOffset.UtcNow.AddDays(30.1));
        Assert.Single(await colleague.SearchIdsAsync(record.Id));
        foreach (var hidden in new[] { patient, mother })
        {
            Assert.Empty(await hidden.SearchIdsAsync(record.Id));
            await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => hidden.ReadAsync(document));
        }

        var revealed = await colleague.RevealAsync(document, VisibilityCode.HiddenFromPatient);

        Assert.Empty(revealed.VisibilityCodes);
        Assert.Null(revealed.PatientVisibleTime);
        Assert.NotEmpty(await patient.ReadAsync(document));
        Assert.NotEmpty(await mother.ReadAsync(document));
        Assert.Equal(revealed, await colleague.RevealAsync(document, VisibilityCode.HiddenFromPatient));
    }

    [Fact]
    public async Task What_a_minor_keeps_secret_is_absent_for_representatives_only()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var document = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives));

        Assert.NotEmpty(await platform.As(record.Patient).ReadAsync(document));
        var mother = platform.AsRepresentativeOf(record.Patient);
        Assert.Empty(await mother.SearchIdsAsync(record.Id));
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => mother.ReadAsync(document));

        await platform.As(record.Physician).RevealAsync(document, VisibilityCode.HiddenFromRepresentatives);
        Assert.NotEmpty(await mother.ReadAsync(document));
    }

    [Fact]
    public async Task What_a_minor_hides_later_is_absent_for_representatives_from_then_on()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var physician = platform.As(record.Physician);
        var (minor, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));
        var document = await physician.UploadAsync(record.Id);
        Assert.NotEmpty(await mother.ReadAsync(document));
        var colleague = platform.As(await platform.ColleagueAsync(record));
        var start = await mother.NowAsync();

        // Nobody but the minor decides it: no representative, no professional openly, none about a colleague's document.
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => HideAsync(mother, document));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.DocumentActionNotAllowed, () => HideAsync(physician, document));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.DocumentActionNotAllowed, () => HideAsync(colleague, document, inSecret: true));

        var hidden = await HideAsync(minor, document);
        Assert.Equal([VisibilityCode.HiddenFromRepresentatives], hidden.VisibilityCodes);
        Assert.Equal(hidden, await HideAsync(minor, document));
        Assert.Empty(await mother.SearchIdsAsync(record.Id));
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => mother.ReadAsync(document));
        Assert.NotEmpty(await colleague.ReadAsync(document));
        Assert.NotEmpty(await minor.ReadAsync(document));

        // Her software drops its copy, and her trace tells neither of the document nor of the hiding.
        Assert.Equal([ChangeKind.Deleted], await mother.KindsAsync(start));
        var seen = (await mother.Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token)).Events;
        Assert.DoesNotContain(
            seen, one => one.Method.EndsWith("/HideDocument", StringComparison.Ordinal) && one.Outcome == AuditOutcome.Allowed);
        Assert.DoesNotContain(seen, one => one.DocumentIds.Contains(document.DocumentId) && one.Outcome == AuditOutcome.Allowed);
        Assert.Contains(
            (await minor.Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token)).Events,
            one => one.Method.EndsWith("/HideDocument", StringComparison.Ordinal) && one.Outcome == AuditOutcome.Allowed);

        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied,
            () => mother.RevealAsync(document, VisibilityCode.HiddenFromRepresentatives));
        await minor.RevealAsync(document, VisibilityCode.HiddenFromRepresentatives);
        Assert.NotEmpty(await mother.ReadAsync(document));
    }

    [Fact]
    public async Task A_professional_hides_the_own_document_in_a_secret_connection_and_the_patient_reveals_nothing_that_waits()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var physician = platform.As(record.Physician);
        var document = await physician.UploadAsync(record.Id);
        await HideAsync(physician, document, inSecret: true);
        Assert.Empty(await platform.AsRepresentativeOf(record.Patient).SearchIdsAsync(record.Id));

        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.DocumentActionNotAllowed,
            () => platform.As(record.Patient).RevealAsync(document, VisibilityCode.HiddenFromPatient));

        // Of somebody of age there is no secret connection.
        var adult = await platform.RecordAsync();
        var letter = await platform.As(adult.Physician).UploadAsync(adult.Id);
        await Refusals.RefusedAsync(
            StatusCode.FailedPrecondition, ErrorReason.SecretConnectionNotAllowed,
            () => HideAsync(platform.As(adult.Physician), letter, inSecret: true));
    }

    [Fact]
    public async Task The_clocks_announce_once_and_reveal()
    {
        await using var server = await TestServer.StartAsync(
            platform, "--Dmp:Access:AnnounceAfter=00:00:01", "--Dmp:Access:RevealAfter=00:00:08");
        var (physician, person) = (TestProfessional.New(), TestPatient.New());
        var author = new DmpApi(server.Channel, platform.Callers.Token(physician));
        var patient = new DmpApi(server.Channel, platform.Callers.Token(person));
        var record = (await author.Records.OpenRecordAsync(Given.OpenRequest(person), cancellationToken: Token)).Record;
        await author.DeclareAsync(record.RecordId);
        var document = await author.UploadAsync(record.RecordId, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));
        var housekeeping = server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single();

        await TimeComesAsync(server, document, "announce_time");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => housekeeping.SweepOnceAsync(Token)));
        Assert.Equal(1, await CountAsync(server, document, "DOCUMENT_ANNOUNCED"));
        Assert.Empty(await patient.SearchIdsAsync(record.RecordId));

        // The right does not wait for the job; the job tells of it afterwards.
        await TimeComesAsync(server, document, "patient_visible_time");
        Assert.Equal([document.DocumentId], await patient.SearchIdsAsync(record.RecordId));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => housekeeping.SweepOnceAsync(Token)));
        Assert.Equal(1, await CountAsync(server, document, "DOCUMENT_REVEALED"));
        Assert.NotEmpty(await patient.ReadAsync(document));
    }

    [Fact]
    public async Task Codes_that_exclude_each_other_and_callers_who_may_not_hide_are_told()
    {
        var record = await platform.RecordAsync();
        await Refusals.FieldsAsync(
            () => platform.As(record.Physician).UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(
                [VisibilityCode.HiddenFromPatient, VisibilityCode.MaskedFromProfessionals])),
            "visibility_codes");
        await Refusals.FieldsAsync(
            () => platform.As(record.Patient)
                .UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient)),
            "visibility_codes");
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        await Refusals.FieldsAsync(
            () => platform.As(record.Physician).RevealAsync(document, VisibilityCode.MaskedFromProfessionals), "visibility_code");
    }

    private async Task TimeComesAsync(TestServer server, StoredDocument document, string time) =>
        await Waiting.PassedAsync(await server.QueryAsync<DateTime>(
            platform, $"select {time} from document where record_id = '{document.RecordId}' and document_id = '{document.DocumentId}'"));

    private static async Task<StoredDocument> HideAsync(DmpApi api, StoredDocument document, bool inSecret = false) =>
        (await api.Documents.HideDocumentAsync(
            new HideDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
            inSecret ? new Metadata { { "dmp-secret-connection", "true" } } : null,
            cancellationToken: Token)).Document;

    private Task<long> CountAsync(TestServer server, StoredDocument document, string kind) => server.QueryAsync<long>(
        platform, $"select count(*) from {Given.Changes} where document_id = '{document.DocumentId}' and kind = '{kind}'");
}
