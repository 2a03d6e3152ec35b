using System.Text.Json;
using Dmp.Cli;
using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Content;

/// <summary>Documents move from disk to a bucket and back while servers serve them.</summary>
public sealed class StoreMigrationTests(Platform platform, S3Server s3) : IAsyncLifetime
{
    private S3Options options = new();
    private DirectoryInfo? directory;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string SettingsFile => Path.Combine(directory!.FullName, "settings.json");

    public async ValueTask InitializeAsync()
    {
        options = await s3.OptionsAsync();
        directory = Directory.CreateTempSubdirectory("dmp-migrate-");
    }

    public ValueTask DisposeAsync()
    {
        directory?.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Everything_is_readable_at_every_step_there_and_back()
    {
        await using var disk = await TestServer.StartAsync(platform);
        var api = await OpenAsync(disk);
        List<(StoredDocument Document, byte[] Content)> documents = [];
        await AddAsync(api, documents, 100, 5000, 300_000, 9_000_000);

        var first = await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "s3");
        Assert.Equal((0, ""), (first.Code, first.Error));
        Assert.StartsWith(
            $"4 copied ({StoredBytesOf(disk)} bytes), 0 there already, 0 deleted meanwhile, 0 lost, 0 different, 0 failed.", first.Output,
            StringComparison.Ordinal);

        // Written after the first run, by a server that knows only the disk.
        await AddAsync(api, documents, 200, 400_000);
        await using (var both = await StartBesideAsync(disk, "--Dmp:Content:Store=S3", "--Dmp:Content:Fallback=Disk"))
        {
            var there = api.On(both);
            await RequireAllAsync(there, documents);
            await AddAsync(there, documents, 300, 500_000);
            await RequireAllAsync(there, documents);
            var second = await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "s3", "--compare", "--parallel", "2");
            Assert.Equal((0, ""), (second.Code, second.Error));
            Assert.Matches("^2 copied \\([0-9]+ bytes\\), 6 there already", second.Output);
        }

        await using var bucket = await StartBesideAsync(
            disk, "--Dmp:Content:Store=S3", $"--Dmp:Content:Directory={Path.Combine(directory!.FullName, "none")}");
        await RequireAllAsync(api.On(bucket), documents);

        // And back, to another disk.
        var back = Directory.CreateDirectory(Path.Combine(directory.FullName, "back")).FullName;
        var third = await MigrateAsync(disk, back, "--from", "s3", "--to", "disk");
        Assert.Equal((0, ""), (third.Code, third.Error));
        Assert.StartsWith("8 copied", third.Output, StringComparison.Ordinal);
        await using var again = await disk.StartBesideAsync(platform, $"--Dmp:Content:Directory={back}");
        await RequireAllAsync(api.On(again), documents);
    }

    [Fact]
    public async Task What_is_lost_or_different_is_told_and_nothing_is_written_over()
    {
        await using var disk = await TestServer.StartAsync(platform);
        var api = await OpenAsync(disk);
        List<(StoredDocument Document, byte[] Content)> documents = [];
        await AddAsync(api, documents, 300_000, 300_001, 300_002);
        var blobs = Directory.GetFiles(Path.Combine(disk.ContentDirectory, "blobs"), "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).ToArray();
        var (lost, different) = (Path.GetFileName(blobs[0]), Path.GetFileName(blobs[1]));
        File.Delete(blobs[0]);
        using var store = S3ContentStoreTests.Open(options);
        await using (var writer = await store.CreateAsync(Guid.Parse(different), Token))
        {
            await writer.AppendAsync(new byte[new FileInfo(blobs[1]).Length], Token);
            await writer.CommitAsync(Token);
        }

        // Of the same length: only a comparison of all bytes finds it.
        var quick = await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "s3");
        Assert.Equal((1, $"lost {lost}: a document is in it, and neither store has it"), (quick.Code, quick.Error.TrimEnd()));
        Assert.StartsWith("1 copied", quick.Output, StringComparison.Ordinal);
        Assert.Contains("1 there already, 0 deleted meanwhile, 1 lost, 0 different, 0 failed", quick.Output, StringComparison.Ordinal);

        var thorough = await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "s3", "--compare");
        Assert.Equal(1, thorough.Code);
        Assert.Contains($"different {different}:", thorough.Error, StringComparison.Ordinal);
        Assert.Contains(
            "0 copied (0 bytes), 1 there already, 0 deleted meanwhile, 1 lost, 1 different, 0 failed", thorough.Output,
            StringComparison.Ordinal);
        Assert.All((await store.GetAsync(Guid.Parse(different), Token))!, value => Assert.Equal(0, value));
    }

    [Fact]
    public async Task Bytes_of_an_upload_that_came_as_far_as_the_store_are_copied_and_what_nobody_refers_to_is_not()
    {
        await using var disk = await TestServer.StartAsync(platform);
        await AddAsync(await OpenAsync(disk), [], 300_000);
        var waiting = await disk.Services.GetRequiredService<IContentStore>().PutAsync([1, 2, 3], Token);
        const string insert =
            """
            with made as (
                insert into upload (
                    upload_id, caller_key, request_id, record_id, record_key_id, content_id, start_time, heartbeat_time, intent,
                        fingerprint, secret)
                select id, 'nobody', id, k.record_id, k.record_key_id, id, now(), now(), '', '', false
                from unnest('{0}'::uuid[]) id, record_key k
                returning 1
            )
            select count(*) from made
            """;
        Assert.Equal(2, await disk.QueryAsync<long>(
            platform, insert.Replace("{0}", $"{{{waiting},{Guid.CreateVersion7()}}}", StringComparison.Ordinal)));
        await disk.Services.GetRequiredService<IContentStore>().PutAsync([4, 5], Token);
        var run = await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "s3");
        Assert.Equal((0, ""), (run.Code, run.Error));
        using var store = S3ContentStoreTests.Open(options);
        Assert.StartsWith("2 copied", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, await store.ListAsync(Token).CountAsync(Token));
        Assert.Equal((byte[])[1, 2, 3], await store.GetAsync(waiting, Token));
    }

    [Fact]
    public async Task What_an_aborted_copy_left_is_in_nobodys_way()
    {
        await using var disk = await TestServer.StartAsync(platform);
        var api = await OpenAsync(disk);
        List<(StoredDocument Document, byte[] Content)> documents = [];
        await AddAsync(api, documents, 300_000);
        var blobId = Guid.Parse(
            Path.GetFileName(Directory.GetFiles(Path.Combine(disk.ContentDirectory, "blobs"), "*", SearchOption.AllDirectories).Single()));
        using var store = S3ContentStoreTests.Open(options);
        await using (var aborted = await store.CreateAsync(blobId, Token))
        {
            await aborted.AppendAsync(new byte[5_000_000], Token);
        }

        Assert.Equal(0, (await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "s3")).Code);
        Assert.Equal(await disk.Services.GetRequiredService<IContentStore>().GetAsync(blobId, Token), await store.GetAsync(blobId, Token));
        Assert.Equal(0, await store.DeleteAbandonedAsync(TimeProvider.System.GetUtcNow().AddHours(1), Token));
    }

    [Fact]
    public async Task A_store_that_cannot_be_used_is_told_before_anything_is_done()
    {
        await using var disk = await TestServer.StartAsync(platform);
        var missing = await MigrateAsync(disk, Path.Combine(directory!.FullName, "nowhere"), "--from", "disk", "--to", "s3");
        Assert.Equal(2, missing.Code);
        Assert.Contains("there is no directory", missing.Error, StringComparison.Ordinal);
        options = options with { Bucket = "no-such-bucket" };
        var bucket = await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "s3");
        Assert.Equal(3, bucket.Code);
        Assert.Contains("there is no bucket no-such-bucket", bucket.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "disk")).Code);
        Assert.Equal(2, (await MigrateAsync(disk, disk.ContentDirectory, "--from", "tape", "--to", "disk")).Code);
        Assert.Equal(2, (await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "s3", "--parallel", "0")).Code);
        Assert.Equal(2, (await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "s3", "--settings", "/dev/null")).Code);
    }

    [Fact]
    public async Task A_store_that_goes_away_ends_the_copy_and_a_repeat_finishes_it()
    {
        await using var line = new S3Proxy(s3.Port);
        await using var disk = await TestServer.StartAsync(platform);
        var api = await OpenAsync(disk);
        List<(StoredDocument Document, byte[] Content)> documents = [];
        await AddAsync(api, documents, 300_000, 300_001);
        options = options with { Endpoint = line.Endpoint };

        // The start of the command makes a few requests; what is larger than this is the first document.
        line.Set(LineFault.CutRequest, bytes: 100_000);
        var cut = await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "s3");
        Assert.Equal(3, cut.Code);
        Assert.Contains("2 failed", cut.Output, StringComparison.Ordinal);
        line.Set(LineFault.None);
        var repeat = await MigrateAsync(disk, disk.ContentDirectory, "--from", "disk", "--to", "s3");
        Assert.Equal(0, repeat.Code);
        Assert.StartsWith("2 copied", repeat.Output, StringComparison.Ordinal);
    }

    private static long StoredBytesOf(TestServer server) =>
        new DirectoryInfo(Path.Combine(server.ContentDirectory, "blobs")).EnumerateFiles("*", SearchOption.AllDirectories)
            .Sum(file => file.Length);

    private async Task<Caller> OpenAsync(TestServer server)
    {
        var token = platform.Callers.Token(TestProfessional.New());
        var api = new DmpApi(server.Channel, token);
        var recordId = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(recordId);
        return new Caller(api, token, recordId);
    }

    private static async Task AddAsync(Caller caller, List<(StoredDocument Document, byte[] Content)> documents, params int[] sizes)
    {
        foreach (var size in sizes)
        {
            var content = Given.Text(size);
            documents.Add((await caller.Api.UploadAsync(Given.Intent(caller.RecordId), content), content));
        }
    }

    private static async Task RequireAllAsync(Caller caller, List<(StoredDocument Document, byte[] Content)> documents)
    {
        foreach (var (document, content) in documents)
        {
            Assert.Equal(content, await caller.Api.ReadAsync(document));
        }
    }

    private Task<TestServer> StartBesideAsync(TestServer disk, params string[] settings) =>
        disk.StartBesideAsync(platform, [.. S3Server.SettingsOf(options), .. settings]);

    private async Task<(int Code, string Output, string Error)> MigrateAsync(
        TestServer server, string contentDirectory, params string[] arguments)
    {
        var settings = new { Dmp = new { Content = new { Directory = contentDirectory, S3 = options } } };
        await File.WriteAllTextAsync(SettingsFile, JsonSerializer.Serialize(settings), Token);
        await using StringWriter output = new();
        await using StringWriter error = new();
        var code = await DmpCommand.RunAsync(
            [
                "store", "migrate", "--connection", platform.Databases.AdminOf(server.Database), .. arguments,
                .. arguments.Contains("--settings") ? Array.Empty<string>() : ["--settings", SettingsFile],
            ], output, error, Token);

        // How far it is, which is told only when it takes some seconds.
        var told = error.ToString().Split('\n').Where(line => !line.Contains("; at ", StringComparison.Ordinal));
        return (code, output.ToString(), string.Join('\n', told));
    }

    private sealed record Caller(DmpApi Api, string Token, string RecordId)
    {
        public Caller On(TestServer server) => this with { Api = new DmpApi(server.Channel, Token) };
    }
}
