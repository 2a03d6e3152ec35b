using Dmp.Access.V1;
using Dmp.Annotations.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using AccessModeMessage = Dmp.Access.V1.AccessMode;
using FunctionConditionMessage = Dmp.Access.V1.FunctionCondition;
using FunctionRightMessage = Dmp.Access.V1.FunctionRight;
using Mode = Dmp.Server.Calls.AccessMode;

namespace Dmp.Server.Explanations;

/// <summary>Functions of the functional matrix that are open to the caller.</summary>
internal sealed class ListFunctions(TracedReads reads, TimeProvider time)
{
    public Task<ListFunctionsResponse> RunAsync(Call call, ListFunctionsRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        var recordId = faults.Id(request.RecordId, "record_id");
        faults.ThrowIfAny();

        return reads.RunAsync(
            call,
            async connection =>
            {
                AccessFacts? facts = null;
                if (recordId != Guid.Empty)
                {
                    call.Trace.RecordId = recordId;
                    facts = await AccessSql.FindAsync(connection, call.Caller, recordId, time.GetUtcNow(), ct);
                }

                var mode = call.AskedMode ?? Mode.Normal;
                var actor = FunctionRights.ActorOf(call.Caller, facts is { IsBlocked: false, IsAttending: true });
                var response = new ListFunctionsResponse { AccessMode = (AccessModeMessage)((int)mode + 1) };
                foreach (var function in System.Enum.GetValues<Function>())
                {
                    if (FunctionRights.Of(function, actor, mode) is { IsAllowed: true } right)
                    {
                        response.Functions.Add(new FunctionRightMessage
                        {
                            Function = function,
                            Condition = (FunctionConditionMessage)(int)right.Condition,
                        });
                    }
                }

                return response;
            },
            ct);
    }
}
