using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Documents.Import;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Rpc;
using Grpc.Core;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Audit;

/// <summary>Somebody calls support and quotes the id that the error gave.</summary>
public sealed class SupportTests(Platform platform)
{
    private readonly string why = $"Appel du cabinet, ticket {Guid.NewGuid():N}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refused_call_is_found_by_the_id_that_its_error_quotes()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var colleague = TestProfessional.New();
        var quoted = await RefusedReadAsync(platform.As(colleague), document);
        foreach (var support in new[] { platform.AsOperator(), platform.AsAuditor() })
        {
            var found = (await support.Audit.ListCallEventsAsync(Asked(quoted), cancellationToken: Token)).Events.Single();
            Assert.Equal(
                ("dmp.document.v1.DocumentService/ReadDocument", colleague.Id, record.Id, "RECORD_ACCESS_DENIED",
                    AuditOutcome.Refused, quoted),
                (found.Method, found.Actor.Id, found.RecordId, found.Reason, found.Outcome, found.ServerRequestId));
            Assert.NotEqual("", found.Origin);
        }

        Assert.Equal(2L, await platform.Server.QueryAsync<long>(
            platform, $"select count(*) from audit_event where justification = '{why}' and method like '%ListCallEvents' and outcome = 1"));
    }

    [Fact]
    public async Task A_call_that_never_was_answers_nothing()
    {
        var never = Guid.CreateVersion7().ToString();
        Assert.Empty((await platform.AsOperator().Audit.ListCallEventsAsync(Asked(never), cancellationToken: Token)).Events);
        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.CallNotFound,
            async () => await platform.AsOperator().Access.ExplainAccessAsync(Explained(never), cancellationToken: Token));
    }

    [Fact]
    public async Task Nobody_else_asks_and_nobody_without_a_reason()
    {
        var id = Guid.CreateVersion7().ToString();
        foreach (var other in new[] { platform.As(TestProfessional.New()), platform.As(TestPatient.New()) })
        {
            await Refusals.RefusedAsync(
                StatusCode.PermissionDenied, ErrorReason.CallerKindNotAllowed,
                async () => await other.Audit.ListCallEventsAsync(Asked(id), cancellationToken: Token));
        }

        await Refusals.FieldsAsync(
            async () => await platform.AsOperator().Audit.ListCallEventsAsync(
                new() { ServerRequestId = "call", Justification = "curieux" }, cancellationToken: Token),
            "server_request_id", "justification");
        await Refusals.FieldsAsync(
            async () => await platform.AsOperator().Access.ExplainAccessAsync(
                new() { RecordId = id, Actor = TestProfessional.New().Actor, Profession = new() { System = "s", Code = "c" } },
                cancellationToken: Token),
            "server_request_id", "actor", "profession", "justification");
        await Refusals.FieldsAsync(
            async () => await platform.As(TestProfessional.New()).Access.ExplainAccessAsync(Explained(id), cancellationToken: Token),
            "record_id", "server_request_id", "justification");
    }

    [Fact]
    public async Task Support_is_told_what_the_professional_would_be_told_and_the_patient_that_it_asked()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var colleague = TestProfessional.New();
        var quoted = await RefusedReadAsync(platform.As(colleague), document);
        var support = platform.AsOperator();
        Assert.Equal((false, "NONE"), Last(await support.Access.ExplainAccessAsync(Explained(quoted), cancellationToken: Token)));

        // By the rights of now, on the record and on the document that is asked about.
        await platform.As(colleague).DeclareAsync(record.Id);
        Assert.Equal((true, "OPEN"), Last(await support.Access.ExplainAccessAsync(Explained(quoted), cancellationToken: Token)));
        var about = new ExplainAccessRequest(Explained(quoted)) { DocumentId = document.DocumentId };
        Assert.Equal((true, "OPEN_TO_PROFESSION"), Last(await support.Access.ExplainAccessAsync(about, cancellationToken: Token)));

        // What the patient hides, and that it is hidden, support does not learn.
        await patient.Documents.MaskDocumentAsync(
            new() { RecordId = record.Id, DocumentId = document.DocumentId, RequestId = Given.NewId() }, cancellationToken: Token);
        foreach (var reviewer in new[] { support, platform.AsAuditor() })
        {
            await Refusals.RefusedAsync(
                StatusCode.NotFound, ErrorReason.DocumentNotFound,
                async () => await reviewer.Access.ExplainAccessAsync(about, cancellationToken: Token));
        }

        // The question for a document that is not there is in the trace with it.
        Assert.Equal(2L, await platform.Server.QueryAsync<long>(
            platform,
            $$"""
            select count(*) from audit_event
            where justification = '{{why}}' and reason = 'DOCUMENT_NOT_FOUND' and document_ids = '{ {{document.DocumentId}} }'
            """));
        await patient.BlockAsync(record.Id, colleague.Actor);
        Assert.Equal((false, "BLOCKED"), Last(await support.Access.ExplainAccessAsync(about, cancellationToken: Token)));

        var told = (await patient.Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token)).Events
            .Where(one => one.Method.EndsWith("ExplainAccess", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            [ActorKind.Operator, ActorKind.Auditor, ActorKind.Operator, ActorKind.Operator, ActorKind.Operator, ActorKind.Operator],
            told.Select(one => one.Actor.Kind));
    }

    [Fact]
    public async Task A_question_about_a_call_in_secret_is_told_to_the_minor_and_not_to_representatives()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var colleague = TestProfessional.New();
        var quoted = await RefusedReadAsync(platform.InSecretAs(colleague), document);

        await platform.AsOperator().Access.ExplainAccessAsync(Explained(quoted), cancellationToken: Token);

        Assert.Single(await ToldAsync(platform.As(record.Patient)));
        Assert.Empty(await ToldAsync(platform.AsRepresentativeOf(record.Patient)));

        async Task<List<AuditEvent>> ToldAsync(DmpApi reader) =>
            [.. (await reader.Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token)).Events.Where(
                one => one.Justification == why)];
    }

    [Fact]
    public async Task A_call_about_several_records_is_explained_for_the_one_that_is_named()
    {
        var record = await platform.RecordAsync();
        var physician = platform.As(record.Physician);
        var other = (await physician.Records.OpenRecordAsync(
            Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await physician.DeclareAsync(other);
        await Importing.AllAsync(physician, [(Given.Intent(record.Id), Given.Text()), (Given.Intent(other), Given.Text())]);
        var id = await platform.Server.QueryAsync<Guid>(
            platform, $"select server_request_id from audit_event where record_id = '{other}' and method like '%ImportDocuments'");
        var support = platform.AsOperator();

        await Refusals.FieldsAsync(
            async () => await support.Access.ExplainAccessAsync(Explained($"{id}"), cancellationToken: Token), "record_id");
        foreach (var one in new[] { record.Id, other })
        {
            var explained = new ExplainAccessRequest(Explained($"{id}")) { RecordId = one };
            Assert.True((await support.Access.ExplainAccessAsync(explained, cancellationToken: Token)).Allowed);
            Assert.Equal(1L, await platform.Server.QueryAsync<long>(
                platform, $"select count(*) from audit_event where record_id = '{one}' and justification = '{why}'"));
        }

        await Refusals.FieldsAsync(
            async () => await support.Access.ExplainAccessAsync(
                new(Explained($"{id}")) { RecordId = Given.NewId() }, cancellationToken: Token), "record_id");
    }

    [Fact]
    public async Task A_call_of_a_patient_has_no_explanation()
    {
        var record = await platform.RecordAsync();
        var call = platform.As(record.Patient).Records.GetRecordAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        var id = (await call.ResponseHeadersAsync).GetValue("dmp-request-id")!;
        await call;

        Assert.Single((await platform.AsAuditor().Audit.ListCallEventsAsync(Asked(id), cancellationToken: Token)).Events);
        await Refusals.FieldsAsync(
            async () => await platform.AsAuditor().Access.ExplainAccessAsync(Explained(id), cancellationToken: Token), "server_request_id");
    }

    [Fact]
    public async Task The_second_wall_shows_the_events_of_one_call_only()
    {
        var record = await platform.RecordAsync();
        var call = platform.As(record.Patient).Records.GetRecordAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        var id = (await call.ResponseHeadersAsync).GetValue("dmp-request-id")!;
        await call;
        await using var connection = new NpgsqlConnection(platform.Databases.RuntimeOf(platform.Server.Database));
        await connection.OpenAsync(Token);
        await using var scope = new NpgsqlCommand(
            $"set role dmp_reviewer; select set_config('dmp.call', '{id}', false)", connection);
        await scope.ExecuteNonQueryAsync(Token);
        await using var count = new NpgsqlCommand("select count(*) from audit_event", connection);
        Assert.Equal(1L, await count.ExecuteScalarAsync(Token));
    }

    private ListCallEventsRequest Asked(string id) => new() { ServerRequestId = id, Justification = why };

    private ExplainAccessRequest Explained(string id) => new() { ServerRequestId = id, Justification = why };

    private static (bool Allowed, string Finding) Last(ExplainAccessResponse explained) => (explained.Allowed, explained.Steps[^1].Finding);

    private async Task<string> RefusedReadAsync(DmpApi reader, Dmp.Document.V1.Document document)
    {
        var status = await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, async () =>
        {
            using var read = reader.Documents.ReadDocument(
                new() { RecordId = document.RecordId, DocumentId = document.DocumentId }, cancellationToken: Token);
            await read.ResponseStream.MoveNext(Token);
        });
        return status.GetDetail<RequestInfo>()!.RequestId;
    }
}
