using Dmp.Document.V1;
using Dmp.Error.V1;
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
        Assert.InRange(document.PatientVisibleTime.ToDateTimeOffset(), DateTimeOffset.UtcNow.AddDays(29.9), DateTimeOffset.UtcNow.AddDays(30.1));
        Assert.Single(await colleague.SearchIdsAsync(record.Id));
        foreach (var hidden in new[] { patient, mother })
        {
            Assert.Empty(await hidden.SearchIdsAsync(record.Id));
            await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => hidden.ReadAsync(document));
        }

        var revealed = await RevealAsync(colleague, document, VisibilityCode.HiddenFromPatient);

        Assert.Empty(revealed.VisibilityCodes);
        Assert.Null(revealed.PatientVisibleTime);
        Assert.NotEmpty(await patient.ReadAsync(document));
        Assert.NotEmpty(await mother.ReadAsync(document));
        Assert.Equal(revealed, await RevealAsync(colleague, document, VisibilityCode.HiddenFromPatient));
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

        await RevealAsync(platform.As(record.Physician), document, VisibilityCode.HiddenFromRepresentatives);
        Assert.NotEmpty(await mother.ReadAsync(document));
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

        await Task.Delay(TimeSpan.FromSeconds(1.2), Token);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => housekeeping.SweepOnceAsync(Token)));
        Assert.Equal(1, await CountAsync(server, document, "DOCUMENT_ANNOUNCED"));
        Assert.Empty(await patient.SearchIdsAsync(record.RecordId));

        // The right does not wait for the job; the job tells of it afterwards.
        await Task.Delay(TimeSpan.FromSeconds(7.2), Token);
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
            () => platform.As(record.Patient).UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient)),
            "visibility_codes");
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        await Refusals.FieldsAsync(
            () => RevealAsync(platform.As(record.Physician), document, VisibilityCode.MaskedFromProfessionals), "visibility_code");
    }

    private static async Task<StoredDocument> RevealAsync(DmpApi api, StoredDocument document, VisibilityCode code) =>
        (await api.Documents.RevealDocumentAsync(
            new RevealDocumentRequest
            {
                RecordId = document.RecordId,
                DocumentId = document.DocumentId,
                VisibilityCode = code,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).Document;

    private Task<long> CountAsync(TestServer server, StoredDocument document, string kind) => server.QueryAsync<long>(
        platform, $"select count(*) from {Given.Changes} where document_id = '{document.DocumentId}' and kind = '{kind}'");
}
