using System.Security.Cryptography;
using System.Text;

namespace Dmp.Interactions;

/// <summary>The digest of an edition: anybody with its files can make it again.</summary>
public static class PublishedDigest
{
    /// <summary>SHA-256 of what <c>sha256sum</c> prints of the files, sorted by name.</summary>
    public static byte[] Of(IEnumerable<PublishedFile> files) => Of(files.Select(file => (file.Name, Of(file))));

    /// <summary>The same, of files whose digests are known.</summary>
    public static byte[] Of(IEnumerable<(string Name, byte[] Sha256)> files)
    {
        var lines = files.OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => $"{Convert.ToHexString(file.Sha256).ToLowerInvariant()}  {file.Name}\n");
        return SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines)));
    }

    /// <summary>SHA-256 of a file.</summary>
    public static byte[] Of(PublishedFile file)
    {
        using var stream = file.Open();
        return SHA256.HashData(stream);
    }
}
