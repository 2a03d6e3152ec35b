using System.Runtime.Versioning;
using Dmp.Server.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Dmp.Server.Tests.Postgres;

/// <summary>What an administrator reads when PostgreSQL cannot run. Each message names the thing to do.</summary>
[SupportedOSPlatform("linux")]
public sealed class ManagedPostgresRefusalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Missing_binaries_name_the_package()
    {
        using var directory = new TemporaryDataDirectory();
        var refusal = await RefusalAsync(
            ManagedPostgresTests.Options(directory) with { BinDirectory = "/nonexistent" });
        Assert.Contains("apt-get install postgresql", refusal, StringComparison.Ordinal);
        Assert.Contains("/nonexistent", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Binaries_of_an_unsupported_version_are_named()
    {
        using var directory = new TemporaryDataDirectory();
        var binaries = Directory.CreateDirectory(Path.Combine(directory.Path, "bin")).FullName;
        foreach (var name in new[] { "initdb", "pg_ctl", "postgres" })
        {
            var program = Path.Combine(binaries, name);
            await File.WriteAllTextAsync(program, "#!/bin/sh\necho 'postgres (PostgreSQL) 13.9'\n", Token);
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var refusal = await RefusalAsync(ManagedPostgresTests.Options(directory) with { BinDirectory = binaries });
        Assert.Contains($"found 13 in {binaries}", refusal, StringComparison.Ordinal);
        Assert.Contains("15 to 18", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_of_a_version_that_is_not_installed_is_left_alone()
    {
        using var directory = new TemporaryDataDirectory();
        Directory.CreateDirectory(directory.Cluster);
        var version = Path.Combine(directory.Cluster, "PG_VERSION");
        await File.WriteAllTextAsync(version, "9\n", Token);
        var refusal = await RefusalAsync(ManagedPostgresTests.Options(directory));
        Assert.Contains("made by PostgreSQL 9", refusal, StringComparison.Ordinal);
        Assert.Contains("pg_upgrade", refusal, StringComparison.Ordinal);
        Assert.Equal([version], Directory.GetFileSystemEntries(directory.Cluster));
    }

    [Fact]
    public async Task A_folder_that_is_no_cluster_is_left_alone()
    {
        using var directory = new TemporaryDataDirectory();
        Directory.CreateDirectory(directory.Cluster);
        var stranger = Path.Combine(directory.Cluster, "thesis.txt");
        await File.WriteAllTextAsync(stranger, "mine", Token);
        Assert.Contains("not a PostgreSQL cluster", await RefusalAsync(ManagedPostgresTests.Options(directory)), StringComparison.Ordinal);
        Assert.True(File.Exists(stranger));
    }

    [Fact]
    public async Task A_closed_folder_on_the_way_is_named_when_the_server_is_root()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only a server that is root changes the account.");
        using var directory = new TemporaryDataDirectory();
        File.SetUnixFileMode(directory.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var refusal = await RefusalAsync(ManagedPostgresTests.Options(directory));
        Assert.Contains($"may not pass through {directory.Path} on the way", refusal, StringComparison.Ordinal);
        Assert.Contains($"chmod o+x {directory.Path}", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_the_tools_cannot_take_is_refused()
    {
        using var directory = new TemporaryDataDirectory("-$HOME");
        Assert.Contains("has a character", await RefusalAsync(ManagedPostgresTests.Options(directory)), StringComparison.Ordinal);
    }

    private static async Task<string> RefusalAsync(ManagedPostgresOptions options) =>
        (await Assert.ThrowsAsync<ManagedPostgresException>(
            () => ManagedPostgres.StartAsync(options, NullLoggerFactory.Instance, Token))).Message;
}
