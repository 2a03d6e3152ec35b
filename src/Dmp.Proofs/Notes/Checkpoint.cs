using System.Globalization;

namespace Dmp.Proofs;

/// <summary>A state of the log, signed (C2SP tlog-checkpoint): keep one elsewhere, and no later state can go behind it unseen.</summary>
public sealed class Checkpoint
{
    private const string NumberStart = "checkpoint ";

    private Checkpoint(string origin, long size, byte[] root, SignedNote signed, string note, long? number)
    {
        Number = number;
        Origin = origin;
        Size = size;
        Root = root;
        Signed = signed;
        Note = note;
    }

    /// <summary>The name of the log.</summary>
    public string Origin { get; }

    /// <summary>How many events the log had.</summary>
    public long Size { get; }

    /// <summary>The root over them, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Root { get; }

    /// <summary>
    /// Which checkpoint of the log it is, counted from 1: a line of the note behind the root. Null for those of before they were counted.
    /// </summary>
    public long? Number { get; }

    /// <summary>The whole note, to be kept.</summary>
    public string Note { get; }

    internal SignedNote Signed { get; }

    /// <summary>Reads a checkpoint, and verifies no signature.</summary>
    /// <param name="note">The whole note.</param>
    /// <returns>The checkpoint.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    public static Checkpoint Parse(string note)
    {
        var signed = SignedNote.Parse(note);
        var lines = signed.Text.Split('\n');
        return lines is [{ Length: > 0 } origin, var sizeText, var rootText, .., ""]
            && long.TryParse(sizeText, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            && (sizeText == "0" || sizeText[0] != '0')
            && NoteVerifier.Bytes(rootText) is { Length: TreeHash.Length } root
            ? new Checkpoint(origin, size, root, signed, note, NumberOf(lines))
            : throw new FormatException("It is no checkpoint: origin, number of leaves and root, a line each.");
    }

    /// <summary>Whether one of these keys of the log signed it, and none of them wrongly.</summary>
    /// <param name="keys">Keys that are trusted; those of other names are passed over.</param>
    /// <returns>True when one did.</returns>
    public bool IsSignedBy(IEnumerable<NoteVerifier> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return Signed.SignedBy(keys.Where(key => string.Equals(key.Name, Origin, StringComparison.Ordinal))).Count > 0;
    }

    /// <summary>The checkpoint, when the note is one and is signed by one of these keys.</summary>
    internal static Checkpoint? Find(string? note, IReadOnlyList<NoteVerifier> keys)
    {
        try
        {
            return note is { Length: > 0 } && Parse(note) is var checkpoint && checkpoint.IsSignedBy(keys) ? checkpoint : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    internal static string Sign(string origin, long size, ReadOnlySpan<byte> root, IEnumerable<NoteSigner> keys, long? number = null) =>
        SignedNote.Sign(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{origin}\n{size}\n{Convert.ToBase64String(root)}\n"
                + $"{(number is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{NumberStart}{number}\n"))}"),
            keys);

    // Lines behind the root are extensions; those that are not known say nothing.
    private static long? NumberOf(string[] lines) =>
        lines.Skip(3).FirstOrDefault(line => line.StartsWith(NumberStart, StringComparison.Ordinal)) is { } line
            && long.TryParse(line[NumberStart.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : null;
}
