using System.CommandLine;
using System.Globalization;
using Dmp.Cli.Audit;
using Dmp.Proofs;

namespace Dmp.Cli.Trace;

/// <summary><c>dmp trace months|retire</c>: how much of the trace is kept.</summary>
internal static class TraceCommand
{
    private const int YearsMin = Retirement.YearsKept;

    public static Command Create()
    {
        var connection = OwnerConnection.Option();
        Command trace = new("trace", "The trace of all calls, a month at a time.") { connection, Months(connection), Retire(connection) };
        return trace;
    }

    private static Command Months(Option<string?> connection)
    {
        Command command = new("months", "List the months, the oldest first, with their size on disk.");
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            await output.WriteLineAsync($"{"month",-7}  {"bytes",16}");
            foreach (var month in await TraceSql.MonthsAsync(database, cancellationToken))
            {
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{month.Month:yyyy-MM}  {month.Bytes,16}"));
            }

            return DmpCommand.Done;
        });
        return command;
    }

    private static Command Retire(Option<string?> connection)
    {
        Option<int> years = new("--years")
        {
            Description = $"Keep this many years, at least {YearsMin}.",
            HelpName = "N",
            DefaultValueFactory = _ => YearsMin,
        };
        years.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && (!int.TryParse(text, CultureInfo.InvariantCulture, out var asked) || asked is < YearsMin or > 1000))
            {
                result.AddError($"--years is {YearsMin} to 1000: the trace is kept as long as the record.");
            }
        });
        Option<bool> dryRun = new("--dry-run") { Description = "Print what would be dropped, and drop nothing." };
        var keys = KeyDirectory.Option();
        Command command =
            new("retire", "Drop the months that ended longer ago than is kept. Leaves an event in the trace.") { years, dryRun, keys };
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var isDry = parsed.GetValue(dryRun);

            // Before anything is dropped: an event that nobody signed would count as forged.
            using var key = isDry ? null : KeyDirectory.RequireSigner(parsed.GetValue(keys));
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            var due = await TraceSql.DueAsync(database, parsed.GetValue(years), cancellationToken);
            foreach (var month in due)
            {
                if (key is not null)
                {
                    await TraceSql.DropAsync(database, month, key, cancellationToken);
                }

                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"{(isDry ? "Would drop" : "Dropped")} {month.Month:yyyy-MM}, {month.Bytes} bytes."));
            }

            if (due.Count == 0)
            {
                await output.WriteLineAsync("No month is old enough. Nothing is changed.");
            }

            return DmpCommand.Done;
        });
        return command;
    }
}
