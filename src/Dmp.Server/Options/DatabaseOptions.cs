using System.ComponentModel.DataAnnotations;

namespace Dmp.Server.Options;

/// <summary>The database, section <c>Dmp:Database</c>.</summary>
internal sealed record DatabaseOptions
{
    public const string Section = "Dmp:Database";

    /// <summary>
    /// Npgsql connection string of the runtime role, a member of <c>dmp_runtime</c>. Empty: the server manages a private
    /// PostgreSQL in its data directory.
    /// </summary>
    public string? ConnectionString { get; init; }

    /// <summary>
    /// The same, for the one connection that has to be a session of its own: it listens for changes. Needed where
    /// <see cref="ConnectionString"/> leads through a pool that gives each transaction another session (PgBouncer with pool_mode
    /// transaction); this one leads past it. Empty: that of all others.
    /// </summary>
    public string? SessionConnectionString { get; init; }

    /// <summary>
    /// Sandbox only: connection string of the role that owns the schema, so that the server can bring it up to date
    /// itself. Elsewhere the migrator is run by hand.
    /// </summary>
    public string? MigrationConnectionString { get; init; }

    /// <summary>
    /// Says that a database on another host without verified TLS is meant, on a network that nobody else can read or change. Default false:
    /// the server does not start without <c>SSL Mode=VerifyFull</c> or <c>VerifyCA</c>.
    /// </summary>
    public bool AllowUnverifiedTls { get; init; }

    /// <summary>A statement that runs longer is cancelled. Default 30 s.</summary>
    [Range(1, 3600)]
    public int StatementTimeoutSeconds { get; init; } = 30;

    /// <summary>Most connections of one server. Default 50.</summary>
    [Range(2, 1000)]
    public int ConnectionsMax { get; init; } = 50;

    /// <summary>
    /// Private PostgreSQL only: folder with <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>. Default: DMP_POSTGRES_BIN, then
    /// PATH, then the newest under <c>/usr/lib/postgresql</c>.
    /// </summary>
    public string? BinDirectory { get; init; }

    /// <summary>
    /// Private PostgreSQL only: false leaves flushing to the kernel, so that a crash of the machine may lose commits. For
    /// tests; refused outside the sandbox.
    /// </summary>
    public bool Durable { get; init; } = true;
}
