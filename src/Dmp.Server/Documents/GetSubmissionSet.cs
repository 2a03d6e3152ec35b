using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;

namespace Dmp.Server.Documents;

/// <summary>A submission set with those of its documents that exist for the caller.</summary>
internal sealed class GetSubmissionSet(TracedReads reads)
{
    public async Task<GetSubmissionSetResponse> RunAsync(Call call, GetSubmissionSetRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var setId = faults.Id(request.SubmissionSetId, "submission_set_id");
        faults.ThrowIfAny();

        return await reads.OfDocumentsAsync<GetSubmissionSetResponse>(
            call,
            recordId,
            async (connection, access) =>
            {
                var row = await SubmissionSetSql.FindAsync(connection, access, setId, ct)
                    ?? throw Failures.Of(ErrorReason.SubmissionSetNotFound);
                var members = (await SubmissionSetSql.MembersAsync(connection, access, [row], ct))[setId].ToList();
                return (new GetSubmissionSetResponse { SubmissionSet = SubmissionSetMapping.ToMessage(row, members) }, Traced(members));
            },
            ct);
    }

    public static List<TracedDocument> Traced(IEnumerable<SubmissionSetMemberRow> members) =>
        [.. members.Where(member => member.Exists).Select(member => new TracedDocument(member.DocumentId, member.Version, member.Sha256))];
}
