using System.Net.Sockets;
using Dmp.Migrator;
using Dmp.Server.Options;
using Dmp.Server.Postgres;
using Dmp.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Startup;

/// <summary>Tells what an operator can set right from a mistake of this program, which keeps its stack trace.</summary>
internal static class StartupFailure
{
    /// <summary>One line that says what is wrong; null for a mistake of ours.</summary>
    public static string? Sentence(Exception failure) => failure switch
    {
        AggregateException { InnerExceptions: var several } =>
            several.Select(Sentence).ToArray() is var sentences && !sentences.Contains(null)
                ? string.Join(' ', sentences) : null,
        StartupRefusedException or StoreRefusedException or ManagedPostgresException or MigrationException or OptionsValidationException =>
            OneLine(failure.Message),
        NpgsqlException or SocketException or TimeoutException => OneLine($"The database cannot be used: {WithCause(failure)}"),
        IOException or UnauthorizedAccessException or InvalidDataException => OneLine(WithCause(failure)),

        // A value of the configuration that is not of the type of its setting; the message names both.
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => OneLine(failure.Message),
        _ => null,
    };

    private static string WithCause(Exception failure) =>
        failure.InnerException is { } cause && !failure.Message.Contains(cause.Message, StringComparison.Ordinal)
            ? $"{failure.Message.TrimEnd('.')}. {WithCause(cause)}" : failure.Message;

    private static string OneLine(string text) =>
        string.Join(' ', text.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
