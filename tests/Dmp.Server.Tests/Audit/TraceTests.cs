using Dmp.Audit.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Audit;

/// <summary>The patient sees what was done.</summary>
public sealed class TraceTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_call_on_a_record_is_one_event_allowed_refused_or_failed()
    {
        var record = await platform.RecordAsync();
        var physician = platform.As(record.Physician);
        var stranger = TestProfessional.New();
        var document = await physician.UploadAsync(record.Id);
        await physician.ReadAsync(document);
        await Assert.ThrowsAsync<RpcException>(() => platform.As(stranger).ReadAsync(document));
        await Assert.ThrowsAsync<RpcException>(() => physician.ReadAsync(document, request => request.ReadOffset = 1_000_000));

        var events = await ListAsync(platform.As(record.Patient), record.Id);

        Assert.Equal(
            [
                ("OpenRecord", AuditOutcome.Allowed, "", record.Physician.Id),
                ("DeclareConsent", AuditOutcome.Allowed, "", record.Physician.Id),
                ("UploadDocument", AuditOutcome.Allowed, "", record.Physician.Id),
                ("ReadDocument", AuditOutcome.Allowed, "", record.Physician.Id),
                ("ReadDocument", AuditOutcome.Refused, "RECORD_ACCESS_DENIED", stranger.Id),
                ("ReadDocument", AuditOutcome.Failed, "READ_OFFSET_OUT_OF_RANGE", record.Physician.Id),
            ],
            events.Select(e => (e.Method[(e.Method.LastIndexOf('/') + 1)..], e.Outcome, e.Reason, e.Actor.Id)));
        Assert.Equal(document.DocumentId, Assert.Single(events[3].DocumentIds));
        Assert.All(events, e => Assert.Equal(("10", record.Id), (e.Actor.Profession.Code, e.RecordId)));
    }

    [Fact]
    public async Task The_listing_is_itself_an_event()
    {
        var record = await platform.RecordAsync();
        await ListAsync(platform.As(record.Patient), record.Id);
        var events = await ListAsync(platform.As(record.Patient), record.Id);
        Assert.EndsWith("ListRecordEvents", events[^1].Method, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_professional_sees_the_own_events_and_patient_attending_and_auditor_all()
    {
        var record = await platform.RecordAsync();
        var colleague = await platform.ColleagueAsync(record);
        var attending = await platform.ColleagueAsync(record, attending: true);

        Assert.Equal([colleague.Id], (await ListAsync(platform.As(colleague), record.Id)).Select(e => e.Actor.Id).Distinct());
        foreach (var all in new[] { platform.As(record.Patient), platform.As(attending), platform.AsAuditor() })
        {
            Assert.Contains(await ListAsync(all, record.Id), e => e.Actor.Id == record.Physician.Id);
        }

        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.CallerKindNotAllowed, () => ListAsync(platform.AsOperator(), record.Id));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => ListAsync(platform.As(TestPatient.New()), record.Id));
    }

    [Fact]
    public async Task Pages_hold_every_event_once()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        for (var i = 0; i < 5; i++)
        {
            await api.SearchIdsAsync(record.Id);
        }

        var request = new ListRecordEventsRequest { RecordId = record.Id, PageSize = 3 };
        var seen = new List<string>();
        do
        {
            var page = await platform.As(record.Patient).Audit.ListRecordEventsAsync(request, cancellationToken: Token);
            seen.AddRange(page.Events.Select(e => e.EventId));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0 && seen.Count < 50);

        Assert.Equal(seen.Distinct(), seen);
        Assert.InRange(seen.Count, 7, 20);
    }

    /// <summary>Oldest first, whatever the order of the contract.</summary>
    private static async Task<List<AuditEvent>> ListAsync(DmpApi api, string recordId)
    {
        var response = await api.Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = recordId, PageSize = 200 }, cancellationToken: Token);
        return [.. response.Events.OrderBy(e => e.EventTime.ToDateTimeOffset())];
    }
}
