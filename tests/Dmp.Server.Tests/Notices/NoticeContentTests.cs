using System.Text;
using Dmp.Consent.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Notices.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MimeKit;
using Xunit;

namespace Dmp.Server.Tests.Notices;

/// <summary>Whatever happens, what leaves the platform says nothing of people and their health.</summary>
public sealed class NoticeContentTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_byte_that_left_holds_a_name_a_number_or_content()
    {
        await using var notices = await NoticePlatform.StartAsync(platform, "--Dmp:Access:AnnounceAfter=00:00:00.001");
        var psychiatrist = TestProfessional.New() with { Specialty = "SM42", FamilyName = "ZYGMUNTOWICZ" };
        var record = await notices.RecordAsync(doctor: psychiatrist);
        var author = notices.As(psychiatrist);
        var content = Encoding.UTF8.GetBytes("Trouble anxieux sous paroxetine, quinquonces");
        var intent = Given.Intent(record.Id);
        intent.Metadata.Title = "Bilan psychiatrique Wolfstein";
        await author.UploadAsync(intent, content);
        var hidden = await author.UploadAsync(record.Id, hidden =>
        {
            hidden.Metadata.Title = "Annonce Kahlenberg";
            hidden.VisibilityCodes.Add(Document.V1.VisibilityCode.HiddenFromPatient);
        });
        await author.SearchIdsAsync(record.Id);
        var urgent = TestProfessional.New() with { FamilyName = "OSTERREICHER" };
        var address = NoticePlatform.NewEmail();
        await author.DeclareAsync(record.Id, attending: true);
        await author.Notices.SetNoticeContactAsync(new() { Email = address, RequestId = Given.NewId() }, cancellationToken: Token);
        await notices.OpenEmergencyAsync(urgent, record, "Tentamen par intoxication");
        await notices.As(record.Patient).Consents.BlockActorAsync(
            new BlockActorRequest { RecordId = record.Id, Actor = urgent.Actor, RequestId = Given.NewId() }, cancellationToken: Token);
        await notices.Server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().SweepOnceAsync(Token);
        await notices.SettleAsync();

        string[] forbidden =
        [
            record.Patient.Number, record.Patient.Number[..13], "ANNE", "LOUISE", "ESSAI", "CLAIRE", record.Patient.Traits.BirthDate,
            psychiatrist.Id, psychiatrist.Id[1..], psychiatrist.FamilyName, psychiatrist.StructureId[1..], "CABINET", "SM42", "psychiatr",
            urgent.Id, urgent.FamilyName, urgent.StructureId[1..], "Tentamen", "intoxication",
            "Wolfstein", "Kahlenberg", "Compte rendu", Given.ReportType.Code, "anxieux", "paroxetine", hidden.DocumentId,
        ];
        var kinds = notices.Application.About(record.Id).Select(call => call.Kind).ToHashSet();
        Assert.Superset(
            new HashSet<string> { "FIRST_ACCESS", "EMERGENCY_ACCESS", "NEW_DOCUMENT", "CONSENT_CHANGED", "DOCUMENT_ANNOUNCED" }, kinds);
        Assert.Single(notices.Mail.To(address));
        var left = notices.Mail.Received.SelectMany(TextsOf)
            .Concat(notices.Application.Received.Select(call => Encoding.UTF8.GetString(call.Body) + string.Join('\n', call.Headers)))
            .ToList();
        foreach (var text in forbidden)
        {
            Assert.DoesNotContain(left, sent => sent.Contains(text, StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task An_email_is_french_has_a_stable_id_and_asks_for_no_answer()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        var record = await notices.RecordAsync();
        await notices.SettleAsync();

        var mail = Assert.Single(notices.Mail.To(record.Email));
        var message = mail.Message;
        Assert.Equal(("avis@dmp.example", "Dossier"), (message.From.Mailboxes.Single().Address, message.From.Mailboxes.Single().Name));
        Assert.Equal($"{notices.Application.About(record.Id).Single().NoticeId}@dmp.example", message.MessageId);
        Assert.Equal("auto-generated", message.Headers["Auto-Submitted"]);
        Assert.Contains(
            "Les droits d’accès au dossier médical partagé associé à cette adresse ont été modifiés le ", message.TextBody,
            StringComparison.Ordinal);
        Assert.Contains("modifi&#xE9;s le ", message.HtmlBody, StringComparison.Ordinal);
        Assert.Matches(@"modifiés le \d\d/\d\d/\d{4} à \d\d:\d\d\.", message.TextBody!);
    }

    [Fact]
    public async Task Without_a_mail_server_the_sandbox_keeps_emails_in_a_folder()
    {
        var folder = Directory.CreateTempSubdirectory("dmp-mailbox-").FullName;
        try
        {
            await using var server = await TestServer.StartAsync(
                platform, [.. NoticePlatform.Quick, $"--Dmp:Notices:MailboxDirectory={Path.Combine(folder, "mailbox")}"]);
            var (patient, physician) = (TestPatient.New(), TestProfessional.New());
            var api = new DmpApi(server.Channel, platform.Callers.Token(physician));
            var request = Given.OpenRequest(patient);
            request.AdministrativeData = new() { Email = "jeanne@patient.example" };
            var opened = await api.Records.OpenRecordAsync(request, cancellationToken: Token);
            await api.DeclareAsync(opened.Record.RecordId);
            string[] files = [];
            await Waiting.UntilAsync(() =>
                Directory.Exists(Path.Combine(folder, "mailbox"))
                    && (files = Directory.GetFiles(Path.Combine(folder, "mailbox"), "*.eml")).Length == 1);

            using var message = await MimeMessage.LoadAsync(files[0], Token);
            Assert.Equal("jeanne@patient.example", message.To.Mailboxes.Single().Address);
            Assert.Equal(Path.GetFileNameWithoutExtension(files[0]), message.MessageId!.Split('@')[0]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The bytes as they came, and every part as a mail program shows it.</summary>
    private static IEnumerable<string> TextsOf(ReceivedMail mail) =>
    [
        Encoding.UTF8.GetString(mail.Bytes), mail.Message.TextBody!, mail.Message.HtmlBody!,
        .. mail.Message.Headers.Select(header => header.Value),
    ];
}
