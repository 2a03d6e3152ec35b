namespace Dmp.Storage;

/// <summary>What is wrong with stored content. The names are in logs.</summary>
public enum ContentDamage
{
    /// <summary>A segment is not the one that was sealed there: changed, moved, or of other content.</summary>
    Segment,

    /// <summary>Bytes are missing at the end, or the row names a place that cannot hold the content.</summary>
    Length,

    /// <summary>The row names no key, and the settings accept sealed content only.</summary>
    Plain,

    /// <summary>The wrapped key of the record is not the one that was made for it.</summary>
    Key,
}

/// <summary>
/// Stored content is not what was stored. An incident, whoever caused it; trying again does not help. Nothing of the content was
/// given to anybody.
/// </summary>
public sealed class ContentDamagedException(Guid contentId, ContentDamage damage, long segment = 0, Exception? innerException = null)
    : ContentUnavailableException("Stored content is not what was stored.", innerException)
{
    public Guid ContentId { get; } = contentId;

    public ContentDamage Damage { get; } = damage;

    /// <summary>Index of the segment, from 0.</summary>
    public long Segment { get; } = segment;
}

/// <summary>The key of the content was destroyed: nobody can read it any more, as was wanted.</summary>
public sealed class ContentErasedException() : ContentUnavailableException("The key of this content was destroyed.");
