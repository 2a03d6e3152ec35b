using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;

namespace Dmp.Server.Intake;

/// <summary>Contents that the caller has not deposited yet, by their digests.</summary>
internal sealed class FindMissingContent(TracedReads reads)
{
    private const int DigestsMax = 1000;

    public Task<FindMissingContentResponse> RunAsync(Call call, FindMissingContentRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        faults.Require(request.Sha256S.Count <= DigestsMax, "sha256s", $"Must have at most {DigestsMax} digests.");
        for (var i = 0; i < Math.Min(request.Sha256S.Count, DigestsMax); i++)
        {
            faults.Require(request.Sha256S[i].Length == SHA256.HashSizeInBytes, $"sha256s[{i}]", "Must have 32 bytes.");
        }

        faults.ThrowIfAny();
        var asked = request.Sha256S.Distinct().ToList();
        return reads.RunAsync(
            call,
            async connection =>
            {
                var there = await DepositedSql.FindAsync(connection, call.Caller, [.. asked.Select(digest => digest.ToByteArray())], ct);
                return new FindMissingContentResponse { MissingSha256S = { asked.Where(digest => !there.Contains(digest)) } };
            },
            ct);
    }
}
