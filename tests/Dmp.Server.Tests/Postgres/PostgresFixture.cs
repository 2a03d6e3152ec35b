using System.Runtime.Versioning;
using Dmp.Server.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Postgres;

/// <summary>One durable cluster for the tests that only look at it or work in databases of their own.</summary>
[SupportedOSPlatform("linux")]
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly TemporaryDataDirectory directory = new();
    private ManagedPostgres? postgres;

    internal ManagedPostgres Postgres => postgres ?? throw new InvalidOperationException("The fixture is not initialized.");

    internal TemporaryDataDirectory DataDirectory => directory;

    public async ValueTask InitializeAsync() =>
        postgres = await ManagedPostgres.StartAsync(
            new ManagedPostgresOptions { DataDirectory = directory.Path }, NullLoggerFactory.Instance, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (postgres is not null)
        {
            await postgres.DisposeAsync();
        }

        directory.Dispose();
    }

    /// <summary>An empty database of its own, owned by the migrator's role; returns the owner's connection string.</summary>
    internal async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var name = $"test_{Guid.CreateVersion7():N}";
        await Sql.RunAsync(Postgres.AdminConnectionString, $"create database {name} owner dmp_owner", cancellationToken);
        return new NpgsqlConnectionStringBuilder(Postgres.OwnerConnectionString) { Database = name, Pooling = false }.ConnectionString;
    }
}

[CollectionDefinition(Name)]
public sealed class PostgresGroup : ICollectionFixture<PostgresFixture>
{
    public const string Name = "one PostgreSQL";
}

/// <summary>One statement on a connection of its own.</summary>
internal static class Sql
{
    public static async Task<object?> RunAsync(string connectionString, string statement, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(statement, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
