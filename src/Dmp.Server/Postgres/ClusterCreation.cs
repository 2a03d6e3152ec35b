using System.Globalization;
using System.Text;

namespace Dmp.Server.Postgres;

/// <summary>Folders and initdb: everything that must exist before PostgreSQL can start.</summary>
internal sealed class ClusterCreation(ClusterFiles files, ILogger logger)
{
    // pg_ctl puts paths into a shell command between double quotes.
    private const string ForbiddenInPath = "\"$`\\\n";

    // The children of a killed initdb may still be writing while their folder is removed.
    private const int RemovalAttempts = 20;

    private static readonly TimeSpan betweenRemovals = TimeSpan.FromMilliseconds(100);

    // A server that is root leaves its folders open for passage, because PostgreSQL runs as somebody else; what is inside
    // has its own modes.
    private static UnixFileMode FolderMode =>
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | (Environment.IsPrivilegedProcess ? UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : UnixFileMode.None);

    /// <summary>
    /// Creates the data directory unless it exists, and returns its one true path: a running PostgreSQL is recognised by
    /// the path it was started with, so a link must not give it a second name.
    /// </summary>
    public static async Task<string> CreateDataDirectoryAsync(string path, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        if (!Directory.Exists(full))
        {
            Directory.CreateDirectory(full);
            UnixFile.SetMode(full, FolderMode);
        }

        var real = await OsCommand.RunAsync("realpath", ["--", full], cancellationToken);
        return real.ExitCode == 0 ? real.Output : throw new ManagedPostgresException($"{full} cannot be used: {real.Output}");
    }

    public static void CreateHome(ClusterFiles files)
    {
        if (files.Home.AsSpan().IndexOfAny(ForbiddenInPath) >= 0)
        {
            throw new ManagedPostgresException(
                $"The data directory {files.Home} has a character PostgreSQL's tools cannot take (\" $ ` \\ or a line end).");
        }

        Directory.CreateDirectory(files.Home);
        UnixFile.SetMode(files.Home, FolderMode);
    }

    /// <summary>Major version of the existing cluster, or null when there is none yet.</summary>
    public int? ReadMajor()
    {
        if (!Directory.Exists(files.Cluster))
        {
            return null;
        }

        var version = Path.Combine(files.Cluster, "PG_VERSION");
        return File.Exists(version)
            && int.TryParse(File.ReadAllText(version).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            ? major
            : throw new ManagedPostgresException(
                $"{files.Cluster} is not a PostgreSQL cluster (no PG_VERSION). Move it away or restore it; the server does not touch it.");
    }

    /// <summary>Creates the cluster unless it exists, and returns the passwords.</summary>
    public async Task<PostgresSecrets> EnsureAsync(
        PostgresAccount account, PostgresBinaries binaries, bool durable, CancellationToken cancellationToken)
    {
        await account.CreateFolderAsync(files.Socket, cancellationToken);
        await account.RequireWayToAsync(files.Socket, cancellationToken);
        var secrets = PostgresSecrets.Read(files.Secrets);
        if (Directory.Exists(files.Cluster))
        {
            return secrets ?? throw new ManagedPostgresException(
                $"{files.Secrets} is missing, so nobody has the passwords of the database beside it. Restore the file from a backup.");
        }

        if (secrets is null)
        {
            secrets = PostgresSecrets.Generate();
            secrets.Write(files.Secrets);
        }

        await RemoveHalfMadeAsync(cancellationToken);
        PostgresLog.ClusterCreating(logger, files.Cluster, binaries.Major, account.Name);
        await account.CreateFolderAsync(files.HalfMade, cancellationToken);
        await InitializeAsync(account, binaries, secrets, durable, cancellationToken);
        Directory.Move(files.HalfMade, files.Cluster);
        if (durable)
        {
            // .NET cannot flush a folder; the rename must be on disk before anything is stored in what it renamed.
            await OsCommand.RunAsync("sync", [files.Home], cancellationToken);
        }

        return secrets;
    }

    private async Task InitializeAsync(
        PostgresAccount account, PostgresBinaries binaries, PostgresSecrets secrets, bool durable, CancellationToken cancellationToken)
    {
        try
        {
            UnixFile.WriteSecret(files.AdminPassword, Encoding.ASCII.GetBytes(secrets.Admin));
            await account.GiveAsync(files.AdminPassword, cancellationToken);
            string[] arguments =
            [
                $"--pgdata={files.HalfMade}", $"--username={PostgresRoles.Admin}", $"--pwfile={files.AdminPassword}",
                "--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale=C",
            ];
            var answer = await account.RunAsync(
                binaries.Initdb, durable ? arguments : [.. arguments, "--no-sync"], cancellationToken);
            if (answer.ExitCode != 0)
            {
                throw new ManagedPostgresException($"initdb failed: {answer.Output}");
            }
        }
        finally
        {
            File.Delete(files.AdminPassword);
        }
    }

    private async Task RemoveHalfMadeAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; Directory.Exists(files.HalfMade); attempt++)
        {
            try
            {
                PostgresLog.HalfMadeClusterRemoved(logger, files.HalfMade);
                Directory.Delete(files.HalfMade, recursive: true);
            }
            catch (IOException) when (attempt < RemovalAttempts)
            {
                await Task.Delay(betweenRemovals, cancellationToken);
            }
        }
    }
}
