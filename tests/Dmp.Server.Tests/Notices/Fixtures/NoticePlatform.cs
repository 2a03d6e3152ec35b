using System.Runtime.Versioning;
using Dmp.Emergency.V1;
using Dmp.Notice.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Xunit;
using NoticeMessage = Dmp.Notice.V1.Notice;

namespace Dmp.Server.Tests.Notices.Fixtures;

/// <summary>A record whose patient has an address, and the physician who opened it.</summary>
internal sealed record ToldRecord(string Id, TestPatient Patient, TestProfessional Physician, string Email);

/// <summary>A server that sends its notices to a mail server and a patient application of the test.</summary>
internal sealed class NoticePlatform : IAsyncDisposable
{
    private readonly Platform platform;

    private NoticePlatform(Platform platform, MailServer mail, PatientApplication application, TestServer server) =>
        (this.platform, Mail, Application, Server) = (platform, mail, application, server);

    public MailServer Mail { get; }

    public PatientApplication Application { get; }

    public TestServer Server { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Pauses short enough for a test; the rules are the same.</summary>
    public static string[] Quick =>
    [
        "--Dmp:Notices:PollInterval=00:00:00.1", "--Dmp:Notices:RetryAfter=00:00:00.1", "--Dmp:Notices:RetryAfterMax=00:00:00.5",
        "--Dmp:Notices:Timeout=00:00:02",
    ];

    public static async Task<NoticePlatform> StartAsync(Platform platform, params string[] settings)
    {
        var (mail, application) = (MailServer.Start(), await PatientApplication.StartAsync());
        var server = await TestServer.StartAsync(platform, [.. Quick, .. mail.Settings, .. application.SettingsAs("app"), .. settings]);
        return new NoticePlatform(platform, mail, application, server);
    }

    public DmpApi As(TestProfessional professional) => new(Server.Channel, platform.Callers.Token(professional));

    public DmpApi As(TestPatient patient) => new(Server.Channel, platform.Callers.Token(patient));

    public DmpApi InSecretAs(TestProfessional professional) =>
        new(Server.Channel, platform.Callers.Token(professional), ("dmp-secret-connection", "true"));

    public DmpApi AsRepresentativeOf(TestPatient patient) => new(Server.Channel, platform.Callers.RepresentativeToken(patient));

    public DmpApi AsOperator() => new(Server.Channel, platform.Callers.RoleToken("operator", "dmp.operator"));

    public static string NewEmail() => $"{Guid.NewGuid():N}@patient.example";

    /// <summary>A record of the sandbox's first patient, with an address.</summary>
    [SupportedOSPlatform("linux")]
    public static async Task<(string RecordId, string Email)> OpenAsync(ServerProcess server)
    {
        var person = await server.UserInfoAsync("patient-jeanne");
        var email = NewEmail();
        var api = await server.AsAsync("dr-martin");
        var opened = await api.Records.OpenRecordAsync(
            new OpenRecordRequest
            {
                Ins = new Ins { Number = person.GetProperty("ins").GetString(), System = TestPatient.InsSystem },
                Traits = new IdentityTraits
                {
                    BirthFamilyName = person.GetProperty("birth_family_name").GetString(),
                    BirthGivenNames = { person.GetProperty("birth_given_names").EnumerateArray().Select(name => name.GetString()!) },
                    BirthDate = person.GetProperty("birth_date").GetString(),
                    Sex = Sex.Female,
                    BirthPlaceCode = person.GetProperty("birth_place_code").GetString(),
                },
                IdentityStatus = IdentityStatus.Qualified,
                PatientInformed = true,
                AdministrativeData = new AdministrativeData { Email = email },
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
        await api.DeclareAsync(opened.Record.RecordId);
        return (opened.Record.RecordId, email);
    }

    /// <summary>A record whose patient has authorised the physician and was told of that.</summary>
    public async Task<ToldRecord> RecordAsync(TestPatient? person = null, TestProfessional? doctor = null)
    {
        var (patient, physician, email) = (person ?? TestPatient.New(), doctor ?? TestProfessional.New(), NewEmail());
        var request = Given.OpenRequest(patient);
        request.AdministrativeData = new AdministrativeData { Email = email };
        var opened = await As(physician).Records.OpenRecordAsync(request, cancellationToken: Token);
        await As(physician).DeclareAsync(opened.Record.RecordId);
        return new ToldRecord(opened.Record.RecordId, patient, physician, email);
    }

    public async Task OpenEmergencyAsync(TestProfessional professional, ToldRecord record, string reason = "Patiente inconsciente") =>
        await As(professional).Emergencies.OpenEmergencyAccessAsync(
            new OpenEmergencyAccessRequest
            {
                RecordId = record.Id,
                Mode = EmergencyMode.BreakGlass,
                Reason = reason,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);

    public static async Task<List<NoticeMessage>> ListAsync(DmpApi api, string recordId) =>
        [.. (await api.Notices.ListNoticesAsync(new ListNoticesRequest { RecordId = recordId }, cancellationToken: Token)).Notices];

    /// <summary>Waits until everything that happened was looked at, and every delivery has come to its end.</summary>
    public Task SettleAsync() => Waiting.UntilAsync(IsSettledAsync);

    /// <summary>Waits until every change was looked at; deliveries may be under way.</summary>
    public Task MadeAsync() => Waiting.UntilAsync(IsMadeAsync);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Application.DisposeAsync();
        await Mail.DisposeAsync();
    }

    private async Task<bool> IsMadeAsync() => await Server.QueryAsync<bool>(
        platform,
        """
        select not exists (select from outbox)
            and (select position from notice_cursor where source = 'changes') = (select last_position from change_head)
            and not exists (select from audit_event e where not exists (select from audit_leaf l where l.event_id = e.event_id))
            and (select position from notice_cursor where source = 'trace') = (select max(leaf_index) from audit_leaf)
        """);

    private async Task<bool> IsSettledAsync() =>
        await IsMadeAsync() && await Server.QueryAsync<bool>(platform, "select not exists (select from notice_delivery where state = 1)");
}
