using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Dmp.Xdm.Tests;

/// <summary>Packages as tests need them, in a directory of their own.</summary>
internal sealed class Media : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("dmp-xdm-").FullName;

    public string PathOf(string name) => Path.Combine(directory, name);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    /// <summary>A ZIP file of these files.</summary>
    public string Zip(params (string Name, byte[] Content)[] files) => Zip(archive =>
    {
        foreach (var (name, content) in files)
        {
            using var stream = archive.CreateEntry(name).Open();
            stream.Write(content);
        }
    });

    public string Zip(Action<ZipArchive> fill)
    {
        var path = PathOf($"{Guid.NewGuid():N}.zip");
        using var file = File.Create(path);
        using ZipArchive archive = new(file, ZipArchiveMode.Create);
        fill(archive);
        return path;
    }

    /// <summary>The same files as a directory.</summary>
    public string Folder(params (string Name, byte[] Content)[] files)
    {
        var root = PathOf(Guid.NewGuid().ToString("N"));
        foreach (var (name, content) in files)
        {
            var path = Path.Combine(root, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }

        return root;
    }

    /// <summary>The metadata of a submission set with these documents.</summary>
    public static byte[] Metadata(params XdsEntry[] entries) => Metadata(entries, []);

    public static byte[] Metadata(IEnumerable<XdsEntry> entries, IEnumerable<XdsAssociation> associations)
    {
        using MemoryStream stream = new();
        using (XdsWriter writer = new(stream))
        {
            foreach (var entry in entries)
            {
                writer.Add(entry);
            }

            writer.Finish(Set, associations);
        }

        return stream.ToArray();
    }

    public static readonly XdsSubmissionSet Set = new()
    {
        EntryUuid = "urn:uuid:0a1d2c3b-0000-4000-8000-000000000001",
        UniqueId = "1.2.250.1.999.1",
        SourceId = "1.2.250.1.999.2",
        PatientId = "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH",
        SubmissionTime = "20260504100000",
        Title = "Lot",
        ContentType = new XdsCode("SA07", "1.2.250.1.71.4.2.4", "Cabinet individuel"),
        Authors = [new XdsAuthor { Persons = ["810000000000^ESSAI^CLAIRE^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"] }],
        IntendedRecipients = ["^^^^^&1.2.250.1.71.4.2.2&ISO"],
    };

    public static XdsEntry Entry(byte[] content, string uri) => new()
    {
        EntryUuid = $"urn:uuid:{Guid.NewGuid()}",
        MediaType = "text/plain",
        Title = "Lettre",
        UniqueId = "1.2.250.1.999.3",
        PatientId = Set.PatientId,
        CreationTime = "20260504100000",
        ServiceStartTime = "20260504093000",
        LanguageCode = "fr-FR",
#pragma warning disable CA5350 // XDS compares with SHA-1.
        Hash = Convert.ToHexStringLower(SHA1.HashData(content)),
#pragma warning restore CA5350
        Size = content.Length.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Uri = uri,
        Type = new XdsCode("11488-4", "2.16.840.1.113883.6.1", "Note"),
    };

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
