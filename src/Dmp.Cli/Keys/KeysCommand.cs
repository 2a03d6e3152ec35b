using System.CommandLine;
using System.Globalization;

namespace Dmp.Cli.Keys;

/// <summary><c>dmp keys new|list|status|rotate|destroy</c>: the keys that content is sealed with (docs/encryption.md).</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var connection = OwnerConnection.Option();
        KeySettings settings = new();
        return new("keys", "The keys that the content of documents is sealed with.")
        {
            connection, settings.File, settings.Directory,
            New(settings), List(connection, settings), Status(connection), Rotate(connection, settings), DestroyCommand.Create(connection),
        };
    }

    private static Command New(KeySettings settings)
    {
        Command command = new("new", "Make a master key where the settings say. It is used from 'dmp keys rotate' on.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var keys = settings.Open(parsed);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(await keys.CreateAsync(DateTimeOffset.UtcNow, cancellationToken));
            await parsed.InvocationConfiguration.Error.WriteLineAsync(
                "Keep a copy in a safe place, and see that every server can use it; then: dmp keys rotate");
            return DmpCommand.Done;
        });
        return command;
    }

    private static Command List(Option<string?> connection, KeySettings settings)
    {
        Command command = new("list", "List the master keys, with the number of records whose keys each of them wraps.");
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var keys = settings.Open(parsed);
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), cancellationToken);
            var current = await KeySql.CurrentAsync(database, cancellationToken);
            var counts = (await KeySql.CountsAsync(database, cancellationToken))
                .ToDictionary(row => row.MasterKeyId, row => row.Count, StringComparer.Ordinal);
            var here = await keys.ListAsync(cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            await output.WriteLineAsync($"{"state",-8}  {"wraps",10}  key");
            foreach (var id in here.Concat(counts.Keys).Append(current).OfType<string>().Distinct(StringComparer.Ordinal))
            {
                var state = id == current ? "current" : counts.ContainsKey(id) ? "old" : "unused";
                var absent = here.Contains(id) ? "" : "  (not where new keys are made)";
                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"{state,-8}  {counts.GetValueOrDefault(id),10}  {id}{absent}"));
            }

            return DmpCommand.Done;
        });
        return command;
    }

    private static Command Status(Option<string?> connection)
    {
        Command command = new(
            "status", "Tell how far a rotation is, how much was erased, and how much was stored before content was sealed.");
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), cancellationToken);
            var current = await KeySql.CurrentAsync(database, cancellationToken);
            var counts = (await KeySql.CountsAsync(database, cancellationToken)).ToList();
            var output = parsed.InvocationConfiguration.Output;
            foreach (var (name, value) in new (string, object)[]
            {
                ("current master key", current ?? "none"),
                ("record keys under it", counts.Where(row => row.MasterKeyId == current).Sum(row => row.Count)),
                ("record keys under others", counts.Where(row => row.MasterKeyId != current).Sum(row => row.Count)),
                ("record keys destroyed", await KeySql.CountDestroyedAsync(database, cancellationToken)),
                ("versions that are not sealed", await KeySql.CountPlainAsync(database, cancellationToken)),
            })
            {
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{name,-28}  {value}"));
            }

            return DmpCommand.Done;
        });
        return command;
    }

    private static Command Rotate(Option<string?> connection, KeySettings settings)
    {
        Option<string?> to = new("--to") { Description = "The master key. Otherwise the newest one.", HelpName = "KEY" };
        Command command = new(
            "rotate", "Make a master key the current one and wrap the keys of all records with it. Servers go on; can be repeated.") { to };
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var keys = settings.Open(parsed);
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), cancellationToken);
            var target = parsed.GetValue(to)
                ?? (await keys.ListAsync(cancellationToken) is [var newest, ..]
                    ? newest
                    : throw new RefusedException("There is no master key: dmp keys new"));
            KeyRotation rotation = new(database, keys, parsed.InvocationConfiguration.Error);
            await rotation.RunAsync(target, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{target} is current. {rotation.Rewrapped} keys of records were wrapped anew."));
            foreach (var damaged in rotation.Damaged)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(
                    $"The key {damaged} is not what its master key made, and stays as it is.");
            }

            return rotation.Damaged.Count == 0 ? DmpCommand.Done : DmpCommand.Refused;
        });
        return command;
    }
}
