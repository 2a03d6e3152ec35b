using System.Diagnostics;
using System.Globalization;
using CsvHelper;
using Dmp.Cli;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Cli;

/// <summary>A directory in which the command <c>dmp</c> runs as somebody, and what it leaves there.</summary>
internal sealed class CommandHome : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("dmp-cli-").FullName;
    private readonly Uri address;

    public CommandHome(TestServer server, string token)
        : this(server.Address, token)
    {
    }

    public CommandHome(Uri address, string token)
    {
        this.address = address;
        File.WriteAllText(PathOf("token"), token);
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public string Report => PathOf("report.csv");

    public string Resume => PathOf("resume.jsonl");

    /// <summary>The options that say where the platform is and who calls.</summary>
    public string[] Caller => ["--address", address.ToString(), "--token-command", $"cat '{PathOf("token")}'"];

    public string PathOf(string name) => Path.Combine(directory, name);

    public string[] Import(string source, params string[] more) =>
        ["import", source, "--report", Report, "--resume", Resume, .. Caller, .. more];

    /// <summary>Writes a file of the source.</summary>
    public string Put(string name, byte[] content)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using StringWriter output = new() { NewLine = "\n" };
        await using StringWriter error = new() { NewLine = "\n" };
        var code = await DmpCommand.RunAsync(arguments, output, error, Token);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Runs what must succeed; answers its output.</summary>
    public static async Task<string> DoneAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.True(code == DmpCommand.Done, $"{code} {error}");
        return output;
    }

    /// <summary>The command as a process of its own; kill it, or wait for it.</summary>
    public static Process Start(string[] arguments, long? heapBytesMax = null)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "dmp.dll"), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        if (heapBytesMax is { } limit)
        {
            start.Environment["DOTNET_GCHeapHardLimit"] = limit.ToString("x", CultureInfo.InvariantCulture);
        }

        return Process.Start(start)!;
    }

    /// <summary>The report, by file.</summary>
    public Dictionary<string, ReportRow> Rows()
    {
        using CsvReader reader = new(new StreamReader(Report), CultureInfo.InvariantCulture);
        reader.Read();
        reader.ReadHeader();
        Dictionary<string, ReportRow> rows = new(StringComparer.Ordinal);
        while (reader.Read())
        {
            string Of(string column) => reader.GetField(column)!;
            rows.Add(Of("file"), new ReportRow(
                Of("outcome"), Of("document_id"), Of("version"), Of("record_id"), Of("reason"), Of("message"), Of("warnings")));
        }

        return rows;
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);
}

internal sealed record ReportRow(
    string Outcome, string DocumentId, string Version, string RecordId, string Reason, string Message, string Warnings);
