using NSec.Cryptography;

namespace Dmp.Proofs;

/// <summary>A public key of Ed25519 (RFC 8032).</summary>
internal sealed class Ed25519PublicKey(PublicKey key)
{
    /// <summary>The size of a signature.</summary>
    public const int SignatureBytes = 64;

    /// <summary>The key in its 32 bytes; null when they are none.</summary>
    public static Ed25519PublicKey? Import(ReadOnlySpan<byte> bytes) =>
        PublicKey.TryImport(SignatureAlgorithm.Ed25519, bytes, KeyBlobFormat.RawPublicKey, out var key) && key is not null
            ? new(key)
            : null;

    public byte[] Export() => key.Export(KeyBlobFormat.RawPublicKey);

    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        SignatureAlgorithm.Ed25519.Verify(key, message, signature);
}

/// <summary>A private key of Ed25519, in memory that libsodium locks.</summary>
internal sealed class Ed25519PrivateKey(Key key) : IDisposable
{
    public Ed25519PublicKey PublicKey { get; } = new(key.PublicKey);

    public static Ed25519PrivateKey Generate() => new(Key.Create(SignatureAlgorithm.Ed25519, Exportable));

    /// <summary>The key of a seed of 32 bytes; null when it is none.</summary>
    public static Ed25519PrivateKey? Import(ReadOnlySpan<byte> seed) =>
        Key.TryImport(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey, out var key, Exportable) && key is not null
            ? new(key)
            : null;

    /// <summary>The seed.</summary>
    public byte[] Export() => key.Export(KeyBlobFormat.RawPrivateKey);

    public byte[] Sign(ReadOnlySpan<byte> message) => SignatureAlgorithm.Ed25519.Sign(key, message);

    public void Dispose() => key.Dispose();

    private static KeyCreationParameters Exportable => new() { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };
}
