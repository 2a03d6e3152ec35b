using Dmp.Server.Content;
using Dmp.Server.Pipeline;
using Form = Dmp.Server.Content.ContentForm;

namespace Dmp.Server.Documents;

/// <summary>What the bytes of an upload may not be, whatever their media type.</summary>
internal sealed partial class DocumentService
{
    /// <summary>Refuses content that is not accepted. Reads durable bytes outside of any transaction, and most documents hardly at all.</summary>
    private async Task InspectAsync(Call call, UploadPlan plan, Form sniffed, CancellationToken ct)
    {
        if (!inspector.Concerns(sniffed, plan.Header))
        {
            return;
        }

        await using var reader = await contentStore.OpenAsync(plan.ContentId, ct)
            ?? throw new ContentUnavailableException("A blob vanished after its commit.");
        await inspector.InspectAsync(reader, sniffed, plan.Header, plan.ContentId, call.ServerRequestId, ct);
    }
}
