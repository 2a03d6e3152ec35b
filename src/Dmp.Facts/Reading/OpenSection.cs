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

    /// <summary>Who states the whole section, when the document says so.</summary>
    public CdaNode? Author { get; set; }

    /// <summary>The number, in the document, of the entry that is being read.</summary>
    public int Entry { get; set; }
}
