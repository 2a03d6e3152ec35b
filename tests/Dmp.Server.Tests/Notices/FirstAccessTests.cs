using Dmp.Notice.V1;
using Dmp.Record.V1;
using Dmp.Server.Notices;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Notices.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Notices;

/// <summary>The first time a professional looks at a record is told once.</summary>
public sealed class FirstAccessTests(SharedNotices shared) : IClassFixture<SharedNotices>
{
    private const string Subject = "Dossier médical partagé : premier accès d’un professionnel";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_access_of_each_professional_is_told_once_however_often_they_read()
    {
        var notices = shared.Platform;
        var record = await notices.RecordAsync();
        var author = notices.As(record.Physician);
        await author.UploadAsync(record.Id);
        await author.Records.CheckAccessAsync(new CheckAccessRequest { Ins = record.Patient.Ins }, cancellationToken: Token);
        await notices.SettleAsync();
        Assert.DoesNotContain(notices.Mail.To(record.Email), mail => mail.Subject == Subject);

        var colleague = TestProfessional.New();
        await notices.As(colleague).DeclareAsync(record.Id);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => author.SearchIdsAsync(record.Id)));
        await notices.SettleAsync();
        await author.Records.GetRecordAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        await notices.As(colleague).SearchIdsAsync(record.Id);
        await notices.As(record.Patient).SearchIdsAsync(record.Id);
        await notices.SettleAsync();

        Assert.Equal(2, notices.Mail.To(record.Email).Count(mail => mail.Subject == Subject));
        Assert.Equal(2, notices.Application.About(record.Id).Count(call => call.Kind == "FIRST_ACCESS"));
        Assert.Equal(
            2,
            (await NoticePlatform.ListAsync(notices.As(record.Patient), record.Id)).Count(notice => notice.Kind == NoticeKind.FirstAccess));
    }

    [Fact]
    public async Task Whoever_reads_in_an_emergency_is_told_as_first_access_too()
    {
        var notices = shared.Platform;
        var record = await notices.RecordAsync();
        var urgent = TestProfessional.New();
        await notices.OpenEmergencyAsync(urgent, record);
        await notices.SettleAsync();
        Assert.DoesNotContain(notices.Application.About(record.Id), call => call.Kind == "FIRST_ACCESS");

        await notices.As(urgent).SearchIdsAsync(record.Id);
        await notices.SettleAsync();
        Assert.Single(notices.Application.About(record.Id), call => call.Kind == "FIRST_ACCESS");
    }

    [Fact]
    public async Task A_first_access_in_secret_reaches_no_representative_and_hides_no_later_one()
    {
        var notices = shared.Platform;
        var before = notices.Mail.Received.Count;
        var record = await notices.RecordAsync(TestPatient.NewMinor());
        var doctor = TestProfessional.New();
        var secret = notices.InSecretAs(doctor);
        await secret.DeclareAsync(record.Id);
        await secret.SearchIdsAsync(record.Id);
        await notices.SettleAsync();
        var (minor, mother) = (notices.As(record.Patient), notices.AsRepresentativeOf(record.Patient));
        Assert.DoesNotContain(notices.Mail.Received.Skip(before), mail => mail.Subject == Subject);
        Assert.DoesNotContain(await NoticePlatform.ListAsync(mother, record.Id), notice => notice.Kind == NoticeKind.FirstAccess);
        Assert.Single(await NoticePlatform.ListAsync(minor, record.Id), notice => notice.Kind == NoticeKind.FirstAccess);

        await notices.As(doctor).DeclareAsync(record.Id);
        await notices.As(doctor).SearchIdsAsync(record.Id);
        await notices.SettleAsync();
        Assert.Single(notices.Mail.To(record.Email), mail => mail.Subject == Subject);
        Assert.Single(await NoticePlatform.ListAsync(mother, record.Id), notice => notice.Kind == NoticeKind.FirstAccess);
    }

    [Fact]
    public void Reading_is_what_the_contract_says_it_is()
    {
        Assert.Contains("dmp.document.v1.DocumentService/ReadDocument", FirstAccessMaker.Methods);
        Assert.Contains("dmp.record.v1.RecordService/GetRecord", FirstAccessMaker.Methods);
        Assert.DoesNotContain("dmp.record.v1.RecordService/CheckAccess", FirstAccessMaker.Methods);
        Assert.DoesNotContain("dmp.document.v1.DocumentService/UploadDocument", FirstAccessMaker.Methods);
        Assert.DoesNotContain("dmp.emergency.v1.EmergencyService/OpenEmergencyAccess", FirstAccessMaker.Methods);
    }
}
