using Dmp.Facts.V1;
using Dmp.Interactions.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Facts;
using Dmp.Server.References;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Interactions;

/// <summary>Which published rules medicines meet, beside those that the documents of a record state.</summary>
internal sealed class CheckRecordInteractions(ReferenceShelf shelf, WholeRecord wholeRecord, AuditTrail audit, TimeProvider time)
{
    /// <summary>Documents that state a medicine: as many as one event of the trace may name.</summary>
    private const int StatingMax = 200;

    private static readonly HashSet<FactKind> medications = [FactKind.Medication];

    public async Task<CheckRecordInteractionsResponse> RunAsync(Call call, CheckRecordInteractionsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var proposed = AskedMedicines.Read(request.Proposed, "proposed", faults);
        var now = time.GetUtcNow();
        var from = DocumentRules.CheckTime(request.StatedFrom, "stated_from", faults) ?? now.AddYears(-1);
        faults.ThrowIfAny();

        var reference = shelf.Interactions;
        var reading = await wholeRecord.ReadAsync(
            call, recordId, DocumentSearch.Approved with { ServiceTimeFrom = from }, medications, StatingMax, ct);
        StatedMedicines stated = new(reference.Medicines, now);
        foreach (var (row, facts) in reading.Stating)
        {
            stated.Add(row, facts);
        }

        var report = reference.Checker.Check([.. proposed, .. stated.Medicines.Select(medicine => medicine.Item)]);
        var response = new CheckRecordInteractionsResponse
        {
            Report = InteractionMapping.ToMessage(reference, report, stated.Medicines),
            Documents = reading.Coverage,
            StatedFrom = from.ToTimestamp(),
        };
        response.LeftOut.AddRange(stated.LeftOut);
        await audit.TraceReadAsync(call, [.. reading.Stating.Select(one => one.Row.Traced)], ct);
        return response;
    }
}
