using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dmp.Server.Postgres;

/// <summary>The two configuration files, written anew before every start so that an update of the server updates them.</summary>
internal static class PostgresConfiguration
{
    // What a socket's address holds, without the final zero byte.
    private const int SocketPathBytesMax = 107;

    private const int SocketPort = 5432;

    /// <summary>The private socket, or a loopback port when the path of the socket would be too long for the kernel.</summary>
    public static PostgresEndpoint ChooseEndpoint(ClusterFiles files)
    {
        var socket = Path.Combine(files.Socket, string.Create(CultureInfo.InvariantCulture, $".s.PGSQL.{SocketPort}"));
        return Encoding.UTF8.GetByteCount(socket) <= SocketPathBytesMax
            ? new PostgresEndpoint(files.Socket, SocketPort)
            : new PostgresEndpoint(IPAddress.Loopback.ToString(), FreePort());
    }

    public static void Write(ClusterFiles files, PostgresEndpoint endpoint, bool durable)
    {
        var sync = durable ? "on" : "off";
        // log_min_messages = log leaves out what the server is told anyway as an error, because the text of an error may
        // repeat a value, and values here are medical. Starts, stops, crashes, recovery and refused logins stay.
        Replace(files.Configuration, string.Create(CultureInfo.InvariantCulture, $"""
            # Written by the server before every start. Changes are lost; use ALTER SYSTEM.
            listen_addresses = '{(endpoint.IsSocket ? "" : endpoint.Host)}'
            port = {endpoint.Port}
            unix_socket_directories = '{(endpoint.IsSocket ? $"\"{Quoted(endpoint.Host)}\"" : "")}'
            unix_socket_permissions = 0700
            hba_file = '{Quoted(files.HostAccess)}'
            password_encryption = 'scram-sha-256'
            max_connections = 200
            jit = off
            fsync = {sync}
            synchronous_commit = on
            full_page_writes = {sync}
            timezone = 'UTC'
            logging_collector = on
            log_directory = 'log'
            log_filename = 'postgresql-%a.log'
            log_rotation_age = 1d
            log_rotation_size = 0
            log_truncate_on_rotation = on
            log_file_mode = 0600
            log_timezone = 'UTC'
            log_line_prefix = '%m [%p] %q%u@%d '
            log_min_messages = log
            log_error_verbosity = terse
            log_statement = 'none'
            log_parameter_max_length = 0
            log_parameter_max_length_on_error = 0

            """));
        Replace(files.HostAccess, """
            # Written by the server before every start. A password for everybody, on the private socket too.
            local all all scram-sha-256
            host all all 127.0.0.1/32 scram-sha-256

            """);
    }

    private static void Replace(string path, string content)
    {
        var half = path + ".new";
        File.WriteAllText(half, content);
        // PostgreSQL reads these files under its own account, whatever the umask of the server is. They hold no secret.
        UnixFile.SetMode(half, UnixFile.OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(half, path, overwrite: true);
    }

    private static string Quoted(string path) => path.Replace("'", "''", StringComparison.Ordinal);

    /// <summary>Another program may take the port before PostgreSQL does; the start then fails and is tried with another.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
