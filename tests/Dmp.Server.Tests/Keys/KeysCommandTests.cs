using System.Runtime.Versioning;
using Dmp.Cli;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Keys;

/// <summary><c>dmp keys</c>: rotation while servers run, and what an operator is told.</summary>
[SupportedOSPlatform("linux")]
public sealed class KeysCommandTests(Platform platform, SoftHsm hsm)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rotation_while_documents_come_and_go_loses_none_and_leaves_no_key_behind()
    {
        await using var one = await TestServer.StartAsync(platform, "--Dmp:Keys:CacheFor=00:00:00");
        await using var two = await one.StartBesideAsync(platform, "--Dmp:Keys:CacheFor=00:00:00");
        KeysCli cli = new(platform, one);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var load = Enumerable.Range(0, 4).Select(i => LoadAsync(i % 2 == 0 ? one : two, enough.Token)).ToArray();
        List<string> masters = [];
        for (var round = 0; round < 3; round++)
        {
            await WaitForRecordsAsync(one, 4 * (round + 1));
            masters.Add(await cli.DoAsync("new"));
            Assert.StartsWith($"{masters[^1]} is current. ", await cli.DoAsync("rotate"), StringComparison.Ordinal);
            Assert.Equal([masters[^1]], await MastersInUseAsync(one));
        }

        await enough.CancelAsync();
        var written = (await Task.WhenAll(load)).SelectMany(documents => documents).ToList();
        Assert.Equal([masters[^1]], await MastersInUseAsync(one));
        Assert.True(written.Count >= 12, $"only {written.Count} documents");

        // Only the last master key is needed any more.
        foreach (var file in Directory.GetFiles(one.MasterKeyDirectory).Where(
            file => !file.Contains(masters[^1]["file/".Length..], StringComparison.Ordinal)))
        {
            File.Delete(file);
        }

        foreach (var sample in written)
        {
            await sample.AssertReadableAsync();
        }

        Assert.Equal($"{masters[^1]} is current. 0 keys of records were wrapped anew.", await cli.DoAsync("rotate"));
    }

    [Fact]
    public async Task A_rotation_that_broke_off_goes_on_where_it_was()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Keys:CacheFor=00:00:00");
        KeysCli cli = new(platform, server);
        var one = await Sample.UploadAsync(platform, server);
        var old = await cli.DoAsync("new");
        await cli.DoAsync("rotate");
        var two = await Sample.UploadAsync(platform, server);
        var current = await cli.DoAsync("new");

        var path = Path.Combine(server.MasterKeyDirectory, old["file/".Length..] + ".key");
        File.Move(path, path + ".away");
        var broken = await cli.RunAsync("rotate");
        Assert.Equal((DmpCommand.Failed, ""), (broken.Code, broken.Output));
        Assert.Contains("There is no such master key", broken.Error, StringComparison.Ordinal);
        Assert.Contains("What was done before stays done", broken.Error, StringComparison.Ordinal);
        var three = await Sample.UploadAsync(platform, server);
        await three.AssertReadableAsync();
        Assert.Equal([old, current], (await MastersInUseAsync(server)).Order(StringComparer.Ordinal));

        // Not erased and not lost: not readable now.
        var refused = await Assert.ThrowsAsync<RpcException>(one.AssertReadableAsync);
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);

        File.Move(path + ".away", path);
        Assert.Equal($"{current} is current. 2 keys of records were wrapped anew.", await cli.DoAsync("rotate"));
        File.Delete(path);
        foreach (var sample in new[] { one, two, three })
        {
            await sample.AssertReadableAsync();
        }
    }

    [Fact]
    public async Task More_keys_than_a_batch_are_wrapped_anew_and_a_bad_one_is_named()
    {
        await using var server = await TestServer.StartAsync(platform);
        KeysCli cli = new(platform, server);
        var sample = await Sample.UploadAsync(platform, server);

        // Rows that are copies of the one: their bytes belong to its record, which is what a swapped row looks like.
        await cli.ExecuteAsync(
            """
            insert into record_key (record_key_id, record_id, master_key_id, wrapped, create_time, destroy_time)
            select gen_random_uuid(), record_id, master_key_id, null, now(), now() from record_key, generate_series(1, 1200)
            """);
        await cli.ExecuteAsync("drop index record_key_living_key");
        await cli.ExecuteAsync(
            "insert into record_key (record_key_id, record_id, master_key_id, wrapped, create_time)\n"
            + "select gen_random_uuid(), record_id, master_key_id, wrapped, now() from record_key, generate_series(1, 1200) "
            + "where wrapped is not null");
        await cli.DoAsync("new");
        var rotated = await cli.RunAsync("rotate");
        Assert.Equal(DmpCommand.Refused, rotated.Code);
        Assert.EndsWith(" is current. 1 keys of records were wrapped anew.\n", rotated.Output, StringComparison.Ordinal);
        Assert.Equal(1200, rotated.Error.Split('\n').Count(line => line.EndsWith("stays as it is.", StringComparison.Ordinal)));
        Assert.Equal(3, rotated.Error.Split('\n').Count(line => line.EndsWith("wrapped anew", StringComparison.Ordinal)));
        await sample.AssertReadableAsync();
    }

    [Fact]
    public async Task Keys_move_from_files_into_a_token_while_the_server_runs()
    {
        var options = hsm.Options(prefix: $"dmp-move-{Guid.NewGuid():N}-");
        string[] token =
        [
            $"--Dmp:Keys:Pkcs11:Module={options.Module}", $"--Dmp:Keys:Pkcs11:Token={options.Token}",
            $"--Dmp:Keys:Pkcs11:PinFile={options.PinFile}",
            $"--Dmp:Keys:Pkcs11:LabelPrefix={options.LabelPrefix}",
        ];
        await using var server = await TestServer.StartAsync(platform, [.. token, "--Dmp:Keys:CacheFor=00:00:00"]);
        var sample = await Sample.UploadAsync(platform, server);

        var settings = Path.Combine(server.DataDirectory, "operator.json");
        var place = $"\"Module\": \"{options.Module}\", \"Token\": \"{options.Token}\"";
        await File.WriteAllTextAsync(
            settings,
            $$"""
            {
              // As the server's own.
              "Dmp": { "Keys": { "Provider": "Pkcs11", "Directory": "{{server.MasterKeyDirectory}}",
                "Pkcs11": { {{place}}, "PinFile": "{{options.PinFile}}", "LabelPrefix": "{{options.LabelPrefix}}" } } }
            }
            """,
            Token);
        KeysCli cli = new(platform, server, "--settings", settings);
        var master = await cli.DoAsync("new");
        Assert.StartsWith("pkcs11/dmp-move-", master, StringComparison.Ordinal);
        await cli.DoAsync("rotate");
        Directory.Delete(server.MasterKeyDirectory, recursive: true);
        await sample.AssertReadableAsync();
        await (await Sample.UploadAsync(platform, server)).AssertReadableAsync();
        Assert.Equal([master], await MastersInUseAsync(server));

        // A server with only the token starts, and reads what was written before it.
        await using var fresh = await server.StartBesideAsync(platform, [.. token, "--Dmp:Keys:Provider=Pkcs11"]);
        Assert.Equal(sample.Content, await sample.At(platform, fresh).ReadAsync(sample.Document));
    }

    [Fact]
    public async Task What_the_patient_wished_is_not_kept_when_its_key_is_destroyed()
    {
        await using var server = await TestServer.StartAsync(platform);
        KeysCli cli = new(platform, server);
        var samples = new[] { await Sample.UploadAsync(platform, server), await Sample.UploadAsync(platform, server) };
        foreach (var sample in samples)
        {
            await cli.ExecuteAsync(
                $"""
                insert into wish (wish_id, record_id, kind, content, record_key_id, stated_by, state_time)
                values (gen_random_uuid(), '{sample.RecordId}', 1, '', gen_random_uuid(), '', now());
                insert into trusted_person (
                    trusted_person_id, record_id, content, record_key_id, code_sha256, code_expire_time, create_time)
                values (gen_random_uuid(), '{sample.RecordId}', '', gen_random_uuid(), sha256('{sample.RecordId}'), now(), now());
                """);
        }

        await cli.DestroyAsync(samples[0].RecordId);

        foreach (var table in new[] { "wish", "trusted_person" })
        {
            Assert.Equal(
                samples[1].RecordId, await server.QueryAsync<string>(platform, $"select string_agg(record_id::text, ' ') from {table}"));
        }
    }

    [Fact]
    public async Task An_operator_sees_which_key_does_what()
    {
        await using var server = await TestServer.StartAsync(platform);
        KeysCli cli = new(platform, server);
        var sample = await Sample.UploadAsync(platform, server);
        await Sample.UploadAsync(platform, server);
        var first = Assert.Single(await MastersInUseAsync(server));
        var second = await cli.DoAsync("new");
        Assert.Equal([$"unused             0  {second}", $"current            2  {first}"], (await cli.DoAsync("list")).Split('\n')[1..]);

        await cli.DestroyAsync(sample.RecordId);
        await cli.DoAsync("rotate");
        File.Delete(Path.Combine(server.MasterKeyDirectory, first["file/".Length..] + ".key"));
        Assert.Equal([$"current            1  {second}"], (await cli.DoAsync("list")).Split('\n')[1..]);
        Assert.Equal(
            [
                $"current master key            {second}", "record keys under it          1", "record keys under others      0",
                "record keys destroyed         1", "versions that are not sealed  0",
            ],
            (await cli.DoAsync("status")).Split('\n'));
    }

    [Theory]
    [InlineData(DmpCommand.Misused, "destroy", "1", "--reason", "long enough a reason")]
    [InlineData(DmpCommand.Misused, "destroy", "0197b1a0-0000-7000-8000-000000000000")]
    [InlineData(DmpCommand.Misused, "destroy", "0197b1a0-0000-7000-8000-000000000000", "--reason", "short")]
    [InlineData(DmpCommand.Misused, "destroy", "0197b1a0-0000-7000-8000-000000000000", "--reason", "two\nlines of reasons")]
    [InlineData(DmpCommand.Refused, "destroy", "0197b1a0-0000-7000-8000-000000000000", "--reason", "long enough a reason", "--yes")]
    [InlineData(DmpCommand.Refused, "new")]
    [InlineData(DmpCommand.Refused, "new", "--settings", "/dev/null")]
    public async Task Wrong_usage_is_told_before_anything_is_done(int code, params string[] arguments)
    {
        await using StringWriter output = new();
        await using StringWriter error = new();
        Assert.Equal(code, await DmpCommand.RunAsync(["keys", .. arguments, "--connection", "Host=nowhere"], output, error, Token));
        Assert.NotEmpty(error.ToString());
        Assert.Empty(output.ToString());
    }

    /// <summary>Opens records, writes small and large documents and reads them again until it is told to stop.</summary>
    private async Task<List<Sample>> LoadAsync(TestServer server, CancellationToken enough)
    {
        List<Sample> written = [];
        while (!enough.IsCancellationRequested || written.Count < 2)
        {
            written.Add(await Sample.UploadAsync(platform, server, written.Count % 2 == 0 ? 5000 : 400_000));
            foreach (var sample in written.TakeLast(3))
            {
                await sample.AssertReadableAsync();
            }
        }

        return written;
    }

    private Task WaitForRecordsAsync(TestServer server, long count) => Waiting.UntilAsync(
        async () => await server.QueryAsync<long>(platform, "select count(*) from record_key") >= count);

    private async Task<string[]> MastersInUseAsync(TestServer server) =>
        await server.QueryAsync<string[]>(
            platform, "select coalesce(array_agg(distinct master_key_id), '{}') from record_key where destroy_time is null");
}
