using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Wishes.V1;

namespace Dmp.Server.Wishes;

/// <summary>Whom the patient named, with what was refused or ended.</summary>
internal sealed class ListTrustedPersons(TracedReads reads, PageTokens pageTokens, WishVault vault, TimeProvider time)
{
    public Task<ListTrustedPersonsResponse> RunAsync(Call call, ListTrustedPersonsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListTrustedPersonsRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                WishRules.RequirePatient(access);
                var found = await TrustedPersonSql.ListAsync(connection, access, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.TrustedPersonId);
                ListTrustedPersonsResponse response = new() { NextPageToken = nextToken };
                foreach (var row in rows)
                {
                    var person = row.ToMessage(time.GetUtcNow());
                    person.MergeFrom(await vault.OpenAsync(row, row.TrustedPersonId, TrustedPerson.Parser, ct) ?? new());
                    response.TrustedPersons.Add(person);
                }

                return response;
            },
            ct);
    }
}
