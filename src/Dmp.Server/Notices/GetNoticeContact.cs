using Dmp.Notice.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;

namespace Dmp.Server.Notices;

/// <summary>The address at which a professional gets notices.</summary>
internal sealed class GetNoticeContact(TracedReads reads)
{
    public Task<GetNoticeContactResponse> RunAsync(Call call, GetNoticeContactRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);

        return reads.RunAsync(
            call,
            async connection =>
            {
                await RowScope.OfActor(call.Caller).ApplyAsync(connection, ct);
                var email = await NoticeContactSql.FindAsync(connection, call.Caller, ct);
                return new GetNoticeContactResponse { Email = email ?? "" };
            },
            ct);
    }
}
