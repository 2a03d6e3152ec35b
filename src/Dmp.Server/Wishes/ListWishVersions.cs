using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Wishes.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Wishes;

/// <summary>What the patient stated, with what was replaced or taken back.</summary>
internal sealed class ListWishVersions(TracedReads reads, PageTokens pageTokens, WishVault vault)
{
    public Task<ListWishVersionsResponse> RunAsync(Call call, ListWishVersionsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListWishVersionsRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                WishRules.RequirePatient(access);
                var found = await WishSql.ListVersionsAsync(connection, access, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.WishId);
                ListWishVersionsResponse response = new() { NextPageToken = nextToken };
                foreach (var row in rows)
                {
                    response.Versions.Add(await VersionOfAsync(row, ct));
                }

                return response;
            },
            ct);
    }

    private async Task<WishVersion> VersionOfAsync(WishRow row, CancellationToken ct)
    {
        WishVersion version = new()
        {
            Kind = (WishKind)row.Kind,
            State = (WishState?)row.EndState ?? WishState.Active,
            EndTime = row.EndTime?.ToTimestamp(),
        };
        switch (version.Kind)
        {
            case WishKind.EmergencyContacts:
                version.EmergencyContacts = WishRules.Of(
                    await vault.OpenAsync(row, row.WishId, EmergencyContacts.Parser, ct) ?? new(), row);
                break;
            case WishKind.OrganDonation:
                version.OrganDonation = WishRules.Of(await vault.OpenAsync(row, row.WishId, OrganDonation.Parser, ct) ?? new(), row);
                break;
            default:
                version.AdvanceDirectives = WishRules.Of(
                    await vault.OpenAsync(row, row.WishId, AdvanceDirectives.Parser, ct) ?? new(), row);
                break;
        }

        return version;
    }
}
