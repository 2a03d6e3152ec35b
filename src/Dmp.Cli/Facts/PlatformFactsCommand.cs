using System.CommandLine;
using System.Globalization;
using Dmp.Facts.V1;

namespace Dmp.Cli.Facts;

/// <summary>
/// <c>dmp facts status|unread|rebuild</c>: what servers have read and what not, and reading it again after an upgrade.
/// </summary>
internal static class PlatformFactsCommand
{
    private const int StretchRows = 500;

    /// <summary>The servers read on while this marks; so many wait at the most because of it.</summary>
    private const int WaitingMax = 1_000;

    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(500);

    public static Command Status(Option<string?> connection)
    {
        Command command = new(
            "status", "Tell how many versions of documents were read, by state and edition of the reader, and how many wait.");
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, ct) =>
        {
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), ct);
            var output = parsed.InvocationConfiguration.Output;
            await output.WriteLineAsync($"{"state",-8}  {"reader",6}  {"versions",12}  {"to be read",12}");
            foreach (var row in await FactSql.CountAsync(database, ct))
            {
                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{((DocumentFactsState)row.State).ToString().ToLowerInvariant(),-8}  {row.Reader,6}  {row.Count,12}  {row.Due,12}"));
            }

            var oldest = await FactSql.OldestDueAsync(database, ct);
            await output.WriteLineAsync(oldest is { } due
                ? string.Create(CultureInfo.InvariantCulture, $"The oldest waits since {due:yyyy-MM-dd HH:mm:ss} UTC.")
                : "Nothing waits.");
            return DmpCommand.Done;
        });
        return command;
    }

    public static Command Unread(Option<string?> connection)
    {
        Command command = new(
            "unread",
            "List the versions of documents that were not read, or not whole: record, document, version, why. What was not read in "
            + "each is in FactService/ListFacts, for those who may read it.");
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, ct) =>
        {
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), ct);
            var output = parsed.InvocationConfiguration.Output;
            await foreach (var row in FactSql.UnreadAsync(database, ct))
            {
                var why = row.State == (short)DocumentFactsState.Failed ? "failed" : "partly";
                await output.WriteLineAsync($"{row.RecordId}\t{row.DocumentId}\t{row.Version}\t{why}");
            }

            return DmpCommand.Done;
        });
        return command;
    }

    public static Command Rebuild(Option<string?> connection)
    {
        Option<int> since = new("--since")
        {
            Description = "Only what this edition of the reader, or a later one, read.",
            HelpName = "EDITION",
        };
        Option<int> before = new("--before")
        {
            Description = "Only what an edition of the reader before this one read.",
            HelpName = "EDITION",
            DefaultValueFactory = _ => int.MaxValue,
        };
        Option<Guid> after = new("--after") { Description = "Go on at this record, as an earlier run told.", HelpName = "RECORD" };
        Command command = new(
            "rebuild",
            "Have the running servers read all documents again, as fast as they read. What was read before is answered until then.")
        {
            since, before, after,
        };
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, ct) =>
        {
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), ct);
            var at = new MarkedStretch { RecordId = parsed.GetValue(after), DocumentId = Guid.Empty, Version = 0 };
            long marked = 0;
            try
            {
                while (true)
                {
                    while (await FactSql.CountDueAsync(database, WaitingMax, ct) > WaitingMax - StretchRows)
                    {
                        await Task.Delay(pause, ct);
                    }

                    var next = await FactSql.MarkNextAsync(
                        database, at, parsed.GetValue(since), parsed.GetValue(before), StretchRows, ct);
                    if (next is null)
                    {
                        break;
                    }

                    (at, marked) = (next, marked + next.Marked);
                }
            }
            catch (Exception) when (at.RecordId != Guid.Empty)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(
                    $"Go on with the same command and --after {at.RecordId}");
                throw;
            }

            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"{marked} versions are read again."));
            return DmpCommand.Done;
        });
        return command;
    }
}
