using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Error.V1;
using Dmp.Notice.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Notices.Fixtures;
using Dmp.Server.Tests.Wishes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Dmp.Server.Tests.Notices;

/// <summary>Who reads the list of notices, and who no more.</summary>
public sealed class NoticeReadersTests(Platform platform, SharedNotices shared) : IClassFixture<SharedNotices>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task At_majority_the_list_is_the_patients_alone_and_what_was_secret_stays_in_it()
    {
        var notices = shared.Platform;
        var record = await notices.RecordAsync(TestPatient.NewMinor());
        var (patient, mother) = (notices.As(record.Patient), notices.AsRepresentativeOf(record.Patient));
        await notices.InSecretAs(record.Physician).UploadAsync(record.Id);
        await notices.SettleAsync();
        Assert.Equal([NoticeKind.ConsentChanged], await KindsAsync(mother, record.Id));
        Assert.Equal([NoticeKind.NewDocument, NoticeKind.ConsentChanged], await KindsAsync(patient, record.Id));
        var mails = notices.Mail.To(record.Email).Count();

        await notices.Server.QueryAsync<object>(
            platform,
            "update record set birth_date = (now() at time zone 'Europe/Paris')::date - interval '18 years', "
            + "create_time = create_time - interval '30 days'\n"
            + $"where record_id = '{record.Id}' returning 1");
        await notices.Server.QueryAsync<object>(
            platform, $"update consent set grant_time = grant_time - interval '30 days' where record_id = '{record.Id}' returning 1");
        await notices.Server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().SweepOnceAsync(Token);
        await notices.SettleAsync();
        await DeniedAsync(mother, record.Id);
        Assert.Equal([NoticeKind.ConsentChanged, NoticeKind.NewDocument, NoticeKind.ConsentChanged], await KindsAsync(patient, record.Id));

        await patient.Consents.ReapproveConsentsAsync(
            new ReapproveConsentsRequest { RecordId = record.Id, RequestId = Given.NewId() }, cancellationToken: Token);
        await notices.As(record.Physician).UploadAsync(record.Id);
        await notices.SettleAsync();
        Assert.Equal(NoticeKind.NewDocument, (await KindsAsync(patient, record.Id))[0]);
        Assert.Equal(mails + 2, notices.Mail.To(record.Email).Count());
        await DeniedAsync(mother, record.Id);
    }

    [Fact]
    public async Task The_patient_is_told_what_others_do_about_wishes_and_not_of_the_own_acts()
    {
        var notices = shared.Platform;
        var record = await notices.RecordAsync();
        var patient = notices.As(record.Patient);
        await patient.ContactsAsync(record.Id, ("Jeanne ESSAI", "+33600000002"));
        var named = await patient.NameAsync(record.Id);
        await notices.SettleAsync();
        Assert.DoesNotContain(NoticeKind.WishesChanged, await KindsAsync(patient, record.Id));

        var accepted = await notices.As(TestPatient.New()).AcceptTrustAsync(named.Code);
        await notices.SettleAsync();
        Assert.Equal(NoticeKind.WishesChanged, (await KindsAsync(patient, record.Id))[0]);
        var mail = Assert.Single(
            notices.Mail.To(record.Email), mail => mail.Subject.Contains("personne de confiance", StringComparison.Ordinal));
        Assert.DoesNotContain("CONFIANCE", mail.Message.TextBody, StringComparison.Ordinal);
        Assert.Contains(notices.Application.About(record.Id), call => call.Kind == "WISHES_CHANGED");
        await patient.EndTrustAsync(accepted);

        var child = await notices.RecordAsync(TestPatient.NewMinor());
        await notices.AsRepresentativeOf(child.Patient).ContactsAsync(child.Id, ("Jeanne ESSAI", "+33600000002"));
        await notices.SettleAsync();
        Assert.Contains(NoticeKind.WishesChanged, await KindsAsync(notices.As(child.Patient), child.Id));
        Assert.Single(await KindsAsync(patient, record.Id), kind => kind == NoticeKind.WishesChanged);
    }

    [Fact]
    public async Task A_former_representative_and_a_caregiver_read_no_notices()
    {
        var notices = shared.Platform;
        var record = await notices.RecordAsync(TestPatient.NewMinor());
        var mother = notices.AsRepresentativeOf(record.Patient);
        var (father, aunt) = (notices.As(TestPatient.New()), notices.As(TestPatient.New()));
        var delegation = await father.AcceptAsync((await mother.InviteAsync(record.Id, DelegationKind.Representative)).Code);
        await aunt.AcceptAsync((await mother.InviteAsync(record.Id)).Code);
        await notices.SettleAsync();
        Assert.NotEmpty(await KindsAsync(father, record.Id));
        await DeniedAsync(aunt, record.Id);
        await mother.RevokeAsync(delegation);
        await DeniedAsync(father, record.Id);
        Assert.NotEmpty(await KindsAsync(mother, record.Id));
    }

    private static async Task<List<NoticeKind>> KindsAsync(DmpApi api, string recordId) =>
        [.. (await NoticePlatform.ListAsync(api, recordId)).Select(notice => notice.Kind)];

    private static Task<Google.Rpc.Status> DeniedAsync(DmpApi api, string recordId) => Refusals.RefusedAsync(
        StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => NoticePlatform.ListAsync(api, recordId));
}
