using System.CommandLine;
using System.Globalization;
using Dmp.Storage;

namespace Dmp.Cli.Store;

/// <summary><c>dmp store migrate</c>: the bytes of all documents from one content store to another.</summary>
internal static class StoreCommand
{
    private const int ParallelMax = 64;

    public static Command Create()
    {
        var connection = OwnerConnection.Option();
        Command store = new("store", "The content store: where the bytes of documents are.") { connection, Migrate(connection) };
        return store;
    }

    private static Command Migrate(Option<string?> connection)
    {
        var from = KindOption("--from", "The store that has the documents.");
        var to = KindOption("--to", "The store that is to have them.");
        Option<string?> settings = new("--settings")
        {
            Description = "A settings file of the server (JSON). Variables of the environment (Dmp__Content__...) win over it.",
            HelpName = "FILE",
        };
        Option<bool> compare = new("--compare") { Description = "Also read what both stores have already, and compare every byte." };
        Option<int> parallel = new("--parallel")
        {
            Description = "Blobs at once.",
            HelpName = "N",
            DefaultValueFactory = _ => 4,
        };
        parallel.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && (!int.TryParse(text, CultureInfo.InvariantCulture, out var asked) || asked is < 1 or > ParallelMax))
            {
                result.AddError($"--parallel is 1 to {ParallelMax}.");
            }
        });
        Command command = new(
            "migrate",
            "Copy what the other store does not have yet; servers may run. Can be stopped and repeated. "
            + "Exits with 1 when something is lost or different.")
        {
            from, to, settings, compare, parallel,
        };
        OwnerConnection.Require(command, connection);
        command.Validators.Add(result =>
        {
            // The words, because the values of options that were refused cannot be asked for.
            if (result.GetResult(from) is { Tokens: [var source] }
                && result.GetResult(to) is { Tokens: [var target] }
                && source.Value == target.Value)
            {
                result.AddError("--from and --to are the same store.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (source, target) = (KindOf(parsed.GetValue(from)), KindOf(parsed.GetValue(to)));
            var error = parsed.InvocationConfiguration.Error;
            if (StoreSettings.Read(parsed.GetValue(settings), source, target, out var faults) is not { } options)
            {
                await error.WriteLineAsync(string.Join(Environment.NewLine, faults));
                return DmpCommand.Misused;
            }

            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), cancellationToken);
            var sourceStore = await StoreSettings.OpenAsync(source, options, cancellationToken);
            var targetStore = await StoreSettings.OpenAsync(target, options, cancellationToken);
            using var sourceLife = sourceStore as IDisposable;
            using var targetLife = targetStore as IDisposable;
            StoreMigration migration = new(database, sourceStore, targetStore, error, parsed.GetValue(compare), parsed.GetValue(parallel));
            var count = await migration.RunAsync(cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{count}.");
            return count switch
            {
                { Failed: > 0 } => DmpCommand.Failed,
                { Lost: > 0 } or { Different: > 0 } => DmpCommand.Refused,
                _ => DmpCommand.Done,
            };
        });
        return command;
    }

    private static Option<string> KindOption(string name, string description)
    {
        Option<string> option = new(name) { Description = description, HelpName = "disk|s3", Required = true };
        option.AcceptOnlyFromAmong("disk", "s3");
        return option;
    }

    private static ContentStoreKind KindOf(string? text) => text == "s3" ? ContentStoreKind.S3 : ContentStoreKind.Disk;
}
