using System.Diagnostics;
using System.IO.Compression;
using CsCheck;

namespace Dmp.Xdm.Tests;

/// <summary>Packages that somebody made to do harm: a precise refusal each time, in little time and memory.</summary>
public sealed class HostileTreeTests : IDisposable
{
    private static readonly byte[] content = Media.Utf8("x");

    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    [Theory]
    [InlineData("../evil.xml")]
    [InlineData("a/../../evil.xml")]
    [InlineData("a/./b.xml")]
    [InlineData("./../evil.xml")]
    [InlineData(".//evil.xml")]
    [InlineData("./.")]
    [InlineData(".\\..\\evil.xml")]
    [InlineData("/etc/passwd")]
    [InlineData("//server/share")]
    [InlineData("C:/windows.xml")]
    [InlineData("a\\..\\..\\evil.xml")]
    [InlineData("\\evil.xml")]
    [InlineData("a//b.xml")]
    [InlineData("a\u0000b.xml")]
    [InlineData("a\nb.xml")]
    [InlineData("..")]
    public void A_name_that_leaves_the_package_is_refused(string name) =>
        Refused(XdmFaultKind.UnsafeName, () => FileTree.Open(media.Zip((name, content))));

    [Fact]
    public void Two_files_of_one_name_are_refused()
    {
        Refused(XdmFaultKind.UnsafeName, () => FileTree.Open(media.Zip(("a.xml", content), ("a.xml", content))));
        Refused(XdmFaultKind.UnsafeName, () => FileTree.Open(media.Zip(("a/b.xml", content), ("a\\b.xml", content))));
    }

    [Fact]
    public void Names_below_this_directory_are_the_names_without_it_and_may_not_meet_others()
    {
        using var tree = FileTree.Open(media.Zip(("./", []), ("./a.xml", content), ("././b/c.xml", content), (".\\d.xml", content)));
        Assert.Equal(["a.xml", "b/c.xml", "d.xml"], tree.Files.Keys);
        foreach (var file in tree.Files.Values)
        {
            using var stream = tree.Open(file);
            Assert.Equal('x', stream.ReadByte());
        }

        Refused(XdmFaultKind.UnsafeName, () => FileTree.Open(media.Zip(("a.xml", content), ("./a.xml", content))));
    }

    [Theory]
    [InlineData("__MACOSX/._a.xml", true)]
    [InlineData("__macosx/a.xml", true)]
    [InlineData("below/.DS_Store", true)]
    [InlineData("THUMBS.DB", true)]
    [InlineData("$RECYCLE.BIN/x.xml", true)]
    [InlineData("~$a.xml", true)]
    [InlineData("a.xml", false)]
    [InlineData(".hidden/a.xml", false)]
    [InlineData("a._b/desktop.ini.xml", false)]
    public void Files_of_operating_systems_are_known(string name, bool isSystems) => Assert.Equal(isSystems, FileTree.IsSystemFile(name));

    [Fact]
    public void A_symbolic_link_is_refused_in_a_zip_and_passed_by_in_a_directory()
    {
        var zip = media.Zip(archive =>
        {
            var entry = archive.CreateEntry("link.xml");
            entry.ExternalAttributes = unchecked((int)0xA1FF0000);
            using var target = entry.Open();
            target.Write("/etc/passwd"u8);
        });
        Refused(XdmFaultKind.Link, () => FileTree.Open(zip));

        var outside = media.Folder(("secret.xml", content));
        var folder = media.Folder(("a.xml", content));
        File.CreateSymbolicLink(Path.Combine(folder, "file.xml"), Path.Combine(outside, "secret.xml"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "folder"), outside);
        Directory.CreateSymbolicLink(Path.Combine(folder, "circle"), folder);
        using var tree = FileTree.Open(folder);
        Assert.Equal(["a.xml"], tree.Files.Keys);
        Assert.Equal(["circle", "file.xml", "folder"], tree.Links.Order(StringComparer.Ordinal));

        // A file that became a link after the tree was opened.
        File.Delete(Path.Combine(folder, "a.xml"));
        File.CreateSymbolicLink(Path.Combine(folder, "a.xml"), Path.Combine(outside, "secret.xml"));
        Refused(XdmFaultKind.Link, () => tree.Open(tree.Files["a.xml"]));
    }

    [Fact]
    public void A_small_file_that_unpacks_to_a_huge_one_is_refused_before_it_is_unpacked()
    {
        var zip = media.Zip(archive =>
        {
            using var stream = archive.CreateEntry("bomb.xml", CompressionLevel.Optimal).Open();
            var zeros = new byte[1024 * 1024];
            for (var i = 0; i < 256; i++)
            {
                stream.Write(zeros);
            }
        });
        Assert.True(new FileInfo(zip).Length < 1024 * 1024);
        var watch = Stopwatch.StartNew();
        Refused(XdmFaultKind.Bomb, () => FileTree.Open(zip));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Limits_on_count_size_and_sum_hold()
    {
        var zip = media.Zip(("a", new byte[600]), ("b", new byte[600]), ("c", new byte[600]));
        Refused(XdmFaultKind.TooManyFiles, () => FileTree.Open(zip, new FileTreeLimits { FilesMax = 2 }));
        Refused(XdmFaultKind.TooLarge, () => FileTree.Open(zip, new FileTreeLimits { FileBytesMax = 599 }));
        Refused(XdmFaultKind.TooLarge, () => FileTree.Open(zip, new FileTreeLimits { TotalBytesMax = 1799 }));
        using var tree = FileTree.Open(zip, new FileTreeLimits { FilesMax = 3, FileBytesMax = 600, TotalBytesMax = 1800 });
        Assert.Equal(3, tree.Files.Count);
        var deep = media.Folder((string.Join('/', Enumerable.Repeat("d", 40)) + "/a.xml", content));
        Refused(XdmFaultKind.TooManyFiles, () => FileTree.Open(deep));
    }

    [Fact]
    public void Files_that_share_their_bytes_are_refused()
    {
        // Every entry of the directory points at the same packed bytes.
        var zip = media.Zip(("a", Noise(5000)), ("b", Noise(5000)), ("c", Noise(5000)));
        var bytes = File.ReadAllBytes(zip);
        var names = bytes.AsSpan(bytes.AsSpan().IndexOf("PK\u0001\u0002"u8)).ToArray();
        var cut = bytes.AsSpan(0, bytes.AsSpan(4).IndexOf("PK\u0003\u0004"u8) + 4).ToArray();
        var end = names.AsSpan().IndexOf("PK\u0005\u0006"u8);
        BitConverter.TryWriteBytes(names.AsSpan(end + 16), cut.Length);
        for (var at = 0; at < end; at += 46 + names[at + 28])
        {
            BitConverter.TryWriteBytes(names.AsSpan(at + 42), 0);
        }

        File.WriteAllBytes(zip, [.. cut, .. names]);
        Refused(XdmFaultKind.Bomb, () => FileTree.Open(zip));
    }

    [Fact]
    public void A_file_that_is_longer_or_shorter_than_it_says_is_damaged()
    {
        foreach (var change in (int[])[-1, 1])
        {
            var zip = media.Zip(("a.txt", Media.Utf8(new string('a', 3000))));
            var bytes = File.ReadAllBytes(zip);
            var directory = bytes.AsSpan().IndexOf("PK\u0001\u0002"u8);
            BitConverter.TryWriteBytes(bytes.AsSpan(directory + 24), 3000 + change);
            File.WriteAllBytes(zip, bytes);
            using var tree = FileTree.Open(zip);
            Refused(XdmFaultKind.Damaged, () => ReadAll(tree, "a.txt"));
        }
    }

    [Fact]
    public void An_encrypted_file_is_refused()
    {
        var zip = media.Zip(("a.txt", content));
        var bytes = File.ReadAllBytes(zip);
        bytes[6] |= 1;
        bytes[bytes.AsSpan().IndexOf("PK\u0001\u0002"u8) + 8] |= 1;
        File.WriteAllBytes(zip, bytes);
        Refused(XdmFaultKind.Encrypted, () => FileTree.Open(zip));
    }

    [Fact]
    public void What_is_no_zip_is_refused()
    {
        var path = media.PathOf("x.zip");
        foreach (var bytes in (byte[][])[[], [1, 2, 3], new byte[100_000], Media.Utf8("PK\u0003\u0004 and more")])
        {
            File.WriteAllBytes(path, bytes);
            Refused(XdmFaultKind.Unreadable, () => FileTree.Open(path));
        }
    }

    [Fact]
    public void Whatever_bytes_are_changed_the_answer_is_the_files_or_a_refusal()
    {
        var zip = media.Zip(("a.txt", Media.Utf8("Bonjour, merci d'avoir vu.")), ("b/c.xml", Noise(300)));
        var good = File.ReadAllBytes(zip);
        var damaged = media.PathOf("damaged.zip");
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 4].Sample(
            changes =>
            {
                var bytes = good.ToArray();
                foreach (var (at, value) in changes)
                {
                    bytes[at] = value;
                }

                File.WriteAllBytes(damaged, bytes);
                try
                {
                    using var tree = FileTree.Open(damaged);
                    foreach (var name in tree.Files.Keys)
                    {
                        ReadAll(tree, name);
                    }
                }
                catch (XdmRefusedException)
                {
                    // What it must be when it is not whole.
                }
            },
            iter: 3000,
            threads: 1);
    }

    [Fact]
    public async Task Many_threads_read_one_package()
    {
        var zip = media.Zip([.. Enumerable.Range(0, 50).Select(i => ($"f{i}", Media.Utf8(new string((char)('a' + (i % 26)), 5000))))]);
        using var tree = FileTree.Open(zip);
        await Parallel.ForEachAsync(Enumerable.Range(0, 400), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, ct) =>
        {
            await using var stream = tree.Open(tree.Files[$"f{i % 50}"]);
            using StreamReader reader = new(stream);
            Assert.Equal(new string((char)('a' + (i % 50 % 26)), 5000), await reader.ReadToEndAsync(ct));
        });
    }

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    private static void ReadAll(FileTree tree, string name)
    {
        using var stream = tree.Open(tree.Files[name]);
        stream.CopyTo(Stream.Null);
    }

    private static void Refused(XdmFaultKind kind, Action act)
    {
        var refused = Assert.Throws<XdmRefusedException>(act);
        Assert.Equal(kind, refused.Fault.Kind);
        Assert.DoesNotContain(refused.Message, char.IsControl);
    }
}
