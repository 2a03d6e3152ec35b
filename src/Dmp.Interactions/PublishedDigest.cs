using System.Security.Cryptography;
using System.Text;

namespace Dmp.Interactions;

/// <summary>The digest of an edition: anybody with its files can make it again.</summary>
public static class PublishedDigest
{
    /// <summary>SHA-256 of what <c>sha256sum</c> prints of the files, sorted by name.</summary>
    public static byte[] Of(IEnumerable<PublishedFile> files)
    {
        var lines = files.OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => $"{Convert.ToHexString(Of(file)).ToLowerInvariant()}  {file.Name}\n");
        return SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines)));
    }

    /// <summary>SHA-256 of a file.</summary>
    public static byte[] Of(PublishedFile file)
    {
        using var stream = file.Open();
        return SHA256.HashData(stream);
    }
}
