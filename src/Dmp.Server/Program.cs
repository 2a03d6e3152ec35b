using Dmp.Migrator;
using Dmp.Server.Postgres;
using Dmp.Server.Startup;
using Microsoft.Extensions.Options;
using Npgsql;

try
{
    await using var server = await DmpApplication.CreateAsync(args, CancellationToken.None);
    await server.Web.RunAsync();
    return 0;
}
catch (Exception refusal) when (refusal is StartupRefusedException or ManagedPostgresException or MigrationException
    or OptionsValidationException or NpgsqlException)
{
    // Something to set right outside of this program: the sentence says what, and a stack trace would hide it.
    await Console.Error.WriteLineAsync($"dmp-server does not start: {refusal.Message}");
    return 1;
}
