using System.Buffers.Binary;
using System.Text;

namespace Dmp.Proofs;

/// <summary>A text with signatures below it (C2SP signed-note).</summary>
public sealed class SignedNote
{
    private const string SignatureStart = "\u2014 ";
    private const int BytesMax = 1024 * 1024;
    private const int SignaturesMax = 100;

    private readonly List<(string Name, uint Hash, byte[] Signature)> signatures;

    private SignedNote(string text, List<(string, uint, byte[])> signatures)
    {
        Text = text;
        this.signatures = signatures;
    }

    /// <summary>What is signed; ends with a line feed.</summary>
    public string Text { get; }

    /// <summary>Reads a signed note, and verifies nothing.</summary>
    /// <param name="note">The whole note.</param>
    /// <returns>The note.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    public static SignedNote Parse(string note)
    {
        ArgumentNullException.ThrowIfNull(note);
        var end = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || !note.EndsWith('\n') || note.Length > BytesMax || note.Any(c => c < ' ' && c != '\n'))
        {
            throw Malformed();
        }

        List<(string, uint, byte[])> signatures = [];
        foreach (var line in note[(end + 2)..^1].Split('\n'))
        {
            var parts = line.StartsWith(SignatureStart, StringComparison.Ordinal) ? line[SignatureStart.Length..].Split(' ') : [];
            if (parts.Length != 2 || !NoteVerifier.IsName(parts[0]) || NoteVerifier.Bytes(parts[1]) is not { Length: > 4 } bytes
                || signatures.Count == SignaturesMax)
            {
                throw Malformed();
            }

            signatures.Add((parts[0], BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes[4..]));
        }

        return new SignedNote(note[..(end + 1)], signatures);
    }

    /// <summary>The keys, of those given, that signed the note.</summary>
    /// <param name="keys">Keys that are trusted.</param>
    /// <returns>Those with a good signature; empty also when a trusted key has a bad one.</returns>
    public IReadOnlyList<NoteVerifier> SignedBy(IEnumerable<NoteVerifier> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var text = Encoding.UTF8.GetBytes(Text);
        List<NoteVerifier> good = [];
        foreach (var key in keys)
        {
            foreach (var (_, _, signature) in signatures.Where(
                line => line.Hash == key.Hash && string.Equals(line.Name, key.Name, StringComparison.Ordinal)))
            {
                // A bad signature in the name of a trusted key spoils the whole note.
                if (!key.Verify(text, signature))
                {
                    return [];
                }

                good.Add(key);
            }
        }

        return good;
    }

    internal static string Sign(string text, IEnumerable<NoteSigner> keys)
    {
        var message = Encoding.UTF8.GetBytes(text);
        StringBuilder note = new(text);
        note.Append('\n');
        foreach (var key in keys)
        {
            var line = new byte[4 + 64];
            BinaryPrimitives.WriteUInt32BigEndian(line, key.Verifier.Hash);
            key.Sign(message).CopyTo(line, 4);
            note.Append(SignatureStart).Append(key.Verifier.Name).Append(' ').Append(Convert.ToBase64String(line)).Append('\n');
        }

        return note.ToString();
    }

    private static FormatException Malformed() => new("It is no signed note: text, an empty line, and lines of signatures.");
}
