using System.IO.Compression;
using System.Text;
using Dmp.Server.Tests.Fixtures;

namespace Dmp.Server.Tests.Cli;

/// <summary>Making archives, and looking into them.</summary>
internal static class Archives
{
    public static Task<(int Code, string Output, string Error)> ExportAsync(
        CommandHome home, OpenedRecord record, string archive, params string[] more) =>
        CommandHome.RunAsync(["export", record.Id, "--out", archive, .. home.Caller, .. more]);

    public static List<string> Names(string archive)
    {
        using var zip = ZipFile.OpenRead(archive);
        return [.. zip.Entries.Select(entry => entry.FullName)];
    }

    public static byte[] Bytes(string archive, string name)
    {
        using var zip = ZipFile.OpenRead(archive);
        using var content = zip.GetEntry(name)!.Open();
        using MemoryStream bytes = new();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }

    public static string Text(string archive, string name) => Encoding.UTF8.GetString(Bytes(archive, name));

    public static bool IsIn(string archive, string text) =>
        Names(archive)
            .Any(name => name.Contains(text, StringComparison.Ordinal) || Text(archive, name).Contains(text, StringComparison.Ordinal));
}
