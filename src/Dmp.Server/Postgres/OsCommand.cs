using System.ComponentModel;
using System.Diagnostics;

namespace Dmp.Server.Postgres;

/// <summary>What a finished program left.</summary>
internal readonly record struct OsAnswer(int ExitCode, string Output);

/// <summary>Runs a program of the machine to its end.</summary>
internal static class OsCommand
{
    /// <summary>
    /// Variables a program may see. Everything else stays here: the server's environment holds secrets, and PGPORT and
    /// its like would change what PostgreSQL does.
    /// </summary>
    private static readonly string[] inherited = ["PATH", "LD_LIBRARY_PATH", "TMPDIR"];

    public static async Task<OsAnswer> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // The current folder may be closed to the account the program changes to.
            WorkingDirectory = "/",
        };
        var kept = inherited
            .Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name)))
            .Where(variable => variable.Value is not null)
            .ToList();
        start.Environment.Clear();
        kept.ForEach(variable => start.Environment[variable.Name] = variable.Value);
        start.Environment["LC_ALL"] = "C";

        using var process = Start(start);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return new OsAnswer(process.ExitCode, $"{await output}{await error}".Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw new ManagedPostgresException($"{start.FileName} cannot be started: {failure.Message}", failure);
        }
    }
}
