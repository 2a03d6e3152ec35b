using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Type.V1;

namespace Dmp.Care.Timelines;

/// <summary>A document that exists for the caller, with what the platform knows of its coming.</summary>
/// <param name="Document">The newest version with its encounters; where the essential comes first, with results and medicines too.</param>
/// <param name="Class">Its class.</param>
/// <param name="State">What became of the reading.</param>
/// <param name="CameAt">When its first version came, or when the document began to exist for the caller.</param>
/// <param name="ChangedAt">When it changed last; not before it came.</param>
public sealed record DatedDocument(
    CareDocument Document, Coding Class, DocumentFactsState State, DateTimeOffset CameAt, DateTimeOffset ChangedAt)
{
    /// <summary>When its act began, or else when it came.</summary>
    public DateTimeOffset Time => Document.Metadata.ServiceStartTime?.ToDateTimeOffset() ?? Document.CameAt;

    /// <summary>When its act ended: not before it began, and not after the document came. Else when it began.</summary>
    public DateTimeOffset End =>
        Document.Metadata.ServiceStopTime?.ToDateTimeOffset() is { } stop && stop >= Time && stop <= Document.CameAt.AddDays(1)
            ? stop : Time;
}

/// <summary>What is asked of a record by date.</summary>
/// <param name="At">Ages are counted from it.</param>
/// <param name="Order">The order.</param>
/// <param name="NewSince">Since when documents are new; null when there is nothing to compare with.</param>
/// <param name="OnlyNew">Only entries that hold something new or changed.</param>
public sealed record TimelineQuestion(
    DateTimeOffset At, TimelineOrder Order = TimelineOrder.ByDate, DateTimeOffset? NewSince = null, bool OnlyNew = false);
