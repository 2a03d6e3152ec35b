using System.Security.Cryptography;

namespace Dmp.Xdm.Tests;

/// <summary>A package as a whole: where its metadata and files are, and whether they fit.</summary>
public sealed class PackageTests : IDisposable
{
    private static readonly byte[] content = Media.Utf8("Bonjour");

    private readonly Media media = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => media.Dispose();

    [Fact]
    public async Task A_package_is_read_from_a_zip_a_directory_and_the_directory_inside()
    {
        (string, byte[])[] files =
        [
            ("README.TXT", content), ("INDEX.HTM", content),
            ("IHE_XDM/SUBSET01/METADATA.XML", Media.Metadata(Media.Entry(content, "DOC00001.TXT"))),
            ("IHE_XDM/SUBSET01/DOC00001.TXT", content),
        ];
        var folder = media.Folder(files);
        (string Path, string Root)[] packages =
        [
            (media.Zip(files), ""), (folder, ""), (Path.Combine(folder, "IHE_XDM"), "IHE_XDM"),
            (media.Zip([.. files.Select(file => ($"USB/{file.Item1}", file.Item2))]), ""),
        ];
        foreach (var (path, root) in packages)
        {
            using var tree = FileTree.Open(path);
            Assert.True(XdmPackage.IsPackage(tree, root));
            var package = XdmPackage.Read(tree, root);
            var (fault, sha256) = await package.VerifyAsync(Assert.Single(package.Documents), Token);
            Assert.Null(fault);
            Assert.Equal(SHA256.HashData(content), sha256);
        }

        using var none = FileTree.Open(media.Folder(("a.xml", content), ("SUBSET01/METADATA.XML", content)));
        Assert.False(XdmPackage.IsPackage(none));
        Assert.Equal(XdmFaultKind.NoMetadata, Assert.Throws<XdmRefusedException>(() => XdmPackage.Read(none)).Fault.Kind);
    }

    [Fact]
    public async Task Digest_size_and_presence_of_a_file_are_checked()
    {
        var entry = Media.Entry(content, "DOC00001.TXT");
        Assert.Equal("XDSNonIdenticalHash", (await FaultAsync(entry with { Hash = new string('0', 40) }))?.Code);
        Assert.Equal("XDSNonIdenticalSize", (await FaultAsync(entry with { Size = "8" }))?.Code);
        Assert.Equal("XDSNonIdenticalSize", (await FaultAsync(entry with { Size = "-1" }))?.Code);
        Assert.Equal("XDSMissingDocument", (await FaultAsync(entry with { Uri = "DOC00002.TXT" }))?.Code);
        Assert.Null(await FaultAsync(entry with { Hash = entry.Hash.ToUpperInvariant() }));
        Assert.Null(await FaultAsync(entry with { Hash = "", Size = "" }));
    }

    [Theory]
    [InlineData("doc00001.txt", true)]
    [InlineData("./DOC00001.TXT", true)]
    [InlineData("../SUBSET01/DOC00001.TXT", true)]
    [InlineData("../../IHE_XDM/SUBSET01/DOC00001.TXT", true)]
    [InlineData("DOC00001%2ETXT", true)]
    [InlineData("..\\SUBSET01\\DOC00001.TXT", true)]
    [InlineData("../../../IHE_XDM/SUBSET01/DOC00001.TXT", false)]
    [InlineData("/IHE_XDM/SUBSET01/DOC00001.TXT", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("..%2F..%2F..%2Fetc/passwd", false)]
    [InlineData("http://127.0.0.1/x", false)]
    [InlineData("", false)]
    public async Task A_reference_stays_inside_of_the_package(string uri, bool isFound)
    {
        var fault = await FaultAsync(Media.Entry(content, "x") with { Uri = uri });
        Assert.Equal(isFound ? null : XdmFaultKind.MissingDocument, fault?.Kind);
    }

    private async Task<XdmFault?> FaultAsync(XdsEntry entry)
    {
        using var tree = FileTree.Open(media.Zip(
            ("IHE_XDM/SUBSET01/METADATA.XML", Media.Metadata(entry)), ("IHE_XDM/SUBSET01/DOC00001.TXT", content)));
        var package = XdmPackage.Read(tree);
        return (await package.VerifyAsync(package.Documents[0], Token)).Fault;
    }
}
