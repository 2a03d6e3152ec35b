using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Dmp.Proofs;

/// <summary>A public key of Ed25519 (RFC 8032).</summary>
internal sealed class Ed25519PublicKey(Ed25519PublicKeyParameters key)
{
    /// <summary>The size of a signature.</summary>
    public const int SignatureBytes = 64;

    /// <summary>The key in its 32 bytes; null when they are none.</summary>
    public static Ed25519PublicKey? Import(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Ed25519PublicKeyParameters.KeySize)
        {
            return null;
        }

        try
        {
            return new(new Ed25519PublicKeyParameters(bytes));
        }
        catch (ArgumentException)
        {
            // The bytes are no point of the curve.
            return null;
        }
    }

    public byte[] Export() => key.GetEncoded();

    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        var bytes = message.ToArray();
        return key.Verify(Ed25519.Algorithm.Ed25519, null, bytes, 0, bytes.Length, signature.ToArray(), 0);
    }
}

/// <summary>A private key of Ed25519.</summary>
internal sealed class Ed25519PrivateKey : IDisposable
{
    private readonly Ed25519PrivateKeyParameters key;

    private Ed25519PrivateKey(ReadOnlySpan<byte> seed)
    {
        key = new(seed);
        PublicKey = new(key.GeneratePublicKey());
    }

    public Ed25519PublicKey PublicKey { get; }

    public static Ed25519PrivateKey Generate()
    {
        Span<byte> seed = stackalloc byte[Ed25519PrivateKeyParameters.KeySize];
        RandomNumberGenerator.Fill(seed);
        return new(seed);
    }

    /// <summary>The key of a seed of 32 bytes; null when it is none.</summary>
    public static Ed25519PrivateKey? Import(ReadOnlySpan<byte> seed) =>
        seed.Length == Ed25519PrivateKeyParameters.KeySize ? new(seed) : null;

    /// <summary>The seed.</summary>
    public byte[] Export() => key.GetEncoded();

    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        var bytes = message.ToArray();
        var signature = new byte[Ed25519PublicKey.SignatureBytes];
        key.Sign(Ed25519.Algorithm.Ed25519, null, bytes, 0, bytes.Length, signature, 0);
        return signature;
    }

    /// <summary>Nothing to give back: the library keeps keys in ordinary memory.</summary>
    public void Dispose()
    {
    }
}
