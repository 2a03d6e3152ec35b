using Dmp.Migrator;
using Npgsql;

const int Done = 0;
const int Pending = 1;
const int Misused = 2;
const int Failed = 3;

const string Usage =
    """
    usage: dmp-migrator up|status|dry-run [--connection "<connection string>"]

    up        apply the missing migrations
    status    compare the database with this program
    dry-run   run the missing migrations and roll them back

    The connection string may also come from DMP_MIGRATION_CONNECTION, which keeps it out of the process list.
    Exit codes: 0 done or up to date, 1 status found pending migrations, 2 wrong arguments, 3 failed.
    """;

var (command, connection) = args switch
{
    [var only] => (only, Environment.GetEnvironmentVariable("DMP_MIGRATION_CONNECTION")),
    [var first, "--connection", var given] => (first, given),
    ["--connection", var given, var last] => (last, given),
    _ => ("", null),
};

if (command is not ("up" or "status" or "dry-run") || string.IsNullOrWhiteSpace(connection))
{
    Console.Error.WriteLine(Usage);
    return Misused;
}

try
{
    return command switch
    {
        "up" => Print(MigrationRunner.Up(connection), "applied"),
        "dry-run" => Print(MigrationRunner.DryRun(connection), "would apply"),
        _ => PrintStatus(MigrationRunner.Status(connection)),
    };
}
catch (Exception failure) when (failure is MigrationException or NpgsqlException or ArgumentException)
{
    // ArgumentException is what the driver says of a malformed connection string. Its message names the keyword only.
    Console.Error.WriteLine(failure.Message);
    return Failed;
}

static int Print(MigrationResult result, string verb)
{
    foreach (var name in result.Applied)
    {
        Console.WriteLine($"{verb} {name}");
    }

    Console.WriteLine($"{result.Applied.Count} migrations, newest is {MigrationRunner.Latest}");
    return Done;
}

static int PrintStatus(MigrationStatus status)
{
    (string Label, IReadOnlyList<string> Names)[] groups =
        [("applied", status.Applied), ("pending", status.Pending), ("unknown", status.Unknown), ("changed", status.Changed)];
    foreach (var (label, names) in groups)
    {
        foreach (var name in names)
        {
            Console.WriteLine($"{label} {name}");
        }
    }

    return status.Changed.Count > 0 ? Failed : status.Pending.Count > 0 ? Pending : Done;
}
