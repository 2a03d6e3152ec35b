using System.CommandLine;
using Npgsql;

namespace Dmp.Cli;

/// <summary>The option <c>--connection</c>: the database, as the owner of the schema.</summary>
internal static class OwnerConnection
{
    private const string Variable = "DMP_MIGRATION_CONNECTION";

    // No default value for the option: --help prints those, and this one holds a password.
    public static Option<string?> Option() => new("--connection")
    {
        Description = $"PostgreSQL, as the owner of the schema. Otherwise from {Variable}, which keeps it out of the process list.",
        HelpName = "STRING",
        Recursive = true,
    };

    /// <summary>A missing or malformed connection string is wrong usage, told before anything is done.</summary>
    public static void Require(Command command, Option<string?> connection) => command.Validators.Add(result =>
    {
        if (Fault(result.GetValue(connection)) is { } fault)
        {
            result.AddError(fault);
        }
    });

    /// <summary>What is wrong with the connection string; null when nothing is.</summary>
    public static string? Fault(string? given)
    {
        try
        {
            return Text(given) is null ? $"No database: set {Variable}, or give --connection." : null;
        }
        catch (ArgumentException malformed)
        {
            // The driver's message names the keyword only.
            return $"The connection string is malformed: {malformed.Message}";
        }
    }

    public static async Task<NpgsqlConnection> OpenAsync(string? given, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = new(Text(given));
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    public static string? Text(string? given)
    {
        var text = given ?? Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var settings = new NpgsqlConnectionStringBuilder(text) { ApplicationName = "dmp", Pooling = false };
        settings.Options = $"{settings.Options} -c jit=off".Trim();
        return settings.ConnectionString;
    }
}
