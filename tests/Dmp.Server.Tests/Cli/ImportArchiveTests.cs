using System.IO.Compression;
using Dmp.Server.Tests.Fixtures;
using Xunit;
using static Dmp.Server.Tests.Cli.ImportPackageTests;
using static Dmp.Server.Tests.Cli.Sources;

namespace Dmp.Server.Tests.Cli;

/// <summary>Archives and directories as operating systems and archivers leave them.</summary>
public sealed class ImportArchiveTests(Platform platform)
{
    private static readonly string[] systemFiles =
    [
        "__MACOSX/._letter.xml", "__MACOSX/letter.xml", "._letter.xml", ".DS_Store", "below/.DS_Store", "Thumbs.db", "below/desktop.ini",
        "~$letter.xml",
    ];

    [Fact]
    public async Task What_systems_leave_beside_documents_is_skipped_and_no_fault()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        (string, byte[])[] files =
            [("letter.xml", CdaOf(record).Bytes), .. systemFiles.Select(name => (name, new byte[] { 0, 5, 0x16, 7 }))];
        foreach (var (name, bytes) in files)
        {
            home.Put($"in/{name}", bytes);
        }

        foreach (var source in (string[])[Zip(home, files), home.PathOf("in")])
        {
            var run = Short(await CommandHome.RunAsync(home.Import(source)));
            Assert.Equal(0, run.Code);
            var rows = home.Rows();
            Assert.Contains(rows["letter.xml"].Outcome, (string[])["stored", "already"]);
            Assert.All(systemFiles, name => Assert.Equal(("skipped", "NOT_A_DOCUMENT"), (rows[name].Outcome, rows[name].Reason)));
        }

        Assert.Single(await platform.StoredAsync(record));
    }

    [Fact]
    public async Task A_package_with_names_below_this_directory_is_the_package_without_them()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var content = "Bonjour"u8.ToArray();
        var plain = Package(home, (Entry(record, MetadataOf(record), content), content));
        List<(string, byte[])> files = [("./", [])];
        using (var archive = ZipFile.OpenRead(plain))
        {
            foreach (var entry in archive.Entries)
            {
                using var stream = entry.Open();
                using MemoryStream bytes = new();
                await stream.CopyToAsync(bytes, CommandHome.Token);
                files.Add(($"./{entry.FullName}", bytes.ToArray()));
                files.Add(($"__MACOSX/{entry.FullName}", bytes.ToArray()));
            }
        }

        Assert.Equal((0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(Zip(home, [.. files])))));
        Assert.Equal("IHE_XDM/SUBSET01/DOC00001.TXT", Assert.Single(home.Rows()).Key);
        Assert.Equal((0, "1 already.\n"), Short(await CommandHome.RunAsync(home.Import(plain))));
    }

    [Theory]
    [InlineData("./../letter.xml")]
    [InlineData("././../letter.xml")]
    [InlineData(".//etc/letter.xml")]
    [InlineData("./a/../letter.xml")]
    [InlineData("letter.xml|./letter.xml")]
    public async Task Names_that_lead_elsewhere_or_to_the_same_file_are_refused_all_the_same(string names)
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var refused = await CommandHome.RunAsync(home.Import(Zip(home, [.. names.Split('|').Select(name => (name, CdaOf(record).Bytes))])));
        Assert.Equal((1, ""), Short(refused));
        Assert.Contains("XdmUnsafeName", refused.Error, StringComparison.Ordinal);
    }

    private static string Zip(CommandHome home, (string Name, byte[] Content)[] files)
    {
        var path = home.PathOf($"{Guid.NewGuid():N}.zip");
        using ZipArchive archive = new(File.Create(path), ZipArchiveMode.Create);
        foreach (var (name, content) in files)
        {
            using var stream = archive.CreateEntry(name).Open();
            stream.Write(content);
        }

        return path;
    }
}
