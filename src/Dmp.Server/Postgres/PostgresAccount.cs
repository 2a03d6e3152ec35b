using System.Globalization;

namespace Dmp.Server.Postgres;

/// <summary>
/// The operating-system account PostgreSQL runs as: the server's own, or an unprivileged one when the server is root,
/// because PostgreSQL refuses to run as root.
/// </summary>
internal sealed record PostgresAccount
{
    private static readonly string[] programFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    public required string Name { get; init; }

    public required int Uid { get; init; }

    public required int Gid { get; init; }

    /// <summary>Null when the server already is this account; else the program and arguments that change to it.</summary>
    private string[]? ChangeTo { get; init; }

    /// <summary>The owner of an existing cluster, which cannot change; for a new one <c>postgres</c>, else <c>nobody</c>.</summary>
    public static async Task<PostgresAccount> ChooseAsync(ClusterFiles files, CancellationToken cancellationToken)
    {
        var owner = Directory.Exists(files.Cluster)
            ? await AskAsync("stat", ["--format=%u %g %U", files.Cluster], cancellationToken)
            : null;
        if (!Environment.IsPrivilegedProcess)
        {
            var self = await AskIdAsync([], cancellationToken) ?? throw new ManagedPostgresException("id does not answer.");
            return owner is null || owner.Uid == self.Uid
                ? self
                : throw new ManagedPostgresException(
                    $"{files.Cluster} belongs to {owner.Name} and the server runs as {self.Name}. Start the server as "
                    + $"{owner.Name} or as root, or choose another data directory (DMP_DATA).");
        }

        var account = owner
            ?? await AskIdAsync(["postgres"], cancellationToken)
            ?? await AskIdAsync(["nobody"], cancellationToken)
            ?? throw new ManagedPostgresException(
                "PostgreSQL does not run as root, and there is neither an account 'postgres' nor 'nobody' to run it as.");
        return account.Uid == 0
            ? throw new ManagedPostgresException(
                $"{files.Cluster} belongs to root, as whom PostgreSQL does not run. Give it to an unprivileged account (chown -R).")
            : account with { ChangeTo = ChangeProgram(account) };
    }

    public Task<OsAnswer> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        ChangeTo is null
            ? OsCommand.RunAsync(program, arguments, cancellationToken)
            : OsCommand.RunAsync(ChangeTo[0], [.. ChangeTo[1..], program, .. arguments], cancellationToken);

    /// <summary>Makes a folder of this account that nobody else may enter.</summary>
    public async Task CreateFolderAsync(string folder, CancellationToken cancellationToken)
    {
        string[] owner = ChangeTo is null ? [] : [$"--owner={Uid}", $"--group={Gid}"];
        await RequireAsync("install", ["--directory", "--mode=0700", .. owner, folder], cancellationToken);
    }

    public Task GiveAsync(string file, CancellationToken cancellationToken) =>
        ChangeTo is null ? Task.CompletedTask : RequireAsync("chown", [$"{Uid}:{Gid}", file], cancellationToken);

    /// <summary>
    /// A data directory below a closed folder (/root, a fresh mktemp folder) works for the server that is root and not
    /// for this account. Says so before initdb says something obscure.
    /// </summary>
    public async Task RequireWayToAsync(string folder, CancellationToken cancellationToken)
    {
        if (ChangeTo is null)
        {
            return;
        }

        var way = new Stack<string>();
        for (var step = folder; step is not null; step = Path.GetDirectoryName(step))
        {
            way.Push(step);
        }

        foreach (var step in way)
        {
            if ((await RunAsync("test", ["-x", step], cancellationToken)).ExitCode != 0)
            {
                throw new ManagedPostgresException(
                    $"The server is root, so PostgreSQL runs as '{Name}', who may not pass through {step} on the way to "
                    + $"{folder}. Choose another data directory (DMP_DATA=/var/lib/dmp), or open the folder for passage "
                    + $"(chmod o+x {step}), or start the server as an unprivileged user.");
            }
        }
    }

    private static string[] ChangeProgram(PostgresAccount account) =>
        Program("setpriv") is { } setpriv
            ? [setpriv, $"--reuid={account.Uid}", $"--regid={account.Gid}", "--clear-groups", "--no-new-privs", "--"]
            : Program("runuser") is { } runuser
                ? [runuser, "--user", account.Name, "--"]
                : throw new ManagedPostgresException(
                    "The server is root and finds neither setpriv nor runuser to start PostgreSQL as an unprivileged user. "
                    + "Install the package util-linux, or start the server as an unprivileged user.");

    private static string? Program(string name) =>
        programFolders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static async Task<PostgresAccount?> AskIdAsync(string[] who, CancellationToken cancellationToken)
    {
        var uid = await OsCommand.RunAsync("id", ["-u", .. who], cancellationToken);
        var gid = await OsCommand.RunAsync("id", ["-g", .. who], cancellationToken);
        return uid.ExitCode == 0 && gid.ExitCode == 0
            ? new PostgresAccount
            {
                Name = who is [var name] ? name : Environment.UserName,
                Uid = Number(uid.Output),
                Gid = Number(gid.Output),
            }
            : null;
    }

    private static async Task<PostgresAccount?> AskAsync(string program, string[] arguments, CancellationToken cancellationToken) =>
        (await RequireAsync(program, arguments, cancellationToken)).Split(' ') is [var uid, var gid, var name]
            ? new PostgresAccount { Name = name, Uid = Number(uid), Gid = Number(gid) }
            : null;

    private static async Task<string> RequireAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var answer = await OsCommand.RunAsync(program, arguments, cancellationToken);
        return answer.ExitCode == 0
            ? answer.Output
            : throw new ManagedPostgresException($"{program} failed: {answer.Output}");
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
