using Dmp.Interactions.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.References;

namespace Dmp.Server.Interactions;

/// <summary>Which published rules medicines meet, without a record.</summary>
internal sealed class CheckInteractions(ReferenceShelf shelf, AuditTrail audit)
{
    public async Task<CheckInteractionsResponse> RunAsync(Call call, CheckInteractionsRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        faults.Require(request.Medicines.Count > 0, "medicines", "Must have one medicine at least.");
        var items = AskedMedicines.Read(request.Medicines, "medicines", faults);
        faults.ThrowIfAny();

        var reference = shelf.Interactions;
        var report = InteractionMapping.ToMessage(reference, reference.Checker.Check(items), []);
        await audit.TraceReadAsync(call, [], ct);
        return new CheckInteractionsResponse { Report = report };
    }
}
