using System.CommandLine;
using System.CommandLine.Invocation;
using Dmp.Cli.Audit;
using Dmp.Cli.Export;
using Dmp.Cli.Facts;
using Dmp.Cli.Import;
using Dmp.Cli.Interactions;
using Dmp.Cli.Keys;
using Dmp.Cli.Matrix;
using Dmp.Cli.References;
using Dmp.Cli.Store;
using Dmp.Cli.Trace;
using Dmp.Client;
using Dmp.Storage;
using Dmp.Storage.Keys;
using Npgsql;

namespace Dmp.Cli;

/// <summary>The command <c>dmp</c>: results on standard output, everything else on standard error.</summary>
internal static class DmpCommand
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int Misused = 2;

    /// <summary>The database, the platform or a file could not be used; trying again may help. As the migrator says it.</summary>
    public const int Failed = 3;

    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        RootCommand root = new(
            "Tools of a DMP platform's operators, depositors and patients. Exit codes: 0 done, 1 refused, 2 wrong usage, 3 failed.")
        {
            ImportCommand.Create(), RecordExportCommand.Create(), MatrixCommand.Create(), TraceCommand.Create(), AuditCommand.Create(),
            KeysCommand.Create(),
            StoreCommand.Create(),
            FactsCommand.Create(),
            InteractionsCommand.Create(),
            ReferenceCommand.Create(),
        };
        var parsed = root.Parse(arguments);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var fault in parsed.Errors)
            {
                await error.WriteLineAsync(fault.Message);
            }

            await error.WriteLineAsync("Add --help to see how it is used.");
            return Misused;
        }

        try
        {
            return await parsed.InvokeAsync(
                new() { Output = output, Error = error, EnableDefaultExceptionHandler = false }, cancellationToken);
        }
        catch (RefusedException refusal)
        {
            await error.WriteLineAsync(refusal.Message);
            return Refused;
        }
        catch (DmpException failure)
        {
            await error.WriteLineAsync(failure.Message);
            return failure is DmpUnavailableException ? Failed : Refused;
        }
        catch (PostgresException failure)
        {
            await error.WriteLineAsync($"The database refused: {failure.SqlState} {failure.MessageText}.{WhatToDo(failure.SqlState)}");
            return Failed;
        }
        catch (MasterKeyUnavailableException failure)
        {
            await error.WriteLineAsync($"{failure.Message} What was done before stays done.");
            return Failed;
        }
        catch (Exception failure) when (failure
            is NpgsqlException or IOException or UnauthorizedAccessException or ContentUnavailableException or StoreRefusedException)
        {
            await error.WriteLineAsync(failure.Message);
            return Failed;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Stopped. Nothing is changed but what was said before.");
            return Failed;
        }
    }

    private static string WhatToDo(string sqlState) => sqlState switch
    {
        PostgresErrorCodes.InsufficientPrivilege => " Connect as the role that owns the schema, as for migrations.",
        PostgresErrorCodes.UndefinedTable => " Bring the schema up to date with the migrator first.",
        PostgresErrorCodes.LockNotAvailable => " Somebody else holds the table, another import for example; try again later.",
        _ => "",
    };
}

/// <summary>What was asked is not done, for the reason in the message.</summary>
internal sealed class RefusedException(string message) : Exception(message);
