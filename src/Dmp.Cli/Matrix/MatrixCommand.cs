using System.CommandLine;
using System.Globalization;

namespace Dmp.Cli.Matrix;

/// <summary><c>dmp matrix import|export|list</c>: which profession may read which type (matrice d'habilitations).</summary>
internal static class MatrixCommand
{
    private const int NameLengthMax = 200;

    public static Command Create()
    {
        var connection = OwnerConnection.Option();
        Command matrix = new("matrix", "Which profession may read which type of documents: versions, each in force from a time on.")
        {
            connection, Import(connection), Export(connection), List(connection),
        };
        return matrix;
    }

    private static Command Import(Option<string?> connection)
    {
        var file = new Argument<FileInfo>("FILE") { Description = "UTF-8, tab-separated; see docs/matrix.md." }.AcceptExistingOnly();
        Option<string> name = new("--name") { Description = "What people call this version.", HelpName = "NAME", Required = true };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && (string.IsNullOrWhiteSpace(text) || text.Length > NameLengthMax || text.Any(char.IsControl)))
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"--name is 1 to {NameLengthMax} characters on one line."));
            }
        });
        var effective = Time("--effective", "From when on it is in force: now (default), or a later time such as 2026-12-01T00:00:00Z.");
        Option<bool> dryRun = new("--dry-run") { Description = "Print what would change, and change nothing." };
        Command command = new("import", "Make a file the next version. Prints what changes.") { file, name, effective, dryRun };
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            MatrixImport import = new()
            {
                Name = parsed.GetRequiredValue(name).Trim(),
                Effective = parsed.GetValue(effective)?.Time,
                DryRun = parsed.GetValue(dryRun),
            };
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            await import.RunAsync(
                parsed.GetRequiredValue(file), OwnerConnection.Text(parsed.GetValue(connection))!, output, error, cancellationToken);
            return DmpCommand.Done;
        });
        return command;
    }

    private static Command Export(Option<string?> connection)
    {
        var at = Time("--at", "The version in force at this time: now (default), or a time such as 2026-12-01T00:00:00Z.");
        Command command = new("export", "Write the version in force as a file that can be imported.") { at };
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), cancellationToken);
            var time = parsed.GetValue(at)?.Time ?? await MatrixSql.NowAsync(database, cancellationToken);
            var version = await MatrixSql.InForceAsync(database, time, cancellationToken)
                ?? throw new RefusedException($"No version is in force at {OperatorTime.Write(time)}.");
            // A version never changes, so this needs no transaction.
            await parsed.InvocationConfiguration.Output.WriteAsync(
                MatrixFile.Write(await MatrixSql.CellsAsync(database, version.Id, cancellationToken)));
            return DmpCommand.Done;
        });
        return command;
    }

    private static Command List(Option<string?> connection)
    {
        Command command = new("list", "List the versions, the oldest first.");
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), cancellationToken);
            var now = await MatrixSql.NowAsync(database, cancellationToken);
            var versions = await MatrixSql.VersionsAsync(database, cancellationToken);
            var current = versions.FindLastIndex(row => row.Version.EffectiveTime <= now);
            var output = parsed.InvocationConfiguration.Output;
            await output.WriteLineAsync($"{"state",-10}  {"effective",-27}  {"imported",-27}  {"cells",6}  name");
            for (var index = 0; index < versions.Count; index++)
            {
                var (version, cells) = versions[index];
                // Of two with one effective time the later import wins.
                var replaced = index + 1 < versions.Count && versions[index + 1].Version.EffectiveTime == version.EffectiveTime;
                var state = index == current ? "in force" : index < current || replaced ? "superseded" : "scheduled";
                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{state,-10}  {OperatorTime.Write(version.EffectiveTime),-27}  {OperatorTime.Write(version.ImportTime),-27}  "
                    + $"{cells,6}  {version.Name}"));
            }

            return DmpCommand.Done;
        });
        return command;
    }

    private static Option<OperatorTime?> Time(string name, string description) =>
        new(name) { Description = description, HelpName = "TIME", CustomParser = OperatorTime.Parse };
}
