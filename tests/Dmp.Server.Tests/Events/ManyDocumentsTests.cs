using Dmp.Audit.V1;
using Dmp.Event.V1;
using Dmp.Proofs;
using Dmp.Server.Tests.Fixtures;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>More documents in one response than one event of the trace can name.</summary>
public sealed class ManyDocumentsTests(Platform platform)
{
    [Fact]
    public async Task All_are_told_and_all_are_in_the_trace()
    {
        const int Count = EventTree.DocumentsMax + 10;
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var start = await api.NowAsync();
        var documents = await Task.WhenAll(Enumerable.Range(0, Count).Select(async _ => (await api.UploadAsync(record.Id)).DocumentId));

        var pulled = await api.Events.PullAsync(new PullRequest { Start = From(start), MaxEvents = 1000 }, cancellationToken: Given.Token);
        Assert.Equal(documents.Order(), pulled.Events.Select(told => told.DocumentId).Order());

        var trace = await platform.As(record.Patient).Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = record.Id, PageSize = 200 }, cancellationToken: Given.Token);
        var deliveries = trace.Events.Where(e => e.Method.EndsWith("/Pull", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, deliveries.Count);
        Assert.Equal(documents.Order(), deliveries.SelectMany(e => e.DocumentIds).Order());
    }
}
