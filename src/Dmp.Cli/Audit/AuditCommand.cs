using System.CommandLine;
using System.Globalization;
using Dmp.Proofs;

namespace Dmp.Cli.Audit;

/// <summary><c>dmp audit key|export|verify</c>: the keys of the trace's log, and whether the trace is what was written.</summary>
internal static class AuditCommand
{
    public static Command Create()
    {
        var connection = OwnerConnection.Option();
        Command audit = new("audit", "The log over the trace: its keys, its export and its verification.")
        {
            connection, Key(), ExportCommand.Create(connection), Verify(connection),
        };
        return audit;
    }

    private static Command Key() =>
        new("key", "The private keys that sign the log, in the key directory of the servers.") { NewKey(), ListKeys() };

    private static Command NewKey()
    {
        var directory = KeyDirectory.Option();
        Option<string?> origin = new("--origin")
        {
            Description =
                "Name of the log, for its first key: a host and path without scheme, of this log alone, for example dmp.example/trace.",
            HelpName = "NAME",
        };
        Command command = new(
            "new", "Make a key. It signs events once the servers are restarted; the older ones go on signing checkpoints.")
        {
            directory,
            origin,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = KeyDirectory.Require(parsed.GetValue(directory));
            var keys = KeyDirectory.Load(path);
            var name = parsed.GetValue(origin) ?? keys.FirstOrDefault()?.Verifier.Name
                ?? throw new RefusedException("The first key names the log: give --origin.");
            if (!NoteVerifier.IsName(name) || keys.Exists(key => !string.Equals(key.Verifier.Name, name, StringComparison.Ordinal)))
            {
                throw new RefusedException($"--origin is a name without spaces and '+', and that of the keys that are there.");
            }

            var made = KeyFiles.Create(path, name, DateTimeOffset.UtcNow);
            var output = parsed.InvocationConfiguration.Output;
            await output.WriteLineAsync(made.Key.Text.AsMemory(), cancellationToken);
            await parsed.InvocationConfiguration.Error.WriteLineAsync(
                $"Made {made.Path}. Copy it to every server, restart them, and publish the line above.".AsMemory(), cancellationToken);
            return DmpCommand.Done;
        });
        return command;
    }

    private static Command ListKeys()
    {
        var directory = KeyDirectory.Option();
        Command command = new("list", "List the public keys, the newest first: what those who verify need.") { directory };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            foreach (var key in KeyDirectory.Load(KeyDirectory.Require(parsed.GetValue(directory))))
            {
                await parsed.InvocationConfiguration.Output.WriteLineAsync(key.Verifier.Text.AsMemory(), cancellationToken);
            }

            return DmpCommand.Done;
        });
        return command;
    }

    private static Command Verify(Option<string?> connection)
    {
        var directory = KeyDirectory.Option();
        Argument<FileInfo?> file = new("FILE")
        {
            Description = "An export to verify, of a record or of the whole log; without it the database is.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string[]> keys =
            new("--key") { Description = "A public key of the log to trust (vkey); may be repeated.", HelpName = "VKEY" };
        Option<FileInfo?> kept = new("--checkpoint")
        {
            Description = "A checkpoint that was kept elsewhere: the log must continue it. "
                + "The servers keep theirs beside their keys (last-checkpoint).",
            HelpName = "FILE",
        };
        Command command =
            new("verify", "Verify the whole trace in the database, or an export. Names each fault.") { file, directory, keys, kept };
        command.Validators.Add(result =>
        {
            if (result.GetValue(file) is null && OwnerConnection.Fault(result.GetValue(connection)) is { } fault)
            {
                result.AddError(fault);
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var trusted = Trusted(parsed.GetValue(keys) ?? [], parsed.GetValue(directory));
            var earlier = parsed.GetValue(kept) is { } path ? await File.ReadAllTextAsync(path.FullName, cancellationToken) : null;
            var output = parsed.InvocationConfiguration.Output;
            return parsed.GetValue(file) is { } export
                ? await FileCheck.RunAsync(export, trusted, earlier, output, cancellationToken)
                : await VerifyDatabaseAsync(
                    parsed.GetValue(connection), trusted, earlier, output, parsed.InvocationConfiguration.Error, cancellationToken);
        });
        return command;
    }

    private static List<NoteVerifier> Trusted(string[] vkeys, string? directory)
    {
        try
        {
            List<NoteVerifier> trusted = [.. vkeys.Select(NoteVerifier.Parse)];
            return trusted.Count == 0 && KeyDirectory.Find(directory) is { } path
                ? KeyDirectory.Load(path).ConvertAll(key => key.Verifier)
                : trusted;
        }
        catch (FormatException malformed)
        {
            throw new RefusedException(malformed.Message);
        }
    }

    private static async Task<int> VerifyDatabaseAsync(
        string? connection, List<NoteVerifier> trusted, string? earlier, TextWriter output, TextWriter error,
        CancellationToken cancellationToken)
    {
        await using var database = await OwnerConnection.OpenAsync(connection, cancellationToken);

        // One moment of the database, whatever servers write meanwhile.
        await using var transaction = await database.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        if (trusted.Count == 0)
        {
            trusted = [.. (await LogSql.ListKeysAsync(database, cancellationToken)).Select(NoteVerifier.Parse)];
            await error.WriteLineAsync(
                ("The keys are those that the database names: whoever can change the trace can change them too. "
                    + "Give --key, or --keys.").AsMemory(),
                cancellationToken);
            if (trusted.Count == 0)
            {
                throw new RefusedException("The database has no keys: no server has signed in it yet, or they were deleted. Give --key.");
            }
        }

        var check = new LogCheck(database, trusted, Kept(earlier, trusted), output);
        await check.RunAsync(cancellationToken);
        await output.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{check.Events} events, {check.Retired} retired, {check.Waiting} not in the log yet; {check.Size} leaves, "
                + $"{check.Checkpoints} checkpoints: {Verdict(check.Faults)}").AsMemory(),
            cancellationToken);
        return check.Faults == 0 ? DmpCommand.Done : DmpCommand.Refused;
    }

    private static Checkpoint? Kept(string? note, List<NoteVerifier> trusted)
    {
        try
        {
            return note is null ? null
                : Checkpoint.Parse(note) is var kept && kept.IsSignedBy(trusted) ? kept
                : throw new RefusedException("The checkpoint that was kept is not signed by a trusted key.");
        }
        catch (FormatException malformed)
        {
            throw new RefusedException(malformed.Message);
        }
    }

    public static string Verdict(long faults) => faults == 0 ? "verified." : Text($"{faults} FAULTS.");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
