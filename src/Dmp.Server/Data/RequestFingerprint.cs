using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;

namespace Dmp.Server.Data;

/// <summary>Fingerprints of requests, by which a repeat is known.</summary>
internal static class RequestFingerprint
{
    /// <summary>
    /// What makes two calls the same: the method and the request without its request id. <paramref name="more"/> adds what
    /// is not in the message (the digest of uploaded bytes).
    /// </summary>
    public static byte[] Of(string method, IMessage requestWithoutId, ReadOnlySpan<byte> more = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(method));
        hash.AppendData([0]);
        hash.AppendData(requestWithoutId.ToByteArray());
        hash.AppendData(more);
        return hash.GetHashAndReset();
    }
}
