using Dmp.Audit.V1;
using Dmp.Proofs;

namespace Dmp.Server.Audit;

/// <summary>Events of the trace as messages.</summary>
internal static class EventMapping
{
    /// <summary>Where the call came from and how long it took is for <paramref name="isReviewer"/> alone.</summary>
    public static AuditEvent ToMessage(AuditEventRow row, bool isReviewer)
    {
        var told = EventContent.Core(row);
        told.DocumentIds.Add(row.DocumentIds.Distinct().Select(id => id.ToString()));
        told.Documents.Add(EventContent.Documents(row));
        if (isReviewer)
        {
            told.MergeFrom(EventContent.Review(row));
        }

        return told;
    }
}
