using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Notice.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Notices.Fixtures;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Dmp.Server.Tests.Notices;

/// <summary>What is told, to whom, and what never.</summary>
public sealed class NoticeTests(Platform platform, SharedNotices shared) : IClassFixture<SharedNotices>
{
    private const string NewDocument = "Dossier médical partagé : nouveau document";
    private const string Emergency = "Dossier médical partagé : accès en urgence";
    private const string ConsentChanged = "Dossier médical partagé : droits d’accès modifiés";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_emergency_access_is_told_once_to_the_patient_on_each_channel_and_to_the_attending_physicians()
    {
        var notices = shared.Platform;
        var record = await notices.RecordAsync();
        var (attending, former, urgent) = (TestProfessional.New(), TestProfessional.New(), TestProfessional.New());
        var addresses = new Dictionary<TestProfessional, string>();
        foreach (var physician in new[] { attending, former, urgent, record.Physician })
        {
            addresses[physician] = NoticePlatform.NewEmail();
            await notices.As(physician).Notices.SetNoticeContactAsync(
                new SetNoticeContactRequest { Email = addresses[physician], RequestId = Given.NewId() }, cancellationToken: Token);
        }

        await notices.As(attending).DeclareAsync(record.Id, attending: true);
        var ended = await notices.As(former).DeclareAsync(record.Id, attending: true);
        await notices.As(record.Patient).Consents.RevokeConsentAsync(
            new RevokeConsentRequest { RecordId = record.Id, ConsentId = ended.ConsentId, RequestId = Given.NewId() },
            cancellationToken: Token);

        await notices.OpenEmergencyAsync(urgent, record);
        await notices.SettleAsync();

        var mail = Assert.Single(notices.Mail.To(record.Email), mail => mail.Subject == Emergency);
        var call = Assert.Single(notices.Application.About(record.Id), call => call.Kind == "EMERGENCY_ACCESS");
        Assert.Equal(call.NoticeId, mail.NoticeId);
        var told = Assert.Single(notices.Mail.To(addresses[attending]));
        Assert.Contains(record.Id, told.Message.TextBody, StringComparison.Ordinal);
        Assert.NotEqual(mail.NoticeId, told.NoticeId);
        Assert.All(new[] { former, urgent, record.Physician }, physician => Assert.Empty(notices.Mail.To(addresses[physician])));

        var listed = (await NoticePlatform.ListAsync(notices.As(record.Patient), record.Id))
            .Single(notice => notice.Kind == NoticeKind.EmergencyAccess);
        Assert.Equal(mail.NoticeId, listed.NoticeId);
        Assert.Equal(
            [(NoticeChannel.Email, "", NoticeDeliveryState.Delivered), (NoticeChannel.Webhook, "app", NoticeDeliveryState.Delivered)],
            listed.Deliveries.Select(delivery => (delivery.Channel, delivery.Webhook, delivery.State)));
        Assert.All(listed.Deliveries, delivery => Assert.NotNull(delivery.DeliverTime));
    }

    [Fact]
    public async Task What_others_do_is_told_and_what_the_patient_does_is_not()
    {
        var notices = shared.Platform;
        var record = await notices.RecordAsync();
        var patient = notices.As(record.Patient);
        await notices.SettleAsync();
        Assert.Equal([ConsentChanged], notices.Mail.To(record.Email).Select(mail => mail.Subject));

        await patient.UploadAsync(record.Id);
        await patient.Consents.GrantConsentAsync(
            new GrantConsentRequest
            {
                RecordId = record.Id,
                Actor = TestProfessional.New().Actor,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
        await notices.SettleAsync();
        Assert.Single(notices.Mail.To(record.Email));

        var document = await notices.As(record.Physician).UploadAsync(record.Id);
        await notices.As(record.Physician)
            .UploadAsync(record.Id, intent => (intent.ReplacesDocumentId, intent.Etag) = (document.DocumentId, document.Etag));
        await notices.SettleAsync();
        Assert.Equal([ConsentChanged, NewDocument, NewDocument], notices.Mail.To(record.Email).Select(mail => mail.Subject));
        Assert.Equal(
            ["CONSENT_CHANGED", "NEW_DOCUMENT", "NEW_DOCUMENT"], notices.Application.About(record.Id).Select(call => call.Kind));
        Assert.Equal(3, (await NoticePlatform.ListAsync(patient, record.Id)).Count);
    }

    [Fact]
    public async Task A_document_that_waits_for_its_announcement_is_announced_and_told_as_new_only_when_revealed()
    {
        await using var notices = await NoticePlatform.StartAsync(
            platform, "--Dmp:Access:AnnounceAfter=00:00:00.001", "--Dmp:Access:RevealAfter=1.00:00:00");
        var record = await notices.RecordAsync();
        var author = notices.As(record.Physician);
        var document = await author.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));
        await notices.SettleAsync();
        Assert.Equal(["CONSENT_CHANGED"], notices.Application.About(record.Id).Select(call => call.Kind));

        await notices.Server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().SweepOnceAsync(Token);
        await notices.SettleAsync();
        Assert.Equal(["CONSENT_CHANGED", "DOCUMENT_ANNOUNCED"], notices.Application.About(record.Id).Select(call => call.Kind));

        await author.RevealAsync(document, VisibilityCode.HiddenFromPatient);
        await notices.SettleAsync();
        Assert.Equal(
            ["CONSENT_CHANGED", "DOCUMENT_ANNOUNCED", "NEW_DOCUMENT"], notices.Application.About(record.Id).Select(call => call.Kind));
        Assert.Equal(3, notices.Mail.To(record.Email).Count());
    }

    [Fact]
    public async Task What_a_minor_keeps_secret_goes_nowhere_and_is_in_the_minors_own_list()
    {
        var notices = shared.Platform;
        var record = await notices.RecordAsync(TestPatient.NewMinor());
        var (minor, mother) = (notices.As(record.Patient), notices.AsRepresentativeOf(record.Patient));
        await notices.SettleAsync();
        var (mails, calls) = (notices.Mail.Received.Count, notices.Application.Received.Count);

        var secret = notices.InSecretAs(TestProfessional.New());
        await secret.DeclareAsync(record.Id);
        await secret.UploadAsync(record.Id);
        var hidden = await notices.As(record.Physician).UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives));
        await notices.SettleAsync();

        Assert.Equal((mails, calls), (notices.Mail.Received.Count, notices.Application.Received.Count));
        Assert.Equal([NoticeKind.ConsentChanged], (await NoticePlatform.ListAsync(mother, record.Id)).Select(notice => notice.Kind));
        var own = await NoticePlatform.ListAsync(minor, record.Id);
        Assert.Equal(
            [NoticeKind.NewDocument, NoticeKind.NewDocument, NoticeKind.ConsentChanged, NoticeKind.ConsentChanged],
            own.Select(notice => notice.Kind));
        Assert.All(own.Take(3), notice => Assert.Empty(notice.Deliveries));

        // The secret has ended: the family may know of the document, and is told.
        await notices.As(record.Physician).RevealAsync(hidden, VisibilityCode.HiddenFromRepresentatives);
        await notices.SettleAsync();
        Assert.Equal(mails + 1, notices.Mail.Received.Count);
        Assert.Equal(2, (await NoticePlatform.ListAsync(mother, record.Id)).Count);
    }

    [Fact]
    public async Task Preferences_decide_by_kind_and_channel_but_never_silence_emergencies()
    {
        var notices = shared.Platform;
        var record = await notices.RecordAsync();
        var patient = notices.As(record.Patient);
        var read = await ReadPreferencesAsync(patient, record.Id);
        Assert.True(read.NewDocument is { Email: true, Webhook: true });
        Assert.Null(read.UpdateTime);

        read.NewDocument = new NoticeChannels { Email = false, Webhook = true };
        read.ConsentChanged = new NoticeChannels();
        read.EmergencyAccess = new NoticeChannels();
        var request = new UpdateNoticePreferencesRequest
        {
            RecordId = record.Id,
            Preferences = read,
            UpdateMask =
                new() { Paths = { "new_document.email", "consent_changed.email", "consent_changed.webhook", "emergency_access.webhook" } },
            Etag = read.Etag,
            RequestId = Given.NewId(),
        };
        var changed = (await patient.Notices.UpdateNoticePreferencesAsync(request, cancellationToken: Token)).Preferences;
        Assert.Equal(changed, (await patient.Notices.UpdateNoticePreferencesAsync(request, cancellationToken: Token)).Preferences);
        Assert.Equal(changed, await ReadPreferencesAsync(notices.AsRepresentativeOf(TestPatient.NewMinor()), record.Id, patient));
        Assert.True(changed.EmergencyAccess is { Email: true, Webhook: false });
        Assert.True(changed.FirstAccess is { Email: true, Webhook: true });
        await Refusals.RefusedAsync(
            StatusCode.Aborted, ErrorReason.EtagMismatch, async () => await patient.Notices.UpdateNoticePreferencesAsync(
                new UpdateNoticePreferencesRequest(request) { RequestId = Given.NewId() }, cancellationToken: Token));
        await Refusals.RefusedAsync(
            StatusCode.FailedPrecondition, ErrorReason.NoticeChannelRequired,
            async () => await patient.Notices.UpdateNoticePreferencesAsync(
                new UpdateNoticePreferencesRequest(request)
                {
                    UpdateMask = new() { Paths = { "emergency_access.email" } },
                    Etag = changed.Etag,
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token));
        await notices.SettleAsync();
        var (mails, calls) = (notices.Mail.Received.Count, notices.Application.Received.Count);

        await notices.As(record.Physician).UploadAsync(record.Id);
        await notices.As(TestProfessional.New()).DeclareAsync(record.Id);
        await notices.OpenEmergencyAsync(TestProfessional.New(), record);
        await notices.SettleAsync();

        Assert.Equal([Emergency], notices.Mail.Received.Skip(mails).Select(mail => mail.Subject));
        Assert.Equal(["NEW_DOCUMENT"], notices.Application.Received.Skip(calls).Select(call => call.Kind));
        Assert.Equal(4, (await NoticePlatform.ListAsync(patient, record.Id)).Count);
    }

    [Fact]
    public async Task Wrong_preferences_and_contacts_are_refused_with_every_fault()
    {
        var record = await platform.RecordAsync();
        await Refusals.FieldsAsync(
            async () => await platform.As(record.Patient).Notices.UpdateNoticePreferencesAsync(
                new UpdateNoticePreferencesRequest
                {
                    RecordId = record.Id,
                    Preferences = new NoticePreferences(),
                    UpdateMask = new() { Paths = { "new_document", "first_access.email" } },
                    Etag = "\"0\"",
                },
                cancellationToken: Token),
            "update_mask.paths[0]", "preferences.first_access", "request_id");
        await Refusals.FieldsAsync(
            async () => await platform.As(record.Physician).Notices.SetNoticeContactAsync(
                new SetNoticeContactRequest { Email = "a@b.example\r\nBcc: c@d.example" }, cancellationToken: Token),
            "email", "request_id");
    }

    [Fact]
    public async Task Notices_and_preferences_are_for_the_patients_side_alone()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var mother = platform.AsRepresentativeOf(record.Patient);
        var (caregiver, _) = await platform.DelegateAsync(mother, record.Id);
        foreach (var other in new[] { platform.As(TestPatient.New()), caregiver })
        {
            await Refusals.RefusedAsync(
                StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => NoticePlatform.ListAsync(other, record.Id));
            await Refusals.RefusedAsync(
                StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => ReadPreferencesAsync(other, record.Id));
        }

        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.CallerKindNotAllowed,
            () => NoticePlatform.ListAsync(platform.As(record.Physician), record.Id));
        Assert.Equal(record.Id, (await ReadPreferencesAsync(mother, record.Id)).RecordId);
    }

    [Fact]
    public async Task A_professional_sets_reads_and_removes_the_own_address_only()
    {
        var (one, other) = (platform.As(TestProfessional.New()), platform.As(TestProfessional.New()));
        var set = new SetNoticeContactRequest { Email = "cabinet@medecin.example", RequestId = Given.NewId() };
        await one.Notices.SetNoticeContactAsync(set, cancellationToken: Token);
        await one.Notices.SetNoticeContactAsync(set, cancellationToken: Token);
        Assert.Equal(set.Email, (await one.Notices.GetNoticeContactAsync(new(), cancellationToken: Token)).Email);
        Assert.Equal("", (await other.Notices.GetNoticeContactAsync(new(), cancellationToken: Token)).Email);
        await one.Notices.SetNoticeContactAsync(new() { RequestId = Given.NewId() }, cancellationToken: Token);
        Assert.Equal("", (await one.Notices.GetNoticeContactAsync(new(), cancellationToken: Token)).Email);
    }

    [Fact]
    public async Task Notices_are_listed_page_by_page()
    {
        var notices = shared.Platform;
        var record = await notices.RecordAsync();
        for (var i = 0; i < 4; i++)
        {
            await notices.As(record.Physician).UploadAsync(record.Id);
        }

        await notices.SettleAsync();
        var patient = notices.As(record.Patient);
        var whole = await NoticePlatform.ListAsync(patient, record.Id);
        var paged = new List<string>();
        var request = new ListNoticesRequest { RecordId = record.Id, PageSize = 2 };
        do
        {
            var page = await patient.Notices.ListNoticesAsync(request, cancellationToken: Token);
            Assert.InRange(page.Notices.Count, 1, 2);
            paged.AddRange(page.Notices.Select(notice => notice.NoticeId));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(5, whole.Count);
        Assert.Equal(whole.Select(notice => notice.NoticeId), paged);
    }

    private static async Task<NoticePreferences> ReadPreferencesAsync(DmpApi api, string recordId) =>
        (await api.Notices.GetNoticePreferencesAsync(new() { RecordId = recordId }, cancellationToken: Token)).Preferences;

    /// <summary>Refused to a stranger, read by the patient.</summary>
    private static async Task<NoticePreferences> ReadPreferencesAsync(DmpApi stranger, string recordId, DmpApi patient)
    {
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => ReadPreferencesAsync(stranger, recordId));
        return await ReadPreferencesAsync(patient, recordId);
    }
}
