namespace Dmp.Search.Text;

/// <summary>Why something of a document was not read.</summary>
public enum UnreadReason
{
    /// <summary>Beyond a bound of <see cref="TextLimits"/>: bytes, characters, sections, pages, files, nesting.</summary>
    TooLong = 1,

    /// <summary>Broken, cut off, or not what it says to be. What came before the break was read.</summary>
    Damaged = 2,

    /// <summary>A PDF that opens with a password only.</summary>
    Encrypted = 3,

    /// <summary>A picture, or a page without a character: mostly a scan. No characters are recognised in pictures.</summary>
    NoText = 4,

    /// <summary>A format that is not read here, or bytes of another format than the one named.</summary>
    OtherFormat = 5,

    /// <summary>Reading took longer than <see cref="TextLimits.TimeMax"/>.</summary>
    TooSlow = 6,

    /// <summary>The document only names the place where the file is.</summary>
    Elsewhere = 7,
}

/// <summary>What was not read, for one reason.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Count">How many times: pages, files, sections or texts.</param>
public sealed record UnreadText(UnreadReason Reason, int Count);
