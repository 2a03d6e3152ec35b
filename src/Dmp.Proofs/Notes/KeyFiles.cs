using System.Globalization;
using System.Text;

namespace Dmp.Proofs;

/// <summary>
/// A directory of private keys, a file each, for the service user alone. Every key signs every checkpoint; the newest, by the time
/// in its file's name, signs events.
/// </summary>
internal static class KeyFiles
{
    private const string Extension = ".key";
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>The files with their keys, the newest first; none when the directory is not there.</summary>
    /// <exception cref="FormatException">A file holds no key, others may read it, or the keys are of different logs.</exception>
    public static List<(string Path, NoteSigner Key)> Load(string directory)
    {
        List<(string Path, NoteSigner Key)> keys = [];
        var files = Directory.Exists(directory) ? Directory.GetFiles(directory, "*" + Extension) : [];
        foreach (var path in files.OrderDescending(StringComparer.Ordinal))
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
            {
                throw new FormatException($"{path} holds a private key that others can read; set its mode to 0600.");
            }

            try
            {
                keys.Add((path, NoteSigner.Parse(File.ReadAllText(path))));
            }
            catch (FormatException fault)
            {
                throw new FormatException($"{path} is not usable: {fault.Message}", fault);
            }
        }

        return keys.Select(key => key.Key.Verifier.Name).Distinct(StringComparer.Ordinal).Count() <= 1
            ? keys
            : throw new FormatException($"The keys in {directory} are of different logs; keep one directory per log.");
    }

    /// <summary>Makes a key and its file. Complete or absent, never readable by others.</summary>
    public static (string Path, NoteVerifier Key) Create(string directory, string origin, DateTimeOffset now)
    {
        CreateDirectory(directory);
        using var key = NoteSigner.Generate(origin);
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{now.UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}-{key.Verifier.KeyId}{Extension}");
        var path = Path.Combine(directory, name);
        Replace(path, key.Export() + "\n");
        return (path, key.Verifier);
    }

    /// <summary>Writes a file anew: readers see the old content or the new one, and it is on disk when this returns.</summary>
    public static void Replace(string path, string content)
    {
        // A name of its own: two servers may share the directory.
        var half = $"{path}.{Path.GetRandomFileName()}.new";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (FileStream file = new(half, options))
        {
            file.Write(Encoding.UTF8.GetBytes(content));
            file.Flush(flushToDisk: true);
        }

        File.Move(half, path, overwrite: true);
    }

    private static void CreateDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
