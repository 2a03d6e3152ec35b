using System.Diagnostics;
using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Xunit;

[assembly: AssemblyFixture(typeof(S3Server))]

namespace Dmp.Server.Tests.Fixtures;

/// <summary>
/// A real S3 server for all tests of a run: the gateway of Ceph. Started by the first test that asks for it, with a bucket that tests
/// share, each below a prefix of its own.
/// </summary>
public sealed class S3Server : IAsyncLifetime
{
    private const string AccessKey = "tests";
    private const string SecretKey = "not-a-secret";
    private const string Bucket = "documents";

    private static readonly string[] programs = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool"];
    private static readonly TimeSpan startLimit = TimeSpan.FromSeconds(120);

    private readonly SemaphoreSlim starting = new(1, 1);
    private readonly int port = TestServer.FreePort();
    private string? directory;
    private Process? process;
    private AmazonS3Client? client;

    /// <summary>Looks around in the bucket, past the store.</summary>
    internal AmazonS3Client Client => client ?? throw new InvalidOperationException("The server is not started.");

    internal int Port => port;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>The shared bucket below a prefix that nobody else uses. Skips the test where there is no Ceph.</summary>
    internal async Task<S3Options> OptionsAsync()
    {
        var missing = programs.Where(program => !IsOnPath(program)).ToArray();
        Assert.SkipWhen(
            missing.Length > 0,
            $"The S3 server of the tests is not installed ({string.Join(", ", missing)}); as an administrator run: "
            + "apt-get install ceph-mon ceph-osd radosgw");
        await starting.WaitAsync();
        try
        {
            if (client is null)
            {
                await StartAsync();
            }
        }
        finally
        {
            starting.Release();
        }

        return new S3Options
        {
            Endpoint = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
            Bucket = Bucket,
            Prefix = $"{Guid.NewGuid():N}/",
            AccessKey = AccessKey,
            SecretKey = SecretKey,
        };
    }

    /// <summary>Everything below a prefix.</summary>
    internal async Task<List<S3Object>> ObjectsAsync(S3Options options)
    {
        List<S3Object> objects = [];
        await foreach (var item in Client.Paginators.ListObjectsV2(
            new() { BucketName = options.Bucket, Prefix = options.Prefix }).S3Objects)
        {
            objects.Add(item);
        }

        return objects;
    }

    /// <summary>The same as configuration of a server.</summary>
    internal static string[] SettingsOf(S3Options options) =>
    [
        $"--Dmp:Content:S3:Endpoint={options.Endpoint}", $"--Dmp:Content:S3:Bucket={options.Bucket}",
        $"--Dmp:Content:S3:Prefix={options.Prefix}",
        $"--Dmp:Content:S3:AccessKey={options.AccessKey}", $"--Dmp:Content:S3:SecretKey={options.SecretKey}",
    ];

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        if (process is not null)
        {
            // The script stops what it started when its input ends.
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        if (directory is not null)
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task StartAsync()
    {
        directory = Directory.CreateTempSubdirectory("dmp-s3-").FullName;
        var start = new ProcessStartInfo(
            "bash",
            [
                Path.Combine(AppContext.BaseDirectory, "Fixtures", "radosgw.sh"), directory,
                TestServer.FreePort().ToString(CultureInfo.InvariantCulture),
                port.ToString(CultureInfo.InvariantCulture), AccessKey, SecretKey,
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(startLimit);
        if (await process.StandardOutput.ReadLineAsync(limit.Token) != "ready")
        {
            throw new InvalidOperationException($"The S3 server does not start: {await errors}");
        }

        client = new AmazonS3Client(
            new BasicAWSCredentials(AccessKey, SecretKey),
            new AmazonS3Config
            {
                ServiceURL = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
                AuthenticationRegion = "us-east-1",
                ForcePathStyle = true,
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            });
        await client.PutBucketAsync(Bucket, limit.Token);
    }

    private static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
