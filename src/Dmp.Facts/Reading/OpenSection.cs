using Dmp.Cda;

namespace Dmp.Facts.Reading;

/// <summary>A section whose entries are being read.</summary>
internal sealed class OpenSection(int depth)
{
    public int Depth => depth;

    /// <summary>Its LOINC code; null when it has none.</summary>
    public string? Code { get; set; }

    public string Title { get; set; } = "";

    /// <summary>Its narrative, or the beginning of it.</summary>
    public string Text { get; set; } = "";

    /// <summary>Whom the whole section is about, when it is not the patient.</summary>
    public CdaNode? Subject { get; set; }

    /// <summary>The number of the entry that is being read.</summary>
    public int Entries { get; set; }
}
