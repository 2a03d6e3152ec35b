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

    /// <summary>
    /// DMP_DATA, else <c>/var/lib/dmp</c> for root, else <c>$XDG_STATE_HOME/dmp</c> or <c>~/.local/state/dmp</c>.
    /// </summary>
    public static string DefaultDataDirectory()
    {
        if (Environment.GetEnvironmentVariable("DMP_DATA") is { Length: > 0 } chosen)
        {
            return Path.GetFullPath(chosen);
        }

        if (Environment.IsPrivilegedProcess)
        {
            return "/var/lib/dmp";
        }

        return Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state && Path.IsPathRooted(state)
            ? Path.Combine(state, "dmp")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "dmp");
    }
}
