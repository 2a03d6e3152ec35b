using Dmp.Care.Medications;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Facts;
using Dmp.Server.References;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Care;

/// <summary>What a patient takes, as far as the documents of the record say it.</summary>
internal sealed class GetMedicationStatement(
    ReferenceShelf shelf, WholeRecord wholeRecord, DangerousList dangerous, AuditTrail audit, TimeProvider time)
{
    /// <summary>Documents that state a medicine: as many as one event of the trace may name.</summary>
    private const int StatingMax = 200;

    // Long treatments are stated seldom: in a summary of years ago, and since then in what was dispensed.
    internal const int StatedYears = 3;

    private static readonly HashSet<FactKind> medications = [FactKind.Medication];

    public async Task<GetMedicationStatementResponse> RunAsync(Call call, GetMedicationStatementRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var now = time.GetUtcNow();
        var at = DocumentRules.CheckTime(request.At, "at", faults) ?? now;
        faults.Require(at <= now.AddYears(1), "at", "Must not be more than a year from now.");
        var from = DocumentRules.CheckTime(request.StatedFrom, "stated_from", faults) ?? at.AddYears(-StatedYears);
        faults.Require(from <= at, "stated_from", "Must not be after the moment that the statement is made for.");
        faults.ThrowIfAny();

        var medicines = shelf.Medicines;
        var reading = await wholeRecord.ReadAsync(
            call, recordId, DocumentSearch.Approved with { ServiceTimeFrom = from }, medications, StatingMax, ct);
        var statement = new MedicationMerge(medicines?.Table, dangerous.Groups)
            .Merge(CareDocuments.Of(reading), at, request.IncludeEnded);
        statement.Documents = reading.Coverage;
        statement.MedicinesDatabase = medicines?.Origin.ToMessage();
        await audit.TraceReadAsync(call, [.. reading.Stating.Select(one => one.Row.Traced)], ct);
        return new GetMedicationStatementResponse { Statement = statement, StatedFrom = from.ToTimestamp() };
    }
}
