using System.Collections.Concurrent;
using System.IO.Compression;

namespace Dmp.Xdm;

/// <summary>A ZIP file. Its directory of files is believed only as far as it can be checked before and while unpacking.</summary>
internal sealed class ZipTree : FileTree
{
    private const int NameLengthMax = 1024;

    // The upper half of a file's attributes is its mode when a Unix program packed it.
    private const int TypeMask = 0xF000;
    private const int SymbolicLink = 0xA000;
    private const int Directory = 0x4000;
    private const int RegularFile = 0x8000;

    private readonly string path;
    private readonly Dictionary<string, string> fullNames = new(StringComparer.Ordinal);

    // An archive serves one reader at a time; each reader has its own, and leaves it to the next.
    private readonly ConcurrentBag<ZipArchive> idle = [];

    public ZipTree(string path, FileTreeLimits limits)
        : base(limits)
    {
        this.path = path;
        var archive = OpenArchive();
        try
        {
            List(archive);
            idle.Add(archive);
        }
        catch (Exception broken) when (broken is InvalidDataException or ArgumentException)
        {
            archive.Dispose();
            throw new XdmRefusedException(XdmFaultKind.Unreadable, Path.GetFileName(path), "The directory of the ZIP file is damaged.");
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    public override Stream Open(TreeFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var archive = this.idle.TryTake(out var idle) ? idle : OpenArchive();
        try
        {
            var entry = archive.GetEntry(fullNames[file.Name]) ?? throw new InvalidDataException();
            return new ExactStream(entry.Open(), file, entry.Crc32, () => this.idle.Add(archive));
        }
        catch (InvalidDataException)
        {
            this.idle.Add(archive);
            throw new XdmRefusedException(XdmFaultKind.Damaged, file.Name, "The file cannot be unpacked.");
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        while (idle.TryTake(out var archive))
        {
            archive.Dispose();
        }

        base.Dispose(disposing);
    }

    private ZipArchive OpenArchive()
    {
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return new ZipArchive(file, ZipArchiveMode.Read);
        }
        catch (InvalidDataException)
        {
            file.Dispose();
            throw new XdmRefusedException(XdmFaultKind.Unreadable, Path.GetFileName(path), "It is neither a directory nor a ZIP file.");
        }
    }

    private void List(ZipArchive archive)
    {
        var size = new FileInfo(path).Length;
        Require(archive.Entries.Count <= Limits.FilesMax, XdmFaultKind.TooManyFiles, "/", $"There are more than {Limits.FilesMax} files.");
        var packed = 0L;
        foreach (var entry in archive.Entries)
        {
            var type = (entry.ExternalAttributes >> 16) & TypeMask;
            if (entry.FullName is "./" or ".\\")
            {
                continue;
            }

            var name = SafeName(entry.FullName);
            if (entry.FullName.EndsWith('/') || entry.FullName.EndsWith('\\'))
            {
                continue;
            }

            Require(type != SymbolicLink, XdmFaultKind.Link, name, "The file is a symbolic link.");
            Require(type is 0 or RegularFile or Directory, XdmFaultKind.UnsafeName, name, "The entry is no file.");
            Require(!entry.IsEncrypted, XdmFaultKind.Encrypted, name, "The file is encrypted.");
            Require(
                entry.Length <= Limits.RatioFreeBytes || entry.Length / Math.Max(1, entry.CompressedLength) <= Limits.RatioMax,
                XdmFaultKind.Bomb,
                name,
                $"The file unpacks to more than {Limits.RatioMax} times its size.");

            // Entries that overlap can each be small and together be endless.
            packed += entry.CompressedLength;
            Require(packed <= size, XdmFaultKind.Bomb, name, "The files have more packed bytes than the ZIP file has.");
            Add(name, entry.Length);
            fullNames.Add(name, entry.FullName);
        }
    }

    /// <summary>
    /// The name with slashes, and without the <c>./</c> that some archivers put before every name; refused when it could mean anything else
    /// than a file below the root.
    /// </summary>
    private static string SafeName(string fullName)
    {
        var name = fullName.Replace('\\', '/').TrimEnd('/');
        while (name.StartsWith("./", StringComparison.Ordinal))
        {
            name = name[2..];
        }

        var shown = string.Concat(fullName.Take(200).Select(letter => char.IsControl(letter) ? '?' : letter));
        Require(
            name.Length is > 0 and <= NameLengthMax
                && name[0] != '/'
                && !name.Any(letter => char.IsControl(letter) || letter is ':')
                && name.Split('/').All(part => part.Length > 0 && part is not ("." or "..")),
            XdmFaultKind.UnsafeName,
            shown,
            "The name is absolute, leaves the package, or is no name of a file.");
        return name;
    }
}
