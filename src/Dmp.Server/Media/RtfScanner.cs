namespace Dmp.Server.Media;

/// <summary>What an RTF bears besides text and pictures. Words of ours, never of the document.</summary>
/// <param name="Active">Kinds of what acts, carries files or fetches from elsewhere, in order.</param>
/// <param name="IsWhole">Each group is closed.</param>
/// <param name="IsCutInBinary">The file ends in binary data: what it says is longer than what is there.</param>
internal sealed record RtfFindings(IReadOnlyList<string> Active, bool IsWhole, bool IsCutInBinary);

/// <summary>
/// Finds in an RTF, as it streams by and in constant memory, what acts or carries files: objects of other programs, fields that run or
/// fetch something, templates and pictures from elsewhere. Reads control words wherever they are, also in groups that readers skip and in
/// binary data, and undoes the ways in which letters are written. Programs differ in how they read an RTF, so it is read in several ways.
/// </summary>
internal sealed class RtfScanner
{
    private readonly SortedSet<string> active = new(StringComparer.Ordinal);
    private readonly RtfReading reading;
    private readonly RtfReading readingBinary;

    public RtfScanner() =>
        (reading, readingBinary) = (new RtfReading(active, isBinaryText: false), new RtfReading(active, isBinaryText: true));

    /// <summary>Takes the next bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        reading.Write(bytes);
        readingBinary.Write(bytes);
    }

    /// <summary>What was found, after the last byte.</summary>
    public RtfFindings Conclude()
    {
        reading.Conclude();
        readingBinary.Conclude();
        return new RtfFindings([.. active], reading.IsWhole, reading.IsInBinary);
    }
}
