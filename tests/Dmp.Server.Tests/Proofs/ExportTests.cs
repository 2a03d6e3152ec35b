using System.Text;
using Dmp.Audit.V1;
using Dmp.Cli;
using Dmp.Client;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>The SDK exports and verifies, offline too; whatever is changed in the file is named.</summary>
public sealed class ExportTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string[] Keys => [.. platform.Server.Verifiers().Select(key => key.Text)];

    [Fact]
    public async Task An_export_is_verified_from_its_file_and_continues_the_one_before()
    {
        var record = await platform.RecordAsync();
        using var dmp = Client(platform.Callers.Token(record.Patient));
        await platform.Server.SettleAsync(platform);
        using MemoryStream first = new(), second = new();

        var kept = await dmp.ExportTraceAsync(record.Id, first, cancellationToken: Token);
        await platform.As(record.Physician).UploadAsync(record.Id);
        await platform.Server.SettleAsync(platform);
        var later = await dmp.ExportTraceAsync(record.Id, second, kept, Token);

        first.Position = second.Position = 0;
        var verifier = new TraceVerifier(Keys);
        var before = await verifier.VerifyAsync(first, cancellationToken: Token);
        Assert.Empty(before.Faults);
        Assert.Equal(kept, before.Checkpoint!.Note);
        var after = await verifier.VerifyAsync(second, kept, cancellationToken: Token);
        Assert.Empty(after.Faults);
        Assert.Equal(later, after.Checkpoint!.Note);
        Assert.True(after.EventCount >= before.EventCount + 2);

        // The later one says nothing of another state, and the earlier one ends before it.
        first.Position = second.Position = 0;
        Assert.Equal(
            TraceFaultKind.LogRewritten, Assert.Single((await verifier.VerifyAsync(first, later, cancellationToken: Token)).Faults).Kind);
        using var signer = NoteSigner.Generate(before.Checkpoint.Origin);
        var lied = Checkpoint.Sign(before.Checkpoint.Origin, before.Checkpoint.Size, TreeHash.Empty, [signer]);
        await Assert.ThrowsAsync<FormatException>(() => verifier.VerifyAsync(second, lied, cancellationToken: Token));
        var believer = new TraceVerifier([.. Keys, signer.Verifier.Text]);
        second.Position = 0;
        Assert.Equal(
            TraceFaultKind.LogRewritten, Assert.Single((await believer.VerifyAsync(second, lied, cancellationToken: Token)).Faults).Kind);
    }

    [Fact]
    public async Task A_trace_is_verified_as_it_streams_in()
    {
        var record = await platform.RecordAsync();
        using var dmp = Client(platform.Callers.Token(record.Patient));
        var kept = (await dmp.GetCheckpointAsync(Token)).Checkpoint.Note;
        await platform.Server.SettleAsync(platform);
        List<AuditEvent> told = [];

        var verification = await dmp.VerifyTraceAsync(record.Id, Keys, kept, told.Add, Token);

        Assert.True(verification.IsValid);
        Assert.Equal(verification.EventCount, told.Count);
        var proof = await dmp.GetConsistencyProofAsync(
            new GetConsistencyProofRequest { FromSize = Math.Max(1, Checkpoint.Parse(kept).Size) }, Token);
        Assert.True(proof.ToSize >= verification.Checkpoint!.Size);
        var inclusion = await dmp.GetInclusionProofAsync(
            new GetInclusionProofRequest { RecordId = record.Id, EventIds = { told[0].EventId } }, Token);
        Assert.Equal(told[0].EventId, inclusion.Events[0].EventId);
        using var stranger = Client(platform.Callers.Token(TestPatient.New()));
        var refusal = await Assert.ThrowsAsync<DmpAccessDeniedException>(
            () => stranger.VerifyTraceAsync(record.Id, Keys, cancellationToken: Token));
        Assert.Equal(ErrorReason.RecordAccessDenied, refusal.ErrorReason);
    }

    [Fact]
    public async Task Whatever_is_changed_in_an_export_is_named()
    {
        var record = await platform.RecordAsync();
        await platform.As(record.Physician).UploadAsync(record.Id);
        await platform.Server.SettleAsync(platform);
        var export = await ExportAsync(record);
        Assert.Equal(5, export.Count);
        var other = await ExportAsync(await OtherAsync());
        using var forger = NoteSigner.Generate("sandbox.dmp.example/trace");

        (TraceFaultKind Kind, Action<List<ExportRecordEventsResponse>> Change)[] changes =
        [
            (TraceFaultKind.EventChanged, e => e[1].Event.Parts[0].Content = Changed(e[1].Event.Parts[0].Content)),
            (TraceFaultKind.EventChanged, e => e[1].Event.Parts[0].Salt = Changed(e[1].Event.Parts[0].Salt)),
            (TraceFaultKind.EventChanged, e => e[1].Event.Parts[0].Path[3] = Changed(e[1].Event.Parts[0].Path[3])),
            (TraceFaultKind.EventChanged, e => e[1].Event.Parts[0].Path.RemoveAt(7)),
            (TraceFaultKind.EventChanged, e => e[1].Event.Parts[0].Slot = 3),
            (TraceFaultKind.EventChanged, e => e[1].Event.Parts.Clear()),
            (TraceFaultKind.EventChanged, e => e[1].Event.EventId = "00000000-0000-7000-8000-000000000000"),
            (TraceFaultKind.EventChanged, e => e[3].Event.Parts[1].Content = Changed(e[3].Event.Parts[1].Content)),
            (TraceFaultKind.EventChanged, e => e[1].Event.Root = Changed(e[1].Event.Root)),
            (TraceFaultKind.EventChanged, e => e[1].Event = other[1].Event),
            (TraceFaultKind.EventNotInLog, e => e[1].Event.LeafIndex++),
            (TraceFaultKind.EventNotInLog, e => e[1].Event.Proof[0] = Changed(e[1].Event.Proof[0])),
            (TraceFaultKind.EventNotInLog, e => e[1].Event.Proof.RemoveAt(0)),
            (TraceFaultKind.EventForged, e => e[1].Event.Signature = Changed(e[1].Event.Signature)),
            (TraceFaultKind.EventForged, e => e[1].Event.Signature = ByteString.Empty),
            (TraceFaultKind.EventForged, e => e[1].Event.KeyId = forger.Verifier.KeyId),
            (TraceFaultKind.CheckpointForged,
                e => e[0].Header.Checkpoint.Note = e[0].Header.Checkpoint.Note.Replace("trace\n", "trade\n", StringComparison.Ordinal)),
            (TraceFaultKind.CheckpointForged,
                e => e[0].Header.Checkpoint.Note = Checkpoint.Sign("sandbox.dmp.example/trace", 9, TreeHash.Empty, [forger])),
            (TraceFaultKind.CheckpointForged, e => e[0].Header.Checkpoint.TreeSize++),
            (TraceFaultKind.CheckpointForged, e => e[0].Header.Checkpoint.Root = Changed(e[0].Header.Checkpoint.Root)),
            (TraceFaultKind.CheckpointForged, e => e[0].Header.Checkpoint = null),
            (TraceFaultKind.Incomplete, e => e.RemoveAt(2)),
            (TraceFaultKind.Incomplete, e => e.RemoveAt(4)),
            (TraceFaultKind.Incomplete, e => e.RemoveAt(0)),
            (TraceFaultKind.Incomplete, e => e.Insert(2, e[1])),
            (TraceFaultKind.Incomplete, e => (e[1], e[2]) = (e[2], e[1])),
            (TraceFaultKind.Incomplete, e => e.Add(e[4])),
            (TraceFaultKind.Incomplete, e => e.Insert(1, e[0])),
            (TraceFaultKind.Incomplete, e => e[1] = new ExportRecordEventsResponse()),
        ];
        for (var i = 0; i < changes.Length; i++)
        {
            var copy = export.ConvertAll(message => message.Clone());
            changes[i].Change(copy);
            var verification = await new TraceVerifier(Keys).VerifyAsync(AsFile(copy), cancellationToken: Token);
            Assert.True(verification.Faults.Any(fault => fault.Kind == changes[i].Kind), $"{i}: {string.Join("; ", verification.Faults)}");
            if (changes[i].Kind is TraceFaultKind.EventNotInLog or TraceFaultKind.EventForged)
            {
                Assert.Equal([export[1].Event.EventId], verification.Faults.Select(fault => fault.EventId));
            }
        }

        Assert.False((await new TraceVerifier(Keys).VerifyAsync(new MemoryStream("{\"x\n"u8.ToArray()), cancellationToken: Token)).IsValid);
        Assert.False((await new TraceVerifier(Keys).VerifyAsync(new MemoryStream(), cancellationToken: Token)).IsValid);
        Assert.Throws<FormatException>(() => new TraceVerifier("no key"));
        Assert.Throws<ArgumentException>(() => new TraceVerifier());
    }

    [Fact]
    public async Task The_command_verifies_an_export_without_a_database()
    {
        var record = await platform.RecordAsync();
        await platform.Server.SettleAsync(platform);
        var path = Path.Combine(Path.GetTempPath(), $"dmp-export-{Guid.NewGuid():N}.jsonl");
        try
        {
            var export = await ExportAsync(record);
            await File.WriteAllBytesAsync(path, AsFile(export).ToArray(), Token);
            var good = await RunAsync("audit", "verify", path, "--key", Keys[0]);
            Assert.Equal((0, ""), (good.Code, good.Error));
            Assert.StartsWith(
                $"2 events of the record {record.Id}, in the log sandbox.dmp.example/trace of ", good.Output, StringComparison.Ordinal);
            Assert.EndsWith(": verified.\n", good.Output, StringComparison.Ordinal);

            export[1].Event.Signature = Changed(export[1].Event.Signature);
            await File.WriteAllBytesAsync(path, AsFile(export).ToArray(), Token);
            var bad = await RunAsync("audit", "verify", path, "--key", Keys[0]);
            Assert.Equal(1, bad.Code);
            Assert.StartsWith($"EventForged {export[1].Event.EventId}: ", bad.Output, StringComparison.Ordinal);
            Assert.Equal(1, (await RunAsync("audit", "verify", path)).Code);
            Assert.Equal(1, (await RunAsync("audit", "verify", path, "--key", "x")).Code);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task<OpenedRecord> OtherAsync()
    {
        var record = await platform.RecordAsync();
        await platform.Server.SettleAsync(platform);
        return record;
    }

    private async Task<List<ExportRecordEventsResponse>> ExportAsync(OpenedRecord record)
    {
        using var call = platform.As(record.Patient).Audit.ExportRecordEvents(
            new ExportRecordEventsRequest { RecordId = record.Id }, cancellationToken: Token);
        List<ExportRecordEventsResponse> export = [];
        while (await call.ResponseStream.MoveNext(Token))
        {
            export.Add(call.ResponseStream.Current);
        }

        return export;
    }

    private DmpClient Client(string token) =>
        new(new DmpClientOptions { Address = platform.Server.Address, Tokens = new DelegateTokenSource(_ => ValueTask.FromResult(token)) });

    private static ByteString Changed(ByteString bytes)
    {
        var changed = bytes.ToByteArray();
        changed[^1] ^= 1;
        return ByteString.CopyFrom(changed);
    }

    private static MemoryStream AsFile(IEnumerable<ExportRecordEventsResponse> export) =>
        new(Encoding.UTF8.GetBytes(string.Concat(export.Select(message => TraceVerifier.ToLine(message) + "\n"))));

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using StringWriter output = new() { NewLine = "\n" };
        await using StringWriter error = new() { NewLine = "\n" };
        var code = await DmpCommand.RunAsync(arguments, output, error, Token);
        return (code, output.ToString(), error.ToString());
    }
}
