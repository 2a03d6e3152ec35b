using System.Globalization;
using System.Net;

namespace Dmp.Server.Postgres;

/// <summary>Where clients reach PostgreSQL: a socket folder or a loopback address, and the port.</summary>
internal sealed record PostgresEndpoint(string Host, int Port)
{
    public bool IsSocket => Host.StartsWith('/');
}

/// <summary>The main process of PostgreSQL, as its file <c>postmaster.pid</c> describes it.</summary>
internal sealed record Postmaster
{
    private const string FileName = "postmaster.pid";

    public required int Pid { get; init; }

    public required string Cluster { get; init; }

    public required PostgresEndpoint Endpoint { get; init; }

    /// <summary>False while it starts, recovers or stops.</summary>
    public required bool IsReady { get; init; }

    /// <summary>
    /// True while that process is the postmaster of this cluster. A process id alone proves nothing: after a restart of
    /// the machine or container another program may have it, and a dead postmaster nobody waits for keeps it as a zombie.
    /// </summary>
    public bool IsAlive()
    {
        try
        {
            // "pid (name) state ...": the name may hold spaces and brackets, so what counts starts at the last bracket.
            var stat = File.ReadAllText($"/proc/{Pid}/stat");
            var nameEnd = stat.LastIndexOf(')');
            return stat.AsSpan(nameEnd + 2, 1) is not ("Z" or "X")
                && stat.AsSpan(0, nameEnd).EndsWith("(postgres", StringComparison.Ordinal)
                && File.ReadAllText($"/proc/{Pid}/cmdline").Split('\0').Contains(Cluster, StringComparer.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static Postmaster? Read(string cluster)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(Path.Combine(cluster, FileName));
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        // Lines: pid, cluster, start time, port, socket folder, listen address, shared memory, state. The later ones
        // appear while PostgreSQL starts.
        if (!int.TryParse(lines.FirstOrDefault(), CultureInfo.InvariantCulture, out var pid))
        {
            return null;
        }

        var port = lines.Length > 3 && int.TryParse(lines[3], CultureInfo.InvariantCulture, out var number) ? number : 0;
        var socket = lines.Length > 4 ? lines[4].Trim() : "";
        return new Postmaster
        {
            Pid = pid,
            Cluster = cluster,
            Endpoint = new PostgresEndpoint(socket.Length > 0 ? socket : IPAddress.Loopback.ToString(), port),
            IsReady = lines.Length > 7 && lines[7].Trim() == "ready",
        };
    }

    /// <summary>
    /// Removes the file of a postmaster that is not alive. PostgreSQL does that itself unless the process id is in use
    /// again. Children of a killed postmaster keep their protection: the shared memory is found by the folder's inode.
    /// </summary>
    public static void Forget(string cluster) => File.Delete(Path.Combine(cluster, FileName));
}
