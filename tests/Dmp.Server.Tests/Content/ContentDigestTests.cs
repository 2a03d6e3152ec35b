using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using CsCheck;
using Dmp.Storage;
using Xunit;

namespace Dmp.Server.Tests.Content;

public sealed class ContentDigestTests
{
    [Fact]
    [SuppressMessage("Security", "CA5350", Justification = "The XDS hash is SHA-1.")]
    public void Any_chunking_digests_like_the_whole() =>
        Gen.Byte.Array[0, 400].Array[0, 12].Sample(chunks =>
        {
            using var digest = new ContentDigest();
            foreach (var chunk in chunks)
            {
                digest.Append(chunk);
            }

            var whole = chunks.SelectMany(chunk => chunk).ToArray();
            var found = digest.Conclude();
            Assert.Equal(SHA256.HashData(whole), found.Sha256);
            Assert.Equal(SHA1.HashData(whole), found.Sha1);
            Assert.Equal(whole.Length, found.Size);
        }, iter: 200);

    [Fact]
    public void Known_value()
    {
        using var digest = new ContentDigest();
        digest.Append("abc"u8);
        var found = digest.Conclude();
        Assert.Equal("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", Convert.ToHexString(found.Sha256));
        Assert.Equal("A9993E364706816ABA3E25717850C26C9CD0D89D", Convert.ToHexString(found.Sha1));
    }
}
