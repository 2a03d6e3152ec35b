using System.CommandLine;
using System.Globalization;
using Dmp.Cli.Audit;
using Dmp.Cli.Trace;
using Npgsql;

namespace Dmp.Cli.Keys;

/// <summary><c>dmp keys destroy RECORD</c>: the erasure of a record's content.</summary>
internal static class DestroyCommand
{
    /// <summary>The method in the event of the record's trace.</summary>
    public const string Method = "dmp keys destroy";

    private const int ReasonLengthMin = 10;
    private const int ReasonLengthMax = 500;

    public static Command Create(Option<string?> connection)
    {
        Argument<Guid> record = new("RECORD") { Description = "Id of the record." };
        Option<string> reason = new("--reason")
        {
            Description = string.Create(
                CultureInfo.InvariantCulture,
                $"Why, {ReasonLengthMin} to {ReasonLengthMax} characters on one line. The patient sees it in the trace."),
            HelpName = "TEXT",
            Required = true,
        };
        reason.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && (text.Trim().Length is < ReasonLengthMin or > ReasonLengthMax || text.Any(char.IsControl)))
            {
                result.AddError(string.Create(
                    CultureInfo.InvariantCulture, $"--reason is {ReasonLengthMin} to {ReasonLengthMax} characters on one line."));
            }
        });
        Option<bool> yes = new("--yes") { Description = "Do not ask." };
        Option<bool> leavePlain = new("--leave-plain") { Description = "Also when versions from before content was sealed stay readable." };
        var auditKeys = KeyDirectory.Option();
        Command command = new(
            "destroy", "Destroy the key of a record: nobody can read the content of its documents any more. Metadata and trace stay.")
        {
            record, reason, yes, leavePlain, auditKeys,
        };
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // Before anything is destroyed: an event that nobody signed would count as forged.
            using var signer = KeyDirectory.RequireSigner(parsed.GetValue(auditKeys));
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), cancellationToken);
            var recordId = parsed.GetValue(record);
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var (count, plain) = await KeySql.CountVersionsAsync(database, recordId, cancellationToken);
            if (plain > 0 && !parsed.GetValue(leavePlain))
            {
                throw new RefusedException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{plain} versions of this record were stored before content was sealed and would stay readable. "
                    + $"Add --leave-plain if that is meant."));
            }

            await error.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"Erases the content of {count} versions of record {recordId}, for good."));
            if (!parsed.GetValue(yes) && !IsConfirmed(error))
            {
                throw new RefusedException("Nothing is destroyed.");
            }

            await DestroyAsync(database, recordId, parsed.GetRequiredValue(reason).Trim(), signer, cancellationToken);
            await output.WriteLineAsync($"The key of record {recordId} is destroyed. Backups still hold it: see docs/encryption.md.");
            return DmpCommand.Done;
        });
        return command;
    }

    private static async Task DestroyAsync(
        NpgsqlConnection database, Guid recordId, string reason, Dmp.Proofs.NoteSigner signer, CancellationToken ct)
    {
        await using (var transaction = await database.BeginTransactionAsync(ct))
        {
            if (!await KeySql.LockRecordAsync(database, recordId, ct))
            {
                throw new RefusedException("There is no such record.");
            }

            if (await KeySql.DestroyAsync(database, recordId, ct) == 0)
            {
                throw new RefusedException(
                    "This record has no key: nothing was stored since content is sealed, or its key is destroyed already.");
            }

            await KeySql.ForgetSignaturesAsync(database, recordId, ct);
            await KeySql.ForgetFactsAsync(database, recordId, ct);
            await KeySql.ForgetWishesAsync(database, recordId, ct);
            await OperatorEvent.AppendAsync(database, Method, recordId, reason, signer, ct);
            await transaction.CommitAsync(CancellationToken.None);
        }

        await KeySql.VacuumAsync(database, ct);
    }

    private static bool IsConfirmed(TextWriter error)
    {
        if (Console.IsInputRedirected)
        {
            error.WriteLine("Nobody is there to ask; add --yes.");
            return false;
        }

        error.Write("Write 'destroy' to go on: ");
        return Console.ReadLine()?.Trim() == "destroy";
    }
}
