using System.Text;
using Dmp.Audit.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>What a caller may see of a trace, the caller can verify; and nothing else comes with it.</summary>
public sealed class RecordProofTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TraceVerifier Verifier => new(platform.Server.Verifiers().Select(key => key.Text));

    [Fact]
    public async Task The_patient_exports_and_verifies_the_whole_trace()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        await platform.As(record.Physician).SearchIdsAsync(record.Id);
        await platform.Server.SettleAsync(platform);
        var patient = platform.As(record.Patient);
        var listed = await ListAsync(patient, record.Id);

        List<AuditEvent> told = [];
        var export = await ExportAsync(patient, record.Id);
        var verification = await Verifier.VerifyAsync(AsFile(export), onEvent: told.Add, cancellationToken: Token);

        Assert.Empty(verification.Faults);
        Assert.Equal((record.Id, 4L), (verification.RecordId, verification.EventCount));
        Assert.Equal(listed.Select(e => e.EventId), told.Select(e => e.EventId));
        Assert.Equal(listed.Select(Sorted), told.Select(Sorted));
        Assert.Contains(
            told, e => e.DocumentIds.Contains(document.DocumentId) && e.Method.EndsWith("UploadDocument", StringComparison.Ordinal));
        Assert.All(told, e => Assert.Equal(("", null), (e.Origin, e.Duration)));

        // The export was itself traced.
        Assert.Contains(await ListAsync(patient, record.Id), e => e.Method == "dmp.audit.v1.AuditService/ExportRecordEvents");
    }

    [Fact]
    public async Task An_auditor_gets_origin_and_duration_proven_too()
    {
        var record = await platform.RecordAsync();
        await platform.Server.SettleAsync(platform);

        List<AuditEvent> told = [];
        var verification = await Verifier.VerifyAsync(
            AsFile(await ExportAsync(platform.AsAuditor(), record.Id)), onEvent: told.Add, cancellationToken: Token);

        Assert.Empty(verification.Faults);
        Assert.All(told, e => Assert.Equal("127.0.0.1", e.Origin));
        Assert.All(told, e => Assert.True(e.Duration.ToTimeSpan() > TimeSpan.Zero));
    }

    [Fact]
    public async Task Another_professional_exports_the_own_events_only()
    {
        var record = await platform.RecordAsync();
        var colleague = await platform.ColleagueAsync(record);
        await platform.Server.SettleAsync(platform);

        List<AuditEvent> told = [];
        var verification = await Verifier.VerifyAsync(
            AsFile(await ExportAsync(platform.As(colleague), record.Id)), onEvent: told.Add, cancellationToken: Token);

        Assert.Empty(verification.Faults);
        Assert.Equal([colleague.Id], told.Select(e => e.Actor.Id));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => ExportAsync(platform.As(TestProfessional.New()), record.Id));
    }

    [Fact]
    public async Task Documents_hidden_from_the_patient_are_proven_to_others_and_counted_by_nobody()
    {
        var record = await platform.RecordAsync();
        var physician = platform.As(record.Physician);
        var hidden = await physician.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));
        var visible = await physician.UploadAsync(record.Id);
        await physician.SearchIdsAsync(record.Id);
        await platform.Server.SettleAsync(platform);

        List<AuditEvent> patientSees = [], auditorSees = [];
        var export = await ExportAsync(platform.As(record.Patient), record.Id);
        Assert.Empty((await Verifier.VerifyAsync(AsFile(export), onEvent: patientSees.Add, cancellationToken: Token)).Faults);
        Assert.Empty((await Verifier.VerifyAsync(
            AsFile(await ExportAsync(platform.AsAuditor(), record.Id)), onEvent: auditorSees.Add, cancellationToken: Token)).Faults);

        Assert.DoesNotContain(hidden.DocumentId, Encoding.UTF8.GetString(AsFile(export).ToArray()), StringComparison.Ordinal);
        Assert.DoesNotContain(patientSees, e => e.DocumentIds.Contains(hidden.DocumentId));
        var search = Assert.Single(patientSees, e => e.Method.EndsWith("SearchDocuments", StringComparison.Ordinal));
        Assert.Equal([visible.DocumentId], search.DocumentIds);
        Assert.Equal(2, Assert.Single(auditorSees, e => e.EventId == search.EventId).DocumentIds.Count);
        Assert.Equal(auditorSees.Count - 1, patientSees.Count);

        // By its id the event about nothing but the hidden document is not there either.
        var secret = auditorSees.Select(e => e.EventId).Except(patientSees.Select(e => e.EventId)).Single();
        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.TraceEventNotFound, () => ProveAsync(platform.As(record.Patient), record.Id, secret));
        Assert.Equal(secret, Assert.Single((await ProveAsync(platform.AsAuditor(), record.Id, secret)).Events).EventId);
    }

    [Fact]
    public async Task Single_events_are_proven_against_the_newest_checkpoint_and_against_an_earlier_one()
    {
        var record = await platform.RecordAsync();
        var earlier = await platform.Server.SettleAsync(platform);
        var patient = platform.As(record.Patient);
        var first = (await ListAsync(patient, record.Id))[0];
        await platform.Server.SettleAsync(platform);

        var newest = await ProveAsync(patient, record.Id, first.EventId);
        var proven = Assert.Single(newest.Events);
        Assert.True(newest.TreeSize > earlier.Size);
        Assert.True(Checkpoint.Parse(newest.Checkpoint.Note).IsSignedBy(platform.Server.Verifiers()));
        Assert.True(IsIn(proven, newest.TreeSize, newest.Checkpoint.Root.Span));

        var old = await ProveAsync(patient, record.Id, first.EventId, earlier.Size);
        Assert.True(IsIn(old.Events[0], earlier.Size, earlier.Root.Span));
        Assert.Equal(earlier.Note, old.Checkpoint.Note);

        var consistency = await patient.Audit.GetConsistencyProofAsync(
            new GetConsistencyProofRequest { FromSize = earlier.Size, ToSize = newest.TreeSize }, cancellationToken: Token);
        Assert.True(TreeProof.VerifyConsistency(
            earlier.Size, earlier.Root.Span, newest.TreeSize, newest.Checkpoint.Root.Span,
            [.. consistency.Proof.Select(hash => hash.Memory)]));
        Assert.Equal(newest.Checkpoint.Note, consistency.Checkpoint.Note);
    }

    [Fact]
    public async Task Every_kind_of_caller_may_have_the_checkpoint_and_its_keys()
    {
        foreach (var api in new[]
        {
            platform.As(TestProfessional.New()), platform.AsStructure(TestProfessional.NewStructureId()), platform.As(TestPatient.New()),
            platform.AsRepresentativeOf(TestPatient.NewMinor()), platform.AsOperator(), platform.AsAuditor(),
        })
        {
            var answer = await api.Audit.GetCheckpointAsync(new GetCheckpointRequest(), cancellationToken: Token);
            var checkpoint = Checkpoint.Parse(answer.Checkpoint.Note);
            Assert.True(checkpoint.IsSignedBy(answer.Vkeys.Select(NoteVerifier.Parse)));
            Assert.Equal(
                (checkpoint.Size, answer.Checkpoint.Root), (answer.Checkpoint.TreeSize, ByteString.CopyFrom(checkpoint.Root.Span)));
            Assert.Contains(platform.Server.Verifiers()[0].Text, answer.Vkeys);
            Assert.Equal(0, Checkpoint.Parse(answer.FirstCheckpoint).Size);
        }
    }

    [Fact]
    public async Task Sizes_that_no_checkpoint_covers_and_events_that_are_not_there_are_told_as_such()
    {
        var record = await platform.RecordAsync();
        await platform.Server.SettleAsync(platform);
        var patient = platform.As(record.Patient);
        var one = (await ListAsync(patient, record.Id))[0].EventId;

        await Refusals.RefusedAsync(
            StatusCode.OutOfRange, ErrorReason.TraceSizeUnknown, () => ProveAsync(patient, record.Id, one, long.MaxValue));
        await Refusals.RefusedAsync(StatusCode.OutOfRange, ErrorReason.TraceSizeUnknown, () => ProveAsync(patient, record.Id, one, 1));
        await Refusals.RefusedAsync(
            StatusCode.OutOfRange,
            ErrorReason.TraceSizeUnknown,
            async () => await patient.Audit.GetConsistencyProofAsync(
                new GetConsistencyProofRequest { FromSize = 1_000_000_000 }, cancellationToken: Token));
        await Refusals.RefusedAsync(
            StatusCode.OutOfRange, ErrorReason.TraceSizeUnknown, () => ExportAsync(patient, record.Id, 1_000_000_000));
        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.TraceEventNotFound, () => ProveAsync(patient, record.Id, Given.NewId()));
        await Refusals.FieldsAsync(() => ProveAsync(patient, record.Id, "x", -1), "event_ids[0]", "tree_size");
        await Refusals.FieldsAsync(
            async () => await patient.Audit.GetConsistencyProofAsync(
                new GetConsistencyProofRequest { FromSize = 5, ToSize = 4 }, cancellationToken: Token),
            "to_size");
        await Refusals.FieldsAsync(() => ExportAsync(patient, record.Id, -1), "earlier_tree_size");
    }

    [Fact]
    public async Task An_event_that_is_not_in_the_log_yet_is_asked_for_again()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Audit:CheckpointInterval=00:01:00");

        // The first checkpoint, of the empty log; the next one is a minute away.
        await server.SettleAsync(platform);
        var patient = TestPatient.New();
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        var record = await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token);
        var reader = new DmpApi(server.Channel, platform.Callers.Token(patient));
        var events = await ListAsync(reader, record.Record.RecordId);

        await Refusals.RefusedAsync(
            StatusCode.Unavailable, ErrorReason.TraceNotLoggedYet, () => ProveAsync(reader, record.Record.RecordId, events[0].EventId));
    }

    private static async Task<List<AuditEvent>> ListAsync(DmpApi api, string recordId) =>
        [.. (await api.Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = recordId, PageSize = 200 }, cancellationToken: Token)).Events.Reverse()];

    private static async Task<GetInclusionProofResponse> ProveAsync(DmpApi api, string recordId, string eventId, long size = 0) =>
        await api.Audit.GetInclusionProofAsync(
            new GetInclusionProofRequest { RecordId = recordId, EventIds = { eventId }, TreeSize = size }, cancellationToken: Token);

    private static async Task<List<ExportRecordEventsResponse>> ExportAsync(DmpApi api, string recordId, long earlier = 0)
    {
        using var call = api.Audit.ExportRecordEvents(
            new ExportRecordEventsRequest { RecordId = recordId, EarlierTreeSize = earlier }, cancellationToken: Token);
        return await call.ResponseStream.ReadAllAsync(Token).ToListAsync(Token);
    }

    private static MemoryStream AsFile(IEnumerable<ExportRecordEventsResponse> export) =>
        new(Encoding.UTF8.GetBytes(string.Concat(export.Select(message => TraceVerifier.ToLine(message) + "\n"))));

    private static bool IsIn(ProvenEvent proven, long size, ReadOnlySpan<byte> root) => TreeProof.VerifyInclusion(
        TreeHash.Leaf(proven.Root.Span), proven.LeafIndex, size, [.. proven.Proof.Select(hash => hash.Memory)], root);

    // Parts come in an order of their own.
    private static AuditEvent Sorted(AuditEvent e)
    {
        var sorted = e.Clone();
        sorted.Documents.Clear();
        sorted.DocumentIds.Clear();
        sorted.Documents.Add(e.Documents.OrderBy(document => document.DocumentId, StringComparer.Ordinal));
        sorted.DocumentIds.Add(sorted.Documents.Select(document => document.DocumentId).Distinct());
        return sorted;
    }
}
