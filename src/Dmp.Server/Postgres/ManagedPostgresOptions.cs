namespace Dmp.Server.Postgres;

/// <summary>Where the server's own PostgreSQL lives.</summary>
internal sealed record ManagedPostgresOptions
{
    /// <summary>The server's data directory; PostgreSQL takes the folder <c>postgres</c> in it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>
    /// Folder with <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>. Without it: DMP_POSTGRES_BIN, then PATH, then the
    /// newest under <c>/usr/lib/postgresql</c>.
    /// </summary>
    public string? BinDirectory { get; init; }

    /// <summary>
    /// For tests only: false leaves the flushing to the kernel, so that commits may be lost when the machine stops. They
    /// survive a killed process either way.
    /// </summary>
    public bool Durable { get; init; } = true;
}
