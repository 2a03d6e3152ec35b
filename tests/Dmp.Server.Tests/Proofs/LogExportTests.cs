using System.Text;
using Dmp.Audit.V1;
using Dmp.Cli;
using Dmp.Cli.Audit;
using Dmp.Proofs;
using Dmp.Server.Audit;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>The whole log leaves the house as a file, and is verified without the database; whatever is changed in it is named.</summary>
public sealed class LogExportTests(Platform platform) : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmp-log-export");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public async Task The_whole_log_is_exported_and_verified_without_the_database()
    {
        await using var server = await FilledAsync();
        var path = PathOf("log");
        var newest = await server.SettleAsync(platform);

        var made = await RunAsync("audit", "export", path, "--connection", platform.Databases.AdminOf(server.Database));

        Assert.Equal((0, "", $"Exported {newest.Size} leaves, up to the checkpoint of size {newest.Size}.\n"), made);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        var good = await VerifyAsync(server, path);
        Assert.Equal((0, ""), (good.Code, good.Error));
        Assert.StartsWith("note: made without --with-internals", good.Output, StringComparison.Ordinal);
        Assert.Contains($"\n{newest.Size} events, 0 retired; {newest.Size} leaves from 0 on, ", good.Output, StringComparison.Ordinal);
        Assert.EndsWith($" checkpoints, in the log {newest.Origin} of {newest.Size}: verified.\n", good.Output, StringComparison.Ordinal);

        // An auditor sees what it sees online, and not what is shown to nobody.
        var lines = await ReadAsync(path);
        Assert.DoesNotContain(lines.SelectMany(line => line.Leaf?.Event?.Parts ?? []), part => part.Slot == 2);
        List<AuditEvent> told = [];
        await using (var stream = File.OpenRead(path))
        {
            Assert.True((await new TraceVerifier(server.Verifiers()[0].Text).VerifyLogAsync(stream, newest.Note, told.Add, Token)).IsValid);
        }

        Assert.Equal(newest.Size, told.Count);
        Assert.All(told, e => Assert.NotNull(e.Duration));
        Assert.Contains(told, e => e.Documents.Count == 1);

        // Written over nothing; and the same on the standard output.
        Assert.Equal(3, (await RunAsync("audit", "export", path, "--connection", platform.Databases.AdminOf(server.Database))).Code);
        var streamed = await RunAsync("audit", "export", "-", "--connection", platform.Databases.AdminOf(server.Database));
        Assert.Equal(await File.ReadAllTextAsync(path, Token), streamed.Output);

        // A good file of before is not today's: what was kept since tells.
        await server.AddSignedAsync(platform, 1);
        var later = await server.SettleAsync(platform);
        var fault = Assert.Single((await CheckAsync(server, lines, later.Note)).Faults);
        Assert.Equal(
            (TraceFaultKind.LogRewritten,
                $"The log of the export has {newest.Size} leaves, and had {later.Size} when the checkpoint was kept."),
            (fault.Kind, fault.Message));
        Assert.Equal(2, (await RunAsync("audit", "export", "-", "--from-size", "-1", "--connection", "Host=x")).Code);
    }

    [Fact]
    public async Task Whatever_is_changed_in_the_file_is_named()
    {
        await using var server = await FilledAsync();
        await server.AddSignedAsync(platform, 20);
        var newest = await server.SettleAsync(platform);
        var path = PathOf("log");
        await RunAsync("audit", "export", path, "--with-internals", "--connection", platform.Databases.AdminOf(server.Database));
        var export = await ReadAsync(path);
        var leaf = export.FindIndex(line => line.Leaf is { LeafIndex: 5 });
        var upload = export.FindIndex(line => line.Leaf?.Event.Parts.Count > 3);
        var state = export.FindIndex(leaf, line => line.Checkpoint is not null);
        var middle = export.FindIndex(line => line.Checkpoint is { TreeSize: > 0 });
        using var forger = NoteSigner.Generate(newest.Origin);
        Assert.True(middle < leaf && state > leaf);

        (TraceFaultKind Kind, Action<List<LogExportLine>> Change)[] changes =
        [
            (TraceFaultKind.EventChanged, e => e[leaf].Leaf.Event.Parts[0].Content = Changed(e[leaf].Leaf.Event.Parts[0].Content)),
            (TraceFaultKind.EventChanged, e => e[leaf].Leaf.Event.Parts.RemoveAt(1)),
            (TraceFaultKind.EventChanged, e => e[leaf].Leaf.Event.Parts.RemoveAt(2)),
            (TraceFaultKind.EventChanged, e => e[upload].Leaf.Event.Parts.RemoveAt(3)),
            (TraceFaultKind.EventChanged, e => e[leaf].Leaf.Event.EventId = e[leaf - 1].Leaf.Event.EventId),
            (TraceFaultKind.EventNotInLog, e => e[leaf].Leaf.Event.Root = Changed(e[leaf].Leaf.Event.Root)),
            (TraceFaultKind.EventNotInLog, e => e[leaf].Leaf.LeafHash = Changed(e[leaf].Leaf.LeafHash)),
            (TraceFaultKind.EventNotInLog,
                e => (e[leaf].Leaf.Event, e[leaf + 1].Leaf.Event) = (e[leaf + 1].Leaf.Event, e[leaf].Leaf.Event)),
            (TraceFaultKind.EventForged, e => e[leaf].Leaf.Event.Signature = Changed(e[leaf].Leaf.Event.Signature)),
            (TraceFaultKind.EventForged, e => e[leaf].Leaf.Event.Signature = ByteString.Empty),
            (TraceFaultKind.EventForged, e => e[leaf].Leaf.Event.KeyId = forger.Verifier.KeyId),
            (TraceFaultKind.EventMissing, e => e.RemoveAt(leaf)),
            (TraceFaultKind.EventMissing, e => e[leaf].Leaf.Event = null),
            (TraceFaultKind.EventMissing, e => (e[leaf].Leaf.Event, e[leaf].Leaf.Month) = (null, "2001-01")),
            (TraceFaultKind.EventMissing, e => (e[leaf].Leaf.Event, e[leaf].Leaf.Month) = (null, "9999-12")),
            (TraceFaultKind.EventMissing, e => (e[leaf].Leaf.Event, e[leaf].Leaf.Month) = (null, $"{DateTime.UtcNow:yyyy-MM}")),
            (TraceFaultKind.EventMissing, e => e.RemoveRange(leaf, e.Count - leaf - 1)),
            (TraceFaultKind.Incomplete, e => e.Insert(leaf, e[leaf - 1])),
            (TraceFaultKind.Incomplete, e => (e[leaf], e[leaf + 1]) = (e[leaf + 1], e[leaf])),
            (TraceFaultKind.Incomplete, e => e.RemoveAt(0)),
            (TraceFaultKind.Incomplete, e => e.RemoveAt(e.Count - 1)),
            (TraceFaultKind.Incomplete, e => e.RemoveRange(leaf, e.Count - leaf)),
            (TraceFaultKind.Incomplete, e => e.Insert(1, e[0])),
            (TraceFaultKind.Incomplete, e => e.Add(e[^1])),
            (TraceFaultKind.Incomplete, e => e[leaf] = new LogExportLine()),
            (TraceFaultKind.Incomplete, e => (e[state], e[leaf]) = (e[leaf], e[state])),
            (TraceFaultKind.LogRewritten, e => Swap(e[leaf].Leaf, e[leaf + 1].Leaf)),
            (TraceFaultKind.LogRewritten,
                e => (e[leaf].Leaf.Event, e[leaf].Leaf.LeafHash) = (e[leaf + 1].Leaf.Event, e[leaf + 1].Leaf.LeafHash)),
            (TraceFaultKind.CheckpointMissing, e => e.RemoveAt(middle)),
            (TraceFaultKind.CheckpointMissing, e => e.RemoveAt(1)),
            (TraceFaultKind.CheckpointMissing, e => e.RemoveAt(e.Count - 2)),
            (TraceFaultKind.CheckpointMissing, e => e[0].Log.FirstCheckpoint = e[0].Log.Checkpoint.Note),
            (TraceFaultKind.CheckpointForged, e => e[0].Log.FirstCheckpoint = ""),
            (TraceFaultKind.CheckpointForged, e => e[0].Log.Checkpoint.TreeSize++),
            (TraceFaultKind.CheckpointForged, e => e[state].Checkpoint.Root = Changed(e[state].Checkpoint.Root)),
            (TraceFaultKind.CheckpointForged, e => e[state].Checkpoint.Note = Checkpoint.Sign(newest.Origin, 9, TreeHash.Empty, [forger])),
        ];
        Assert.Empty((await CheckAsync(server, export)).Faults);
        for (var i = 0; i < changes.Length; i++)
        {
            var copy = export.ConvertAll(line => line.Clone());
            changes[i].Change(copy);
            var result = await CheckAsync(server, copy);
            Assert.True(result.Faults.Any(fault => fault.Kind == changes[i].Kind), $"{i}: {string.Join("; ", result.Faults)}");
            if (changes[i].Kind is TraceFaultKind.EventForged)
            {
                Assert.Equal([export[leaf].Leaf.Event.EventId], result.Faults.Select(fault => fault.EventId));
            }
        }

        // Each line for itself: none can be taken away, none be there twice, none change places with the next.
        for (var i = 0; i < export.Count; i++)
        {
            var line = export[i];
            Assert.False((await CheckAsync(server, [.. export[..i], .. export[(i + 1)..]])).IsValid, $"without line {i}: {line}");
            Assert.False((await CheckAsync(server, [.. export[..i], line, .. export[i..]])).IsValid, $"line {i} twice: {line}");
            Assert.False((await CheckAsync(server, [.. export[..i]])).IsValid, $"cut before line {i}");
            if (i + 1 < export.Count)
            {
                Assert.False(
                    (await CheckAsync(server, [.. export[..i], export[i + 1], line, .. export[(i + 2)..]])).IsValid,
                    $"line {i} swapped: {line}");
            }
        }

        Assert.Contains("cannot be read", Assert.Single(
            (await VerifierOf(server).VerifyLogAsync(new MemoryStream("{\"x\n"u8.ToArray()), cancellationToken: Token)).Faults,
            fault => fault.Message.Contains("line", StringComparison.Ordinal)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_that_are_not_trusted_prove_nothing()
    {
        await using var server = await FilledAsync();
        var path = PathOf("log");
        await RunAsync("audit", "export", path, "--connection", platform.Databases.AdminOf(server.Database));
        using var foreign = NoteSigner.Generate(server.Verifiers()[0].Name);

        var (code, output, _) = await RunAsync("audit", "verify", path, "--key", foreign.Verifier.Text);

        Assert.Equal(1, code);
        Assert.Contains("CheckpointForged: The checkpoint of the export is not signed by a trusted key.", output, StringComparison.Ordinal);
        Assert.Contains(
            "CheckpointForged: The first checkpoint of the log is not signed by a trusted key.", output, StringComparison.Ordinal);
        Assert.Contains($"is signed with {server.Verifiers()[0].KeyId}, which is no trusted key.", output, StringComparison.Ordinal);
        Assert.Contains(", in no log: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_of_what_is_new_continues_the_one_before()
    {
        await using var server = await FilledAsync();
        var admin = platform.Databases.AdminOf(server.Database);
        var first = (await server.ListAsync<string>(
            platform, "select note from audit_checkpoint where tree_size > 0 order by tree_size limit 1"))[0];
        await server.AddSignedAsync(platform, 300);
        var kept = await server.SettleAsync(platform);
        await server.AddSignedAsync(platform, 30);
        await server.SettleAsync(platform);
        var (path, keptPath, firstPath) = (PathOf("new"), PathOf("kept"), PathOf("first"));
        await File.WriteAllTextAsync(keptPath, kept.Note, Token);
        await File.WriteAllTextAsync(firstPath, first, Token);

        Assert.Equal(
            0, (await RunAsync("audit", "export", path, "--with-internals", "--from-size", $"{kept.Size}", "--connection", admin)).Code);

        var good = await VerifyAsync(server, path, "--checkpoint", keptPath);
        Assert.Equal((0, ""), (good.Code, good.Error));
        Assert.StartsWith($"30 events, 0 retired; 30 leaves from {kept.Size} on, ", good.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await VerifyAsync(server, path)).Code);
        var older = await VerifyAsync(server, path, "--checkpoint", firstPath);
        Assert.Equal(1, older.Code);
        Assert.Contains($"make it with --from-size {Checkpoint.Parse(first).Size}.", older.Output, StringComparison.Ordinal);

        var export = await ReadAsync(path);
        Assert.True(export[0].Log.Edge.Count > 1);
        using var forger = NoteSigner.Generate(kept.Origin);
        foreach (var change in new Action<LogExportHeader>[]
        {
            header => header.Edge[0] = Changed(header.Edge[0]),
            header => header.Edge.RemoveAt(0),
            header => header.FromSize++,
            header => header.FromSize = -1,
            header => header.FromSize = 0,
            header => header.FromCheckpoint = Checkpoint.Sign(kept.Origin, kept.Size, kept.Root.Span, [forger]),
            header => header.FromCheckpoint = header.Checkpoint.Note,
        })
        {
            var copy = export.ConvertAll(line => line.Clone());
            change(copy[0].Log);
            Assert.False((await CheckAsync(server, copy, kept.Note)).IsValid, $"{copy[0]}");
        }

        // Between two exports the log was written anew, by somebody with the keys: only what was kept tells.
        var lied = Checkpoint.Sign(kept.Origin, kept.Size, TreeHash.Empty, server.Services.GetRequiredService<TraceKeys>().Signers);
        Assert.Contains((await CheckAsync(server, export, lied)).Faults, fault => fault.Kind == TraceFaultKind.LogRewritten);
        Assert.Equal(1, (await RunAsync("audit", "export", "-", "--from-size", "999999", "--connection", admin)).Code);

        // All of it continues what was kept anywhere on its way.
        var whole = PathOf("whole");
        Assert.Equal(0, (await RunAsync("audit", "export", whole, "--connection", admin)).Code);
        Assert.Equal(0, (await VerifyAsync(server, whole, "--checkpoint", firstPath)).Code);
        Assert.Equal(0, (await VerifyAsync(server, whole, "--checkpoint", keptPath)).Code);
        Assert.Contains(
            (await CheckAsync(server, await ReadAsync(whole), lied)).Faults, fault => fault.Kind == TraceFaultKind.LogRewritten);
    }

    [Fact]
    public async Task Ten_thousand_events_pass_through_little_memory()
    {
        const int Count = 10_000;
        await using var server = await TestServer.StartAsync(platform);
        await server.AddSignedAsync(platform, Count);
        await server.SettleAsync(platform);
        var path = PathOf("large");
        await using (var connection = await OpenAsync(server))
        await using (WatchedWriter writer = new(path))
        {
            await new LogExport(connection, 0, withInternals: true).RunAsync(writer, Token);
            Assert.InRange(writer.Lines.Written, Count, 2 * Count);

            // Two pages of 500: one that is written, and what the runtime has not let go of.
            Assert.InRange(writer.Lines.MostAlive, 1, 1100);
        }

        Watched<AuditEvent> events = new();
        await using var stream = File.OpenRead(path);
        var result = await VerifierOf(server).VerifyLogAsync(stream, onEvent: events.Add, cancellationToken: Token);
        Assert.Empty(result.Faults);
        Assert.Equal((Count, Count), (result.EventCount, events.Written));
        Assert.InRange(events.MostAlive, 1, 50);
    }

    private async Task<TestServer> FilledAsync()
    {
        var server = await TestServer.StartAsync(platform);
        await server.SettleAsync(platform);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(record);
        await server.SettleAsync(platform);
        await api.UploadAsync(record);
        await server.SettleAsync(platform);
        return server;
    }

    private async Task<NpgsqlConnection> OpenAsync(TestServer server)
    {
        NpgsqlConnection connection = new(platform.Databases.AdminOf(server.Database));
        await connection.OpenAsync(Token);
        return connection;
    }

    private string PathOf(string name) => Path.Combine(directory.FullName, $"{name}.jsonl");

    private static TraceVerifier VerifierOf(TestServer server) => new(server.Verifiers()[0].Text);

    private static Task<LogVerification> CheckAsync(TestServer server, IEnumerable<LogExportLine> lines, string? earlier = null) =>
        VerifierOf(server).VerifyLogAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => TraceVerifier.ToLine(line) + "\n")))), earlier,
            cancellationToken: Token);

    private static async Task<List<LogExportLine>> ReadAsync(string path) =>
        [.. (await File.ReadAllLinesAsync(path, Token)).Select(LogExportLine.Parser.ParseJson)];

    private static ByteString Changed(ByteString bytes)
    {
        var changed = bytes.ToByteArray();
        changed[^1] ^= 1;
        return ByteString.CopyFrom(changed);
    }

    private static void Swap(LogExportLeaf one, LogExportLeaf other)
    {
        (one.Event, other.Event) = (other.Event, one.Event);
        (one.LeafHash, other.LeafHash) = (other.LeafHash, one.LeafHash);
    }

    private static Task<(int Code, string Output, string Error)> VerifyAsync(TestServer server, string path, params string[] arguments) =>
        RunAsync(["audit", "verify", path, "--key", server.Verifiers()[0].Text, .. arguments]);

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using StringWriter output = new() { NewLine = "\n" };
        await using StringWriter error = new() { NewLine = "\n" };
        var code = await DmpCommand.RunAsync(arguments, output, error, Token);
        return (code, output.ToString(), error.ToString());
    }
}
