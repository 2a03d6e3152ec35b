using Dmp.Audit.V1;
using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Dmp.Type.V1;
using Grpc.Core;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Audit;

/// <summary>The trace that a professional sees holds what exists for that professional, in lists, exports and proofs alike.</summary>
public sealed class ProfessionalTraceTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_rule_hides_from_the_attending_physician_is_not_in_the_trace_that_the_physician_sees()
    {
        var record = await platform.RecordAsync();
        var physician = await platform.ColleagueAsync(record, attending: true);
        var attending = platform.As(physician);
        var author = platform.As(record.Physician);
        var patient = platform.As(record.Patient);
        var shown = await author.UploadAsync(record.Id);
        var hidden = await author.UploadAsync(record.Id);
        await patient.ReadAsync(hidden);
        await attending.ReadAsync(hidden);
        await attending.SearchIdsAsync(record.Id);
        Assert.Equal(4, Naming(await ListAsync(attending, record.Id), hidden).Count);

        var rule = await patient.AddRuleAsync(record.Id, new VisibilityRule
        {
            Effect = VisibilityEffect.Hide,
            DocumentId = hidden.DocumentId,
            Actor = physician.Actor,
        });
        await patient.Consents.ListVisibilityRulesAsync(new ListVisibilityRulesRequest { RecordId = record.Id }, cancellationToken: Token);
        await platform.Server.SettleAsync(platform);

        var seen = await ListAsync(attending, record.Id);
        Assert.Empty(Naming(seen, hidden));
        Assert.DoesNotContain(seen, e => e.Method.Contains("VisibilityRule", StringComparison.Ordinal));
        Assert.Equal([shown.DocumentId], Assert.Single(seen, e => Name(e) == "SearchDocuments").DocumentIds);
        Assert.Equal(1, seen.Count(e => Name(e) == "UploadDocument"));
        Assert.DoesNotContain(seen, e => Name(e) == "ReadDocument");

        // The same in the export, whose count is that of what it holds; and nothing proves what is not there.
        var (events, count) = await ExportAsync(attending, record.Id);
        Assert.Equal(events.Count, count);
        var all = await ListAsync(platform.AsAuditor(), record.Id);
        var unseen = all.Where(e => Name(e) is "UploadDocument" or "ReadDocument" or "AddVisibilityRule" or "ListVisibilityRules")
            .Where(e => e.DocumentIds.Count == 0 || e.DocumentIds.Contains(hidden.DocumentId)).ToList();
        Assert.Equal(5, unseen.Count);
        foreach (var e in unseen)
        {
            Assert.DoesNotContain(e.EventId, events);
            await Refusals.RefusedAsync(
                StatusCode.NotFound, ErrorReason.TraceEventNotFound, () => ProveAsync(attending, record.Id, e.EventId));
        }

        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.TraceEventNotFound, () => ProveAsync(attending, record.Id, Given.NewId()));
        var upload = Assert.Single(seen, e => Name(e) == "UploadDocument");
        Assert.Single((await ProveAsync(attending, record.Id, upload.EventId)).Events);

        // The patient and the author see what they saw; and with the rule goes what it hid.
        Assert.Equal(4, Naming(await ListAsync(patient, record.Id), hidden).Count);
        Assert.Contains(await ListAsync(patient, record.Id), e => Name(e) == "AddVisibilityRule");
        await patient.RemoveRuleAsync(record.Id, rule);
        Assert.Equal(4, Naming(await ListAsync(attending, record.Id), hidden).Count);
        Assert.DoesNotContain(await ListAsync(attending, record.Id), e => e.Method.Contains("VisibilityRule", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_matrix_closes_is_not_there_either_and_own_documents_are()
    {
        var record = await platform.RecordAsync();
        var dentist = TestProfessional.New() with { Profession = "40", Specialty = "" };
        await platform.As(record.Patient).Consents.GrantConsentAsync(
            new GrantConsentRequest { RecordId = record.Id, Actor = dentist.Actor, AttendingPhysician = true, RequestId = Given.NewId() },
            cancellationToken: Token);
        var closed = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.Metadata.Type = new Coding { System = Given.ReportType.System, Code = "68599-0" });
        var own = await platform.As(dentist).UploadAsync(
            record.Id, intent => intent.Metadata.Type = new Coding { System = Given.ReportType.System, Code = "68599-0" });
        var seen = await ListAsync(platform.As(dentist), record.Id);
        Assert.Empty(Naming(seen, closed));
        Assert.Single(Naming(seen, own));
    }

    [Fact]
    public async Task Who_sees_the_own_events_alone_sees_those_about_what_exists()
    {
        var record = await platform.RecordAsync();
        var colleague = await platform.ColleagueAsync(record);
        var api = platform.As(colleague);
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        await api.ReadAsync(document);
        Assert.Single(Naming(await ListAsync(api, record.Id), document));

        await platform.As(record.Patient).MaskAsync(document);
        Assert.Empty(Naming(await ListAsync(api, record.Id), document));

        await platform.As(record.Patient).UnmaskAsync(document);
        Assert.Single(Naming(await ListAsync(api, record.Id), document));
    }

    [Fact]
    public async Task A_call_that_found_nothing_is_listed_alike_for_what_is_hidden_and_for_what_never_was()
    {
        var record = await platform.RecordAsync();
        var (physician, other) = (await platform.ColleagueAsync(record, attending: true), await platform.ColleagueAsync(record));
        var (attending, colleague, stranger) = (platform.As(physician), platform.As(other), platform.As(TestProfessional.New()));
        var hidden = await platform.As(record.Physician).UploadAsync(record.Id);
        var patient = platform.As(record.Patient);
        foreach (var one in new[] { physician, other })
        {
            await patient.AddRuleAsync(
                record.Id, new VisibilityRule { Effect = VisibilityEffect.Hide, DocumentId = hidden.DocumentId, Actor = one.Actor });
        }

        var never = new StoredDocument { RecordId = record.Id, DocumentId = Given.NewId() };
        foreach (var document in new[] { hidden, never })
        {
            await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => colleague.ReadAsync(document));
            await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => attending.MaskAsync(document));
            await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => stranger.MaskAsync(document));
        }

        // Of others' calls no document is named; of the own ones the id that was asked for.
        var seen = await ListAsync(attending, record.Id);
        Assert.Equal([0, 0], seen.Where(e => Name(e) == "ReadDocument").Select(e => e.DocumentIds.Count));
        var masks = seen.Where(e => Name(e) == "MaskDocument").ToList();
        Assert.Equal([0, 0], masks.Where(e => e.Reason == "RECORD_ACCESS_DENIED").Select(e => e.DocumentIds.Count));
        Assert.Equal(
            new[] { hidden.DocumentId, never.DocumentId }.Order(StringComparer.Ordinal),
            masks.Where(e => e.Reason == "DOCUMENT_NOT_FOUND").SelectMany(e => e.DocumentIds).Order(StringComparer.Ordinal));

        // The patient is told what was tried, and with what, where there is such a document.
        Assert.Equal(
            [hidden.DocumentId],
            (await ListAsync(patient, record.Id)).Where(e => Name(e) == "ReadDocument").SelectMany(e => e.DocumentIds));
    }

    private static string Name(AuditEvent e) => e.Method[(e.Method.LastIndexOf('/') + 1)..];

    private static List<AuditEvent> Naming(IEnumerable<AuditEvent> events, StoredDocument document) => [.. events.Where(e =>
        e.DocumentIds.Contains(document.DocumentId) || e.Documents.Any(one => one.DocumentId == document.DocumentId))];

    private static async Task<GetInclusionProofResponse> ProveAsync(DmpApi api, string recordId, string eventId) =>
        await api.Audit.GetInclusionProofAsync(
            new GetInclusionProofRequest { RecordId = recordId, EventIds = { eventId } }, cancellationToken: Token);

    private static async Task<List<AuditEvent>> ListAsync(DmpApi api, string recordId) =>
        [.. (await api.Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = recordId, PageSize = 200 }, cancellationToken: Token)).Events];

    private static async Task<(List<string> Events, long Count)> ExportAsync(DmpApi api, string recordId)
    {
        var (events, count) = (new List<string>(), -1L);
        using var call = api.Audit.ExportRecordEvents(new ExportRecordEventsRequest { RecordId = recordId }, cancellationToken: Token);
        await foreach (var part in call.ResponseStream.ReadAllAsync(Token))
        {
            if (part.Event is { } proven)
            {
                events.Add(proven.EventId);
            }

            count = part.End?.EventCount ?? count;
        }

        return (events, count);
    }
}
