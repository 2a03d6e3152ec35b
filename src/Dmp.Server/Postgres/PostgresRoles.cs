using Npgsql;

namespace Dmp.Server.Postgres;

/// <summary>Roles and database of the server's own cluster, and how each role connects.</summary>
internal static class PostgresRoles
{
    public const string Admin = "postgres";
    public const string Owner = "dmp_owner";
    public const string Runtime = "dmp_app";
    public const string Database = "dmp";

    private const string AdminDatabase = "postgres";

    public static string AdminConnection(PostgresEndpoint endpoint, PostgresSecrets secrets) =>
        Connection(endpoint, AdminDatabase, Admin, secrets.Admin, "dmp-admin");

    public static string OwnerConnection(PostgresEndpoint endpoint, PostgresSecrets secrets) =>
        Connection(endpoint, Database, Owner, secrets.Owner, "dmp-migrator");

    public static string RuntimeConnection(PostgresEndpoint endpoint, PostgresSecrets secrets) =>
        Connection(endpoint, Database, Runtime, secrets.Runtime, "dmp-server");

    /// <summary>Creates what is missing. Only the holder of the data directory's lock comes here, so nobody else does it too.</summary>
    public static async Task EnsureAsync(string adminConnection, PostgresSecrets secrets, CancellationToken cancellationToken)
    {
        // The statements hold passwords: a failing one must not be repeated in PostgreSQL's log.
        var settings = new NpgsqlConnectionStringBuilder(adminConnection)
        {
            Pooling = false,
            Options = "-c log_min_error_statement=panic",
        };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        foreach (var statement in PostgresRolesSql.Roles(secrets))
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var exists = new NpgsqlCommand(PostgresRolesSql.DatabaseExists, connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            await using var create = new NpgsqlCommand(PostgresRolesSql.CreateDatabase, connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var grants = new NpgsqlCommand(PostgresRolesSql.GrantDatabase, connection);
        await grants.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Connection(PostgresEndpoint endpoint, string database, string user, string password, string application) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = endpoint.Host,
            Port = endpoint.Port,
            Database = database,
            Username = user,
            Password = password,
            ApplicationName = application,
            // Neither has a meaning on a private socket or loopback, and both cost a round trip to refuse.
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
        }.ConnectionString;
}
