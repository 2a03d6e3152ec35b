namespace Dmp.Server.Postgres;

/// <summary>
/// Names of the files below <c>&lt;data directory&gt;/postgres</c>. The server owns that folder and everything directly in
/// it; only <see cref="Cluster"/> and <see cref="Socket"/> belong to the account PostgreSQL runs as. So a server that is
/// root never writes into a folder that somebody else controls.
/// </summary>
internal sealed record ClusterFiles(string Home)
{
    /// <summary>What PostgreSQL calls its data directory. Exists only when it is complete.</summary>
    public string Cluster => Path.Combine(Home, "data");

    /// <summary>
    /// Where initdb works. Renamed to <see cref="Cluster"/> as the last step, so whatever is found here is the rest of
    /// an initdb that did not finish and never held data.
    /// </summary>
    public string HalfMade => Path.Combine(Home, "data.initdb");

    public string Socket => Path.Combine(Home, "socket");

    public string Configuration => Path.Combine(Home, "postgresql.conf");

    public string HostAccess => Path.Combine(Home, "pg_hba.conf");

    public string Secrets => Path.Combine(Home, "secrets.json");

    public string Lock => Path.Combine(Home, "server.lock");

    public string AdminPassword => Path.Combine(Home, "initdb.password");

    /// <summary>PostgreSQL's own log, a file per weekday.</summary>
    public string Log => Path.Combine(Cluster, "log");

    /// <summary>What PostgreSQL says before its own log is open.</summary>
    public string StartLog => Path.Combine(Cluster, "start.log");
}
