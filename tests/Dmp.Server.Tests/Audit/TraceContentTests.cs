using System.Net;
using System.Text;
using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Npgsql;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Audit;

/// <summary>An event says by which right, in which mode, with which software, and exactly which bytes.</summary>
public sealed class TraceContentTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_document_is_named_with_version_and_digest()
    {
        var record = await platform.RecordAsync();
        var physician = platform.As(record.Physician);
        var first = await physician.UploadAsync(record.Id);
        var second = await physician.UploadAsync(
            record.Id, intent => (intent.ReplacesDocumentId, intent.Etag) = (first.DocumentId, first.Etag));
        await physician.ReadAsync(second);
        await physician.Documents.MaskDocumentAsync(
            new() { RecordId = record.Id, DocumentId = second.DocumentId, RequestId = Given.NewId() }, cancellationToken: Token);
        await physician.Documents.SearchDocumentsAsync(
            new() { RecordId = record.Id, Statuses = { Document.V1.DocumentStatus.Approved, Document.V1.DocumentStatus.Deprecated } },
            cancellationToken: Token);

        var events = await ListAsync(platform.As(record.Patient), record.Id);

        Assert.Equal([1, 2, 2, 2], events.Where(e => e.Documents.Count == 1).Select(e => e.Documents[0].Version));
        Assert.All(events.SelectMany(e => e.Documents), document => Assert.Equal(Expected(document, first, second), document.Sha256));
        var search = events.Single(e => e.Method.EndsWith("SearchDocuments", StringComparison.Ordinal));
        Assert.Equal([1, 2], search.Documents.Select(document => document.Version).Order());
        Assert.Equal(first.DocumentId, Assert.Single(search.DocumentIds));
    }

    [Fact]
    public async Task The_right_the_mode_and_the_purpose_are_told()
    {
        var record = await platform.RecordAsync();
        var (patient, attending) = (platform.As(record.Patient), await platform.ColleagueAsync(record, attending: true));
        var document = await patient.UploadAsync(record.Id);
        await platform.As(record.Physician).ReadAsync(document);
        await platform.As(attending).ReadAsync(document);
        await patient.Records.GetRecordAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        var stranger = TestProfessional.New();
        var opened = (await platform.As(stranger).Emergencies.OpenEmergencyAccessAsync(
            new OpenEmergencyAccessRequest
            {
                RecordId = record.Id,
                Mode = EmergencyMode.BreakGlass,
                Reason = "Patient inconscient",
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).EmergencyAccess;
        await platform.As(stranger).ReadAsync(document);

        var events = await ListAsync(patient, record.Id);

        Assert.Equal(
            [
                (record.Physician.Id, AuditBasis.Consent, AccessMode.Normal, "TREAT", ""),
                (attending.Id, AuditBasis.AttendingPhysician, AccessMode.Normal, "TREAT", ""),
                (stranger.Id, AuditBasis.Emergency, AccessMode.BreakGlass, "BTG", opened.EmergencyAccessId),
            ],
            events.Where(e => e.Method.EndsWith("ReadDocument", StringComparison.Ordinal))
                .Select(e => (e.Actor.Id, e.Basis, e.AccessMode, e.Purpose.Code, e.EmergencyAccessId)));
        var own = events.Last(e => e.Method.EndsWith("GetRecord", StringComparison.Ordinal));
        Assert.Equal((AuditBasis.Patient, "PATRQT"), (own.Basis, own.Purpose.Code));
        Assert.All(
            events.Where(e => e.Actor.Id == record.Physician.Id), e => Assert.Equal(("SM26", "SA07"), (e.SpecialtyCode, e.SectorCode)));
        Assert.All(events, e => Assert.StartsWith("grpc-dotnet/", e.UserAgent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_call_stands_on_no_right()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        await Assert.ThrowsAsync<RpcException>(() => platform.As(TestProfessional.New()).ReadAsync(document));

        var refused = (await ListAsync(platform.As(record.Patient), record.Id))[^1];

        Assert.Equal(
            (AuditOutcome.Refused, AuditBasis.Unspecified, AccessMode.Unspecified, null),
            (refused.Outcome, refused.Basis, refused.AccessMode, refused.Purpose));
    }

    [Fact]
    public async Task A_call_that_needs_no_right_or_fails_later_says_on_what_it_stood()
    {
        var record = await platform.RecordAsync();
        var physician = platform.As(record.Physician);
        var document = await physician.UploadAsync(record.Id);
        await platform.As(TestProfessional.New()).Records.CheckAccessAsync(new() { Ins = record.Patient.Ins }, cancellationToken: Token);
        await Assert.ThrowsAsync<RpcException>(() => physician.ReadAsync(document, request => request.ReadOffset = 1_000_000));

        var events = await ListAsync(platform.As(record.Patient), record.Id);

        Assert.Equal(
            [(AuditOutcome.Allowed, AuditBasis.None, ""), (AuditOutcome.Failed, AuditBasis.Consent, "")],
            events.TakeLast(2).Select(e => (e.Outcome, e.Basis, e.EmergencyAccessId)));
    }

    [Fact]
    public async Task A_long_user_agent_is_cut_between_characters()
    {
        var record = await platform.RecordAsync();
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        using var http = new HttpClient(handler);
        using var call = new HttpRequestMessage(HttpMethod.Post, new Uri(platform.Server.Address, "/dmp.record.v1.RecordService/GetRecord"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 0]) { Headers = { { "content-type", "application/grpc" } } },
        };
        call.Headers.TryAddWithoutValidation("te", "trailers");
        call.Headers.TryAddWithoutValidation("authorization", $"Bearer {platform.Callers.Token(record.Physician)}");
        call.Headers.TryAddWithoutValidation("user-agent", $"{new string('a', 199)}\U0001F600");

        using var answer = await http.SendAsync(call, Token);

        var requestId = answer.Headers.GetValues("dmp-request-id").Single();
        Assert.Equal(new string('a', 199), await platform.Server.QueryAsync<string>(
            platform, $"select user_agent from audit_event where server_request_id = '{requestId}'"));
        Assert.NotEmpty(record.Id);
    }

    [Fact]
    public async Task A_call_whose_event_cannot_be_written_is_not_answered()
    {
        await using var server = await TestServer.StartAsync(platform);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestPatient.New()));
        Assert.Empty((await api.Records.ListRecordsAsync(new(), cancellationToken: Token)).Records);
        await server.QueryAsync<int>(platform, "do $$ begin revoke insert on audit_event from dmp_runtime; end $$; select 1");
        await Assert.ThrowsAsync<RpcException>(async () => await api.Records.ListRecordsAsync(new(), cancellationToken: Token));

        // Nor is a refusal: whoever tries doors while the trace cannot be written learns nothing. Those of nobody are counted, and written
        // later.
        await Refusals.RefusedAsync(
            StatusCode.Unavailable,
            ErrorReason.StorageUnavailable,
            async () => await api.Records.GetRecordAsync(new() { RecordId = Given.NewId() }, cancellationToken: Token));
        await Refusals.RefusedAsync(
            StatusCode.Unauthenticated,
            ErrorReason.TokenMissing,
            async () => await new DmpApi(server.Channel, null).Records.ListRecordsAsync(new(), cancellationToken: Token));
    }

    [Fact]
    public async Task Origin_and_duration_are_for_auditors_only()
    {
        var record = await platform.RecordAsync();

        Assert.All(await ListAsync(platform.As(record.Patient), record.Id), e => Assert.Equal(("", null), (e.Origin, e.Duration)));
        Assert.All(await ListAsync(platform.AsAuditor(), record.Id), e =>
        {
            Assert.Equal("127.0.0.1", e.Origin);
            Assert.True(e.Duration.ToTimeSpan() > TimeSpan.Zero);
        });
    }

    [Fact]
    public async Task Operators_and_auditors_see_what_a_professional_did_on_all_records_and_leave_their_reason()
    {
        var suspect = TestProfessional.New();
        var (one, other) = (await platform.RecordAsync(), await platform.RecordAsync());
        foreach (var record in new[] { one, other })
        {
            await Assert.ThrowsAsync<RpcException>(async () =>
                await platform.As(suspect).Records.GetRecordAsync(new() { RecordId = record.Id }, cancellationToken: Token));
        }

        foreach (var reviewer in new[] { platform.AsOperator(), platform.AsAuditor() })
        {
            var request =
                new ListActorEventsRequest { ActorId = suspect.Id, Justification = "Plainte d’un patient, dossier 2026-118", PageSize = 1 };
            var newest = await reviewer.Audit.ListActorEventsAsync(request, cancellationToken: Token);
            request.PageToken = newest.NextPageToken;
            var oldest = await reviewer.Audit.ListActorEventsAsync(request, cancellationToken: Token);
            Assert.Equal([other.Id, one.Id], new[] { newest.Events.Single().RecordId, oldest.Events.Single().RecordId });
            Assert.Equal("", oldest.NextPageToken);
        }

        Assert.Equal(4L, await platform.Server.QueryAsync<long>(
            platform,
            "select count(*) from audit_event where justification = 'Plainte d’un patient, dossier 2026-118' "
            + "and method like '%ListActorEvents'"));
    }

    [Fact]
    public async Task What_a_professional_did_is_asked_for_with_a_reason_and_by_nobody_else()
    {
        var suspect = TestProfessional.New();
        var request = new ListActorEventsRequest { ActorId = suspect.Id, Justification = "Plainte d’un patient" };
        foreach (var other in new[] { platform.As(suspect), platform.As(TestPatient.New()) })
        {
            await Refusals.RefusedAsync(
                StatusCode.PermissionDenied, ErrorReason.CallerKindNotAllowed,
                async () => await other.Audit.ListActorEventsAsync(request, cancellationToken: Token));
        }

        await Refusals.FieldsAsync(
            async () => await platform.AsOperator().Audit.ListActorEventsAsync(
                new ListActorEventsRequest { Justification = "   curieux    " }, cancellationToken: Token),
            "actor_id", "justification");
    }

    [Fact]
    public async Task The_second_wall_shows_a_review_the_events_of_one_professional_only()
    {
        var record = await platform.RecordAsync();
        await platform.As(record.Patient).Records.GetRecordAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        await using var connection = new NpgsqlConnection(platform.Databases.RuntimeOf(platform.Server.Database));
        await connection.OpenAsync(Token);
        await using var scope = new NpgsqlCommand(
            $"set role dmp_reviewer; select set_config('dmp.actors', '{record.Physician.Id}', false)", connection);
        await scope.ExecuteNonQueryAsync(Token);
        await using var seen = new NpgsqlCommand("select array_agg(distinct actor_id) from audit_event", connection);

        Assert.Equal([record.Physician.Id], (string[])(await seen.ExecuteScalarAsync(Token))!);
    }

    private static Google.Protobuf.ByteString Expected(AuditedDocument document, StoredDocument first, StoredDocument second) =>
        document.Version == 1 ? first.Content.Sha256 : second.Content.Sha256;

    private static async Task<List<AuditEvent>> ListAsync(DmpApi api, string recordId)
    {
        var all = (await api.Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = recordId }, cancellationToken: Token)).Events;
        return [.. all.Reverse()];
    }
}
