using Dmp.Notice.V1;
using Dmp.Server.Notices;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Notice.V1.NoticeService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of notices. Each is a class of its name.</summary>
internal sealed class NoticeService : Contract.NoticeServiceBase
{
    public override Task<GetNoticePreferencesResponse> GetNoticePreferences(
        GetNoticePreferencesRequest request, ServerCallContext context) =>
        context.Method<GetNoticePreferences>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<UpdateNoticePreferencesResponse> UpdateNoticePreferences(
        UpdateNoticePreferencesRequest request, ServerCallContext context) =>
        context.Method<UpdateNoticePreferences>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListNoticesResponse> ListNotices(ListNoticesRequest request, ServerCallContext context) =>
        context.Method<ListNotices>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<GetNoticeContactResponse> GetNoticeContact(GetNoticeContactRequest request, ServerCallContext context) =>
        context.Method<GetNoticeContact>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<SetNoticeContactResponse> SetNoticeContact(SetNoticeContactRequest request, ServerCallContext context) =>
        context.Method<SetNoticeContact>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListDeadLettersResponse> ListDeadLetters(ListDeadLettersRequest request, ServerCallContext context) =>
        context.Method<ListDeadLetters>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<RetryNoticeResponse> RetryNotice(RetryNoticeRequest request, ServerCallContext context) =>
        context.Method<RetryNotice>().RunAsync(context.Call, request, context.CancellationToken);
}
