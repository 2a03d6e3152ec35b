using Dmp.Record.V1;
using Dmp.Server.Pipeline;
using Dmp.Server.Records;
using Grpc.Core;
using Contract = Dmp.Record.V1.RecordService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of records. Each is a class of its name.</summary>
internal sealed class RecordService : Contract.RecordServiceBase
{
    public override Task<OpenRecordResponse> OpenRecord(OpenRecordRequest request, ServerCallContext context) =>
        context.Method<OpenRecord>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<GetRecordResponse> GetRecord(GetRecordRequest request, ServerCallContext context) =>
        context.Method<GetRecord>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<CheckAccessResponse> CheckAccess(CheckAccessRequest request, ServerCallContext context) =>
        context.Method<CheckAccess>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListRecordsResponse> ListRecords(ListRecordsRequest request, ServerCallContext context) =>
        context.Method<ListRecords>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<UpdateRecordResponse> UpdateRecord(UpdateRecordRequest request, ServerCallContext context) =>
        context.Method<UpdateRecord>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<CloseRecordResponse> CloseRecord(CloseRecordRequest request, ServerCallContext context) =>
        context.Method<CloseRecord>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ReopenRecordResponse> ReopenRecord(ReopenRecordRequest request, ServerCallContext context) =>
        context.Method<ReopenRecord>().RunAsync(context.Call, request, context.CancellationToken);
}
