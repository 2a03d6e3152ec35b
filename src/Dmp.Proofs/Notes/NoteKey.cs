using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Dmp.Proofs;

/// <summary>A public key of signed notes: a verifier key (vkey) of C2SP signed-note with Ed25519, <c>name+hash+key</c>.</summary>
public sealed class NoteVerifier
{
    /// <summary>The kind of key in C2SP signed-note.</summary>
    internal const byte Kind = 1;

    private readonly Ed25519PublicKey key;

    internal NoteVerifier(string name, Ed25519PublicKey key)
    {
        Name = name;
        this.key = key;
        var bytes = key.Export();
        Hash = HashOf(name, bytes);
        KeyId = IdOf(Hash);
        Text = $"{name}+{KeyId}+{Convert.ToBase64String([Kind, .. bytes])}";
    }

    /// <summary>The name of the key; for a log its origin.</summary>
    public string Name { get; }

    /// <summary>The four bytes of the key's hash, in hexadecimal.</summary>
    public string KeyId { get; }

    /// <summary>The verifier key as text.</summary>
    public string Text { get; }

    internal uint Hash { get; }

    /// <summary>Reads a verifier key.</summary>
    /// <param name="vkey">The text, for example <c>dmp.example/trace+c74f20a3+ARpc2Q...</c>.</param>
    /// <returns>The key.</returns>
    /// <exception cref="FormatException">It is no Ed25519 verifier key, or its hash is not that of its key.</exception>
    public static NoteVerifier Parse(string vkey)
    {
        ArgumentNullException.ThrowIfNull(vkey);
        var parts = vkey.Trim().Split('+', 3);
        if (parts.Length != 3 || !IsName(parts[0]) || Bytes(parts[2]) is not [Kind, .. var bytes]
            || Ed25519PublicKey.Import(bytes) is not { } key)
        {
            throw new FormatException("A verifier key has the form name+hash+base64, with an Ed25519 key.");
        }

        var verifier = new NoteVerifier(parts[0], key);
        return string.Equals(verifier.KeyId, parts[1], StringComparison.Ordinal)
            ? verifier
            : throw new FormatException($"The hash of the verifier key {parts[0]}+{parts[1]} is not that of its key.");
    }

    /// <summary>The verifier key as text.</summary>
    /// <returns><see cref="Text"/>.</returns>
    public override string ToString() => Text;

    internal bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == Ed25519PublicKey.SignatureBytes && key.Verify(message, signature);

    internal static bool IsName(string name) =>
        name.Length > 0 && !name.Contains('+', StringComparison.Ordinal) && !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));

    internal static string IdOf(uint hash) => hash.ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>Null for what is not base64, or not the one way to write it.</summary>
    internal static byte[]? Bytes(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length)
            && string.Equals(Convert.ToBase64String(bytes, 0, length), base64, StringComparison.Ordinal)
            ? bytes[..length]
            : null;
    }

    private static uint HashOf(string name, byte[] key) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', Kind, .. key]));
}

/// <summary>A private key of signed notes, <c>PRIVATE+KEY+name+hash+seed</c>.</summary>
internal sealed class NoteSigner : IDisposable
{
    private const string Prefix = "PRIVATE+KEY+";

    private readonly Ed25519PrivateKey key;

    private NoteSigner(string name, Ed25519PrivateKey key)
    {
        this.key = key;
        Verifier = new NoteVerifier(name, key.PublicKey);
    }

    public NoteVerifier Verifier { get; }

    /// <exception cref="ArgumentException">The name has a space or a plus sign.</exception>
    public static NoteSigner Generate(string name) => NoteVerifier.IsName(name)
        ? new(name, Ed25519PrivateKey.Generate())
        : throw new ArgumentException("The name of a key has neither spaces nor '+'.", nameof(name));

    /// <exception cref="FormatException">It is no private key. The message repeats nothing of it.</exception>
    public static NoteSigner Parse(string text)
    {
        text = text.Trim();
        var parts = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..].Split('+', 3) : [];
        if (parts.Length != 3 || !NoteVerifier.IsName(parts[0]) || NoteVerifier.Bytes(parts[2]) is not [NoteVerifier.Kind, .. var seed]
            || Ed25519PrivateKey.Import(seed) is not { } key)
        {
            throw new FormatException("It holds no private key of the form PRIVATE+KEY+name+hash+base64, with an Ed25519 key.");
        }

        var signer = new NoteSigner(parts[0], key);
        if (!string.Equals(signer.Verifier.KeyId, parts[1], StringComparison.Ordinal))
        {
            signer.Dispose();
            throw new FormatException("The hash of the private key is not that of its public key.");
        }

        return signer;
    }

    /// <summary>The private key as text, for its file.</summary>
    public string Export() =>
        $"{Prefix}{Verifier.Name}+{Verifier.KeyId}+{Convert.ToBase64String([NoteVerifier.Kind, .. key.Export()])}";

    public byte[] Sign(ReadOnlySpan<byte> message) => key.Sign(message);

    public void Dispose() => key.Dispose();
}
