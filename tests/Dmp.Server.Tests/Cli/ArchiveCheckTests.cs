using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Google.Protobuf;
using Xunit;
using static Dmp.Server.Tests.Cli.Archives;

namespace Dmp.Server.Tests.Cli;

/// <summary><c>dmp export verify</c> names whatever was changed in an archive.</summary>
public sealed class ArchiveCheckTests(Platform platform)
{
    private static CancellationToken Token => CommandHome.Token;

    [Fact]
    public async Task Whatever_is_changed_in_an_archive_is_named()
    {
        var record = await platform.RecordAsync();
        var stored = await platform.As(record.Physician).UploadAsync(Given.Intent(record.Id), Given.Text());
        await platform.Server.SettleAsync(platform);
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Patient));
        var archive = home.PathOf("record.zip");
        Assert.Equal(0, (await ExportAsync(home, record, archive)).Code);
        var good = File.ReadAllBytes(archive);

        // One byte of each file, where it lies in the archive.
        foreach (var (name, at) in Places(archive))
        {
            var changed = good.ToArray();
            changed[at] ^= 1;
            await File.WriteAllBytesAsync(archive, changed, Token);
            var run = await VerifyAsync(archive);
            Assert.Equal((name, 1), (name, run.Code));
            Assert.Contains(name == "manifest.json" ? "Man" : $"FileChanged {name}: ", run.Output, StringComparison.Ordinal);
        }

        // Cut anywhere, or no archive at all.
        foreach (var length in (int[])[0, 100, good.Length / 2, good.Length - 1])
        {
            await File.WriteAllBytesAsync(archive, good[..length], Token);
            var run = await VerifyAsync(archive);
            Assert.Equal((1, true), (run.Code, run.Output.StartsWith("ArchiveDamaged ", StringComparison.Ordinal)));
        }

        await File.WriteAllBytesAsync(archive, good, Token);
        await RewriteAsync(archive, archive => archive.GetEntry("record.json")!.Delete());
        Assert.Contains("FileMissing record.json: ", (await VerifyAsync(archive)).Output, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(archive, good, Token);
        await RewriteAsync(archive, archive => archive.CreateEntry("more.txt"));
        Assert.Contains("FileAdded more.txt: ", (await VerifyAsync(archive)).Output, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(archive, good, Token);
        await RewriteAsync(archive, archive => archive.GetEntry("manifest.json")!.Delete());
        Assert.StartsWith("ManifestMissing ", (await VerifyAsync(archive)).Output, StringComparison.Ordinal);

        // Content, metadata and manifest changed together: the trace still proves what the content was.
        await File.WriteAllBytesAsync(archive, good, Token);
        await ForgeAsync(archive, stored);
        var forged = await VerifyAsync(archive);
        Assert.Equal(1, forged.Code);
        Assert.Matches(
            "^DocumentChanged IHE_XDM/SUBSET01/DOC00001.TXT: The trace proves that the document has another content.\n.* 0 of them proven "
            + ".*: 1 FAULTS.\n$", forged.Output);

        // And a trace that was taken out with its line in the manifest is missed by who has the keys.
        await File.WriteAllBytesAsync(archive, good, Token);
        await RewriteAsync(archive, opened =>
        {
            opened.GetEntry("trace.jsonl")!.Delete();
            Manifest(opened, manifest => manifest["files"]!.AsArray().Remove(
                manifest["files"]!.AsArray().Single(file => (string?)file!["name"] == "trace.jsonl")));
        });
        Assert.StartsWith("TraceMissing ", (await VerifyAsync(archive)).Output, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Error)> VerifyAsync(string archive) =>
        CommandHome.RunAsync("export", "verify", archive, "--key", platform.Server.Verifiers()[0].Text);

    /// <summary>A place in the packed bytes of each file.</summary>
    private static List<(string Name, int At)> Places(string archive)
    {
        var bytes = File.ReadAllBytes(archive);
        List<(string, int)> places = [];
        using var zip = ZipFile.OpenRead(archive);
        foreach (var entry in zip.Entries.Where(entry => entry.CompressedLength > 4))
        {
            // The name stands in the header before the bytes.
            var name = Encoding.UTF8.GetBytes(entry.FullName);
            var header = bytes.AsSpan().IndexOf(name);
            var start = header + name.Length + BitConverter.ToUInt16(bytes, header - 2);
            places.Add((entry.FullName, start + (int)(entry.CompressedLength / 2)));
        }

        return places;
    }

    private static async Task RewriteAsync(string archive, Action<ZipArchive> change)
    {
        await using var file = File.Open(archive, FileMode.Open);
        using ZipArchive zip = new(file, ZipArchiveMode.Update);
        change(zip);
    }

    private static void Manifest(ZipArchive archive, Action<JsonNode> change)
    {
        JsonNode manifest;
        using (var content = archive.GetEntry("manifest.json")!.Open())
        {
            manifest = JsonNode.Parse(content)!;
        }

        change(manifest);
        Replace(archive, "manifest.json", Encoding.UTF8.GetBytes(manifest.ToJsonString()));
    }

    private static void Replace(ZipArchive archive, string name, byte[] content)
    {
        archive.GetEntry(name)!.Delete();
        using var stream = archive.CreateEntry(name).Open();
        stream.Write(content);
    }

    /// <summary>Another content, with metadata and manifest that fit it.</summary>
    private static Task ForgeAsync(string archive, Document.V1.Document document) => RewriteAsync(archive, opened =>
    {
        var content = "Autre chose"u8.ToArray();
        var sha256 = SHA256.HashData(content);
        var lied = document.Clone();
        (lied.Content.Sha256, lied.Content.SizeBytes) = (ByteString.CopyFrom(sha256), content.Length);
        var metadata = Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(lied));
        Replace(opened, "IHE_XDM/SUBSET01/DOC00001.TXT", content);
        Replace(opened, $"documents/{document.DocumentId}/v1.json", metadata);
        Manifest(opened, manifest =>
        {
            foreach (var file in manifest["files"]!.AsArray().Select(file => file!))
            {
                var forged = (string?)file["name"] == "IHE_XDM/SUBSET01/DOC00001.TXT" ? content
                    : (string?)file["name"] == $"documents/{document.DocumentId}/v1.json" ? metadata : null;
                if (forged is not null)
                {
                    file["size"] = forged.Length;
                    file["sha256"] = Convert.ToHexStringLower(SHA256.HashData(forged));
                }
            }
        });
    });
}
