using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.Versioning;
using Dmp.Server.Calls;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Grpc.Health.V1;
using Xunit;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Dmp.Server.Tests.Startup;

/// <summary>Health is what can be done now: it says so within seconds, whatever is full, read-only or frozen.</summary>
[SupportedOSPlatform("linux")]
public sealed class HealthTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_names_are_those_of_the_guide_and_others_are_unknown()
    {
        var health = new Health.HealthClient(platform.Server.Channel);
        foreach (var name in OfferedServices.All.Select(service => service.FullName).Concat(["", "readiness", "liveness"]))
        {
            Assert.Equal(ServingStatus.Serving, (await health.CheckAsync(new() { Service = name }, cancellationToken: Token)).Status);
        }

        var refusal = await Assert.ThrowsAsync<RpcException>(
            async () => await health.CheckAsync(new() { Service = "dmp.Nothing" }, cancellationToken: Token));
        Assert.Equal(StatusCode.NotFound, refusal.StatusCode);
        using var watch = health.Watch(new() { Service = "dmp.Nothing" }, cancellationToken: Token);
        Assert.True(await watch.ResponseStream.MoveNext(Token));
        Assert.Equal(ServingStatus.ServiceUnknown, watch.ResponseStream.Current.Status);
    }

    [Fact]
    public async Task A_full_content_disk_is_not_serving_until_there_is_room_again()
    {
        await using var disk = await SmallDisk.MountAsync("256k");
        await using var server = await TestServer.StartAsync(platform, $"--Dmp:Content:Directory={disk.PathOf("content")}");
        await AssertFullIsNotServingAsync(server, disk);
        Assert.Empty(Directory.EnumerateFiles(disk.PathOf("content/incoming")));
    }

    [Fact]
    public async Task A_full_disk_under_the_database_is_not_serving_until_there_is_room_again()
    {
        await using var disk = await SmallDisk.MountAsync("512m");
        await using var databases = await TestDatabase.StartAsync(disk.PathOf("database"));
        await using var server = await TestServer.StartAsync(platform, databases, await databases.CreateAsync(), []);
        await AssertFullIsNotServingAsync(server, disk);
    }

    [Fact]
    public async Task A_content_directory_that_is_gone_is_not_serving()
    {
        await using var server = await TestServer.StartAsync(platform);
        Directory.Move(Path.Combine(server.ContentDirectory, "blobs"), Path.Combine(server.ContentDirectory, "away"));
        await WaitForAsync(server, ServingStatus.NotServing);
        Directory.Move(Path.Combine(server.ContentDirectory, "away"), Path.Combine(server.ContentDirectory, "blobs"));
        await WaitForAsync(server, ServingStatus.Serving);
    }

    [Fact]
    public async Task A_database_that_refuses_writes_is_not_serving()
    {
        await using var server = await TestServer.StartAsync(platform);
        await WaitForAsync(server, ServingStatus.Serving);
        await AlterAsync(server, "set default_transaction_read_only = on");
        await WaitForAsync(server, ServingStatus.NotServing);
        await AlterAsync(server, "reset default_transaction_read_only");
        await WaitForAsync(server, ServingStatus.Serving);
    }

    [Fact]
    public async Task A_frozen_database_is_not_serving_within_the_limit_and_is_told_by_the_probes()
    {
        var port = TestServer.FreePort();
        await using var server = await ServerProcess.StartAsync($"--Dmp:Listen:ProbePort={port.ToString(CultureInfo.InvariantCulture)}");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        Assert.Equal("", await http.GetStringAsync(new Uri("livez", UriKind.Relative), Token));
        await WaitForAsync(http, HttpStatusCode.OK);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await http.GetAsync(new Uri("dmp.record.v1.RecordService/ListRecords", UriKind.Relative), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync(new Uri("readyz", UriKind.Relative), null, Token)).StatusCode);

        await server.SignalPostgresAsync("STOP");
        try
        {
            await WaitForAsync(http, HttpStatusCode.ServiceUnavailable);
            var begin = Stopwatch.GetTimestamp();
            var health = new Health.HealthClient(server.Channel);
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(30);
            var answers = await Task.WhenAll(
                Enumerable.Range(0, 50).Select(async _ => await health.CheckAsync(new(), deadline: deadline, cancellationToken: Token)));
            Assert.All(answers, answer => Assert.Equal(ServingStatus.NotServing, answer.Status));

            // Two seconds, and what a busy machine takes beyond them.
            Assert.InRange(Stopwatch.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.FromSeconds(10));
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("livez", UriKind.Relative), Token)).StatusCode);
        }
        finally
        {
            await server.SignalPostgresAsync("CONT");
        }

        await WaitForAsync(http, HttpStatusCode.OK);
    }

    private static async Task AssertFullIsNotServingAsync(TestServer server, SmallDisk disk)
    {
        await WaitForAsync(server, ServingStatus.Serving);
        disk.Fill();
        await WaitForAsync(server, ServingStatus.NotServing);
        Assert.Equal(ServingStatus.Serving, await StatusAsync(server, "liveness"));
        disk.MakeRoom();
        await WaitForAsync(server, ServingStatus.Serving);
    }

    private static async Task<ServingStatus> StatusAsync(TestServer server, string name = "") =>
        (await new Health.HealthClient(server.Channel).CheckAsync(new() { Service = name }, cancellationToken: Token)).Status;

    private static Task WaitForAsync(TestServer server, ServingStatus status) =>
        Waiting.UntilAsync(async () => await StatusAsync(server) == status);

    private static Task WaitForAsync(HttpClient http, HttpStatusCode status) =>
        Waiting.UntilAsync(async () => (await http.GetAsync(new Uri("readyz", UriKind.Relative), Token)).StatusCode == status);

    /// <summary>New sessions begin with it, so those that are there end.</summary>
    private async Task AlterAsync(TestServer server, string change) => await Standby.RunAsync(
        platform.Databases.AdminOf("postgres"),
        $"""
        alter database {server.Database} {change};
        select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{server.Database}'
        """);

    /// <summary>A file system that is small enough to fill.</summary>
    private sealed class SmallDisk : IAsyncDisposable
    {
        private readonly string directory = Directory.CreateTempSubdirectory("dmp-disk-").FullName;

        private string Filler => PathOf("filler");

        public static async Task<SmallDisk> MountAsync(string size)
        {
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount a file system.");
            var disk = new SmallDisk();
            await ShellAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk.directory);
            return disk;
        }

        public string PathOf(string name) => Path.Combine(directory, name);

        /// <summary>Writes until nothing fits any more.</summary>
        public void Fill()
        {
            using var file = new FileStream(Filler, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            var block = new byte[4096];
            Assert.Throws<IOException>((Action)(() =>
            {
                while (true)
                {
                    file.Write(block);
                }
            }));
            Assert.NotEqual(0, file.Length);
        }

        public void MakeRoom() => File.Delete(Filler);

        public async ValueTask DisposeAsync()
        {
            await ShellAsync("umount", "-l", directory);
            Directory.Delete(directory);
        }

        private static async Task ShellAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(program, arguments);
            await process.WaitForExitAsync(Token);
            Assert.Equal(0, process.ExitCode);
        }
    }
}
