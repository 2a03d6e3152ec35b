using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Dmp.Cli.Audit;

/// <summary><c>dmp audit export FILE|-</c>: the whole log for whoever verifies it without the database.</summary>
internal static class ExportCommand
{
    public static Command Create(Option<string?> connection)
    {
        Argument<string> file =
            new("FILE") { Description = "Where to write, - for the standard output. A file that is there is not written over." };
        Option<long> from = new("--from-size")
        {
            Description = "Leave out the leaves before: the size of a checkpoint that was verified before, and is kept.",
            HelpName = "N",
        };
        from.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && (!long.TryParse(text, CultureInfo.InvariantCulture, out var size) || size < 0))
            {
                result.AddError("--from-size is a number of leaves, 0 or more.");
            }
        });
        Option<bool> internals = new("--with-internals")
        {
            Description = "With what is otherwise shown to nobody (subjects of tokens, request ids, secret connections). "
                + "It proves how many documents each event has.",
        };
        Command command = new("export", "Export the whole log with its events, as JSON lines that `dmp audit verify FILE` checks.")
        {
            file, from, internals,
        };
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), cancellationToken);
            LogExport export = new(database, parsed.GetValue(from), parsed.GetValue(internals));
            var path = parsed.GetValue(file)!;
            var (size, leaves) = path == "-"
                ? await export.RunAsync(parsed.InvocationConfiguration.Output, cancellationToken)
                : await ToFileAsync(export, path, cancellationToken);
            await parsed.InvocationConfiguration.Error.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"Exported {leaves} leaves, up to the checkpoint of size {size}.").AsMemory(),
                cancellationToken);
            return DmpCommand.Done;
        });
        return command;
    }

    private static async Task<(long Size, long Leaves)> ToFileAsync(LogExport export, string path, CancellationToken ct)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            // It holds who did what with which record.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using StreamWriter writer = new(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), options) { NewLine = "\n" };
        try
        {
            return await export.RunAsync(writer, ct);
        }
        catch
        {
            // Half of an export is of no use, and would be in the way of the next.
            File.Delete(path);
            throw;
        }
    }
}
