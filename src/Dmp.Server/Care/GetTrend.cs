using Dmp.Care.Trends;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Facts;

namespace Dmp.Server.Care;

/// <summary>The values of one observation over time.</summary>
internal sealed class GetTrend(WholeRecord wholeRecord, ExamTablesInForce tables, AuditTrail audit)
{
    private const int StatingMax = 1_000;

    private static readonly HashSet<FactKind> kinds = [FactKind.Observation, FactKind.Act];

    public async Task<GetTrendResponse> RunAsync(Call call, GetTrendRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var from = DocumentRules.CheckTime(request.TimeFrom, "time_from", faults);
        var to = DocumentRules.CheckTime(request.TimeTo, "time_to", faults);
        faults.Require(from is null || to is null || from < to, "time_to", "Must be after `time_from`.");
        faults.ThrowIfAny();

        var reading = await wholeRecord.ReadAsync(call, recordId, DocumentSearch.Approved, kinds, StatingMax, ct);
        var trend = TrendBuilder.Build(CareDocuments.Of(reading), new TrendQuestion(request.Code, tables.Tables)
        {
            Unit = request.Unit,
            Specimen = request.Specimen,
            From = from,
            To = to,
            WithPlot = request.Plot,
        });
        trend.Documents = reading.Coverage;
        await audit.TraceReadAsync(call, CareSources.TracedOf(reading, trend), ct);
        return new GetTrendResponse { Trend = trend };
    }
}
