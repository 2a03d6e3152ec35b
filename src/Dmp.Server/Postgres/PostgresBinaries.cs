using System.Globalization;
using System.Text.RegularExpressions;

namespace Dmp.Server.Postgres;

/// <summary>An installed PostgreSQL.</summary>
internal sealed partial record PostgresBinaries
{
    public const int OldestMajor = 15;
    public const int NewestMajor = 18;

    private const string DistributionFolder = "/usr/lib/postgresql";

    private static readonly string[] programs = ["initdb", "pg_ctl", "postgres"];

    public required string Folder { get; init; }

    public required int Major { get; init; }

    public string Initdb => Path.Combine(Folder, "initdb");

    public string PgCtl => Path.Combine(Folder, "pg_ctl");

    /// <summary>
    /// The first usable installation, or the first of the version that made an existing cluster: a cluster is only ever
    /// opened by the version that wrote it.
    /// </summary>
    public static async Task<PostgresBinaries> FindAsync(string? folder, int? clusterMajor, CancellationToken cancellationToken)
    {
        var chosen = folder ?? Environment.GetEnvironmentVariable("DMP_POSTGRES_BIN");
        string[] candidates = string.IsNullOrEmpty(chosen) ? [.. OnPath(), .. InDistribution()] : [chosen];
        List<PostgresBinaries> found = [];
        foreach (var candidate in candidates.Distinct(StringComparer.Ordinal).Where(IsComplete))
        {
            var major = await ReadMajorAsync(candidate, cancellationToken);
            if (major is >= OldestMajor and <= NewestMajor && (clusterMajor is null || major == clusterMajor))
            {
                return new PostgresBinaries { Folder = candidate, Major = major };
            }

            found.Add(new PostgresBinaries { Folder = candidate, Major = major });
        }

        throw new ManagedPostgresException(Explain(chosen, clusterMajor, found));
    }

    private static IEnumerable<string> OnPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(Path.IsPathRooted)
            .Select(folder => new FileInfo(Path.Combine(folder, "initdb")))
            .Where(initdb => initdb.Exists)
            // A link on PATH stands for the folder it points into; PostgreSQL finds its libraries from there.
            .Select(initdb => (initdb.ResolveLinkTarget(returnFinalTarget: true) ?? initdb).FullName)
            .Select(initdb => Path.GetDirectoryName(initdb)!);

    private static IEnumerable<string> InDistribution() =>
        Directory.Exists(DistributionFolder)
            ? Directory.GetDirectories(DistributionFolder)
                .Select(folder => (Folder: folder, Major: Number(Path.GetFileName(folder))))
                .OrderByDescending(version => version.Major)
                .Select(version => Path.Combine(version.Folder, "bin"))
            : [];

    private static bool IsComplete(string folder) =>
        programs.All(name => File.Exists(Path.Combine(folder, name)));

    private static async Task<int> ReadMajorAsync(string folder, CancellationToken cancellationToken)
    {
        var answer = await OsCommand.RunAsync(Path.Combine(folder, "postgres"), ["--version"], cancellationToken);
        return answer.ExitCode == 0 && VersionLine().Match(answer.Output) is { Success: true } match
            ? Number(match.Groups[1].Value)
            : 0;
    }

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string Explain(string? chosen, int? clusterMajor, List<PostgresBinaries> found)
    {
        var seen = found.Count == 0
            ? $"none was found in {(string.IsNullOrEmpty(chosen) ? $"PATH and {DistributionFolder}" : chosen)}"
            : "found " + string.Join(", ", found.Select(other => $"{other.Major} in {other.Folder}"));
        return clusterMajor is null
            ? $"PostgreSQL {OldestMajor} to {NewestMajor} is needed, {seen}. Install it (Debian, Ubuntu: apt-get install "
              + "postgresql), or name its folder in DMP_POSTGRES_BIN, or give the server a connection string."
            : $"The database was made by PostgreSQL {clusterMajor}, {seen}. Nothing was changed. Install that version "
              + $"(Debian, Ubuntu: apt-get install postgresql-{clusterMajor}) or move the database with pg_upgrade. "
              + $"Supported are {OldestMajor} to {NewestMajor}.";
    }

    [GeneratedRegex(@"\(PostgreSQL\) ([0-9]+)")]
    private static partial Regex VersionLine();
}
