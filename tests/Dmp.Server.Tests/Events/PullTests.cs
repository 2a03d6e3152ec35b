using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>What each change is, to whom.</summary>
public sealed class PullTests(Platform platform)
{
    private static CancellationToken Token => Given.Token;

    [Fact]
    public async Task Changes_of_documents_come_in_order_as_pointers()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var start = await api.NowAsync();
        var first = await api.UploadAsync(record.Id);
        var second = await api.ReplaceAsync(first);
        await api.ArchiveAsync(first);
        await api.Documents.UnarchiveDocumentAsync(
            new UnarchiveDocumentRequest { RecordId = record.Id, DocumentId = first.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token);
        await api.DeleteAsync(first);

        var events = await api.SinceAsync(start);
        Assert.Equal(2, second.Version);
        Assert.All(events, told => Assert.Equal((record.Id, first.DocumentId), (told.RecordId, told.DocumentId)));
        Assert.All(events, told => Assert.Equal(
            (Given.ReportType.System, Given.ReportType.Code, ""), (told.Type.System, told.Type.Code, told.Type.Display)));
        Assert.All(events, told => Assert.NotNull(told.ChangeTime));

        // The reader comes when the document is gone: each change of what was there is told by what became of it.
        Assert.All(events, told => Assert.Equal((ChangeKind.Deleted, 0), (told.Kind, told.Version)));
        Assert.Equal([1, 2, 2, 2], events.Select(told => told.PreviousVersion));
    }

    [Fact]
    public async Task Who_reads_along_is_told_each_step()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var steps = new Steps(api, await api.NowAsync());
        var first = await api.UploadAsync(record.Id);
        Assert.Equal([(ChangeKind.Created, 1, 0)], await steps.NextAsync());
        await api.ReplaceAsync(first);
        Assert.Equal([(ChangeKind.Replaced, 2, 1)], await steps.NextAsync());
        await api.ArchiveAsync(first);
        Assert.Equal([(ChangeKind.MetadataChanged, 2, 0)], await steps.NextAsync());
        await api.DeleteAsync(first);
        Assert.Equal([(ChangeKind.Deleted, 0, 2)], await steps.NextAsync());
        Assert.Empty(await steps.NextAsync());
    }

    [Fact]
    public async Task A_mask_is_a_deletion_to_whom_it_hides_from_and_a_mask_to_those_who_see_through_it()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var colleague = platform.As(await platform.ColleagueAsync(record));
        var attending = platform.As(await platform.ColleagueAsync(record, attending: true));
        var patient = platform.As(record.Patient);
        var document = await author.UploadAsync(record.Id);
        var everybody = new[] { author, colleague, attending, patient };
        var starts = await Task.WhenAll(everybody.Select(api => api.NowAsync()));

        await patient.MaskAsync(document);
        var kinds = await Task.WhenAll(everybody.Zip(starts, (api, start) => api.KindsAsync(start)));
        Assert.Equal([[ChangeKind.Hidden], [ChangeKind.Deleted], [ChangeKind.Hidden], [ChangeKind.Hidden]], kinds);

        starts = await Task.WhenAll(everybody.Select(api => api.NowAsync()));
        await patient.UnmaskAsync(document);
        kinds = await Task.WhenAll(everybody.Zip(starts, (api, start) => api.KindsAsync(start)));
        Assert.Equal([[ChangeKind.Unhidden], [ChangeKind.Created], [ChangeKind.Unhidden], [ChangeKind.Unhidden]], kinds);
    }

    [Fact]
    public async Task A_mask_and_a_deletion_are_the_same_bytes_to_whom_the_document_is_gone()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var colleague = platform.As(await platform.ColleagueAsync(record));
        var (masked, deleted, ruled) =
            (await author.UploadAsync(record.Id), await author.UploadAsync(record.Id), await author.UploadAsync(record.Id));
        var start = await colleague.NowAsync();
        await platform.As(record.Patient).MaskAsync(masked);
        await author.DeleteAsync(deleted);
        await platform.As(record.Patient).HideAsync(record.Id, ruled.DocumentId, "10");

        var events = await colleague.SinceAsync(start);
        Assert.Equal([masked.DocumentId, deleted.DocumentId, ruled.DocumentId], events.Select(told => told.DocumentId));
        Assert.Single(Shapes(events).Distinct());
    }

    [Fact]
    public async Task A_hidden_document_leaves_no_trace_in_the_feed()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var colleague = platform.As(await platform.ColleagueAsync(record));
        var start = await colleague.NowAsync();
        await author.UploadAsync(record.Id);
        var without = (await colleague.PullAllAsync(From(start))).Events;

        var again = await colleague.NowAsync();
        await author.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        await author.UploadAsync(record.Id);
        var secret = await author.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        await author.DeleteAsync(secret);
        var (with, token) = await colleague.PullAllAsync(From(again));

        Assert.Equal(Shapes(without), Shapes(with));
        Assert.Equal(start.Length, token.Length);
    }

    [Fact]
    public async Task A_rule_of_the_patient_deletes_and_brings_back_what_it_is_about_and_says_nothing_to_others()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var colleague = await platform.ColleagueAsync(record);
        var other = await platform.ColleagueAsync(record);
        var one = await author.UploadAsync(record.Id);
        await author.UploadAsync(record.Id);
        var patient = platform.As(record.Patient);
        var (start, startOther, startPatient) =
            (await platform.As(colleague).NowAsync(), await platform.As(other).NowAsync(), await patient.NowAsync());

        var rule = await patient.AddRuleAsync(
            record.Id, new VisibilityRule { Effect = VisibilityEffect.Hide, DocumentId = one.DocumentId, Actor = colleague.Actor });
        var gone = Assert.Single(await platform.As(colleague).SinceAsync(start));
        Assert.Equal((ChangeKind.Deleted, one.DocumentId), (gone.Kind, gone.DocumentId));
        Assert.Empty(await platform.As(other).SinceAsync(startOther));
        Assert.Empty(await patient.SinceAsync(startPatient));

        start = await platform.As(colleague).NowAsync();
        await patient.RemoveRuleAsync(record.Id, rule);
        var back = Assert.Single(await platform.As(colleague).SinceAsync(start));
        Assert.Equal((ChangeKind.Created, one.DocumentId, 1), (back.Kind, back.DocumentId, back.Version));
    }

    [Fact]
    public async Task A_rule_read_late_is_told_by_how_the_document_was_then_and_never_of_later_documents()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var colleague = await platform.ColleagueAsync(record);
        var patient = platform.As(record.Patient);
        var seen = await author.UploadAsync(record.Id);
        var start = await platform.As(colleague).NowAsync();
        await patient.HideAsync(record.Id, null, "10");
        await patient.MaskAsync(seen);
        await author.UploadAsync(record.Id);

        // Two walls hide it now, and it is gone for one reason as for two; what came behind them never was.
        var told = Assert.Single(await platform.As(colleague).SinceAsync(start));
        Assert.Equal((ChangeKind.Deleted, seen.DocumentId), (told.Kind, told.DocumentId));
    }

    [Fact]
    public async Task Documents_that_wait_for_their_announcement_come_to_the_patient_when_they_are_revealed()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var patient = platform.As(record.Patient);
        var start = await patient.NowAsync();
        var waiting = await author.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));
        Assert.Empty(await patient.SinceAsync(start));
        var steps = new Steps(author, await author.NowAsync());
        await author.RevealAsync(waiting, VisibilityCode.HiddenFromPatient);
        Assert.Equal([ChangeKind.Created], (await patient.KindsAsync(start)).Distinct());
        Assert.Equal([(ChangeKind.MetadataChanged, 1, 0)], await steps.NextAsync());
    }

    [Fact]
    public async Task The_record_opens_and_closes_for_those_who_use_it()
    {
        var record = await platform.RecordAsync();
        var (api, patient) = (platform.As(record.Physician), platform.As(record.Patient));
        var stranger = platform.As(TestProfessional.New());
        var (start, startPatient, startStranger) = (await api.NowAsync(), await patient.NowAsync(), await stranger.NowAsync());
        await patient.Records.CloseRecordAsync(
            new CloseRecordRequest { RecordId = record.Id, Reason = CloseReason.PatientRequest, RequestId = Given.NewId() },
            cancellationToken: Token);
        await patient.Records.ReopenRecordAsync(
            new ReopenRecordRequest { RecordId = record.Id, PatientInformed = true, RequestId = Given.NewId() }, cancellationToken: Token);
        Assert.Equal([ChangeKind.RecordClosed, ChangeKind.RecordOpened], await api.KindsAsync(start));
        Assert.Equal([ChangeKind.RecordClosed, ChangeKind.RecordOpened], await patient.KindsAsync(startPatient));
        Assert.Empty(await stranger.SinceAsync(startStranger));
    }

    [Fact]
    public async Task All_that_is_kept_is_told_from_the_beginning()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var document = await api.UploadAsync(record.Id);
        var (events, _) = await api.PullAllAsync(From(StartPoint.Earliest), maxEvents: 1);
        Assert.Equal(
            [ChangeKind.RecordOpened, ChangeKind.AccessGranted, ChangeKind.Created], events.Select(told => told.Kind));
        Assert.Equal(document.DocumentId, events[^1].DocumentId);
    }

    [Fact]
    public async Task A_filter_leaves_out_other_records_types_and_structures()
    {
        var record = await platform.RecordAsync();
        var physician = record.Physician;
        var other = await platform.RecordAsync();
        await platform.ColleagueAsync(other, who: physician);
        var api = platform.As(physician);
        var type = new Coding { System = "2.16.840.1.113883.6.1", Code = "11502-2" };
        var filters = new[]
        {
            Only(record.Id, record.Id.ToUpperInvariant()),
            new EventFilter { Types_ = { type } },
            new EventFilter { OnlyMyStructure = true },
        };
        var starts = await Task.WhenAll(filters.Select(api.NowAsync));
        var mine = await api.UploadAsync(record.Id);
        var foreign = await platform.As(other.Physician).UploadAsync(other.Id, intent => intent.Metadata.Type = type);

        Assert.Equal([mine.DocumentId], await IdsAsync(0));
        Assert.Equal([foreign.DocumentId], await IdsAsync(1));
        Assert.Equal([mine.DocumentId], await IdsAsync(2));

        async Task<List<string>> IdsAsync(int i) => [.. (await api.SinceAsync(starts[i], filters[i])).Select(told => told.DocumentId)];
    }

    [Fact]
    public async Task A_structure_is_told_of_what_it_deposited_and_of_nothing_else()
    {
        var record = await platform.RecordAsync();
        var structureId = TestProfessional.NewStructureId();
        var structure = platform.AsStructure(structureId);
        var start = await structure.NowAsync();
        var own = await structure.UploadAsync(record.Id, intent => intent.Metadata.Authors.Add(
            new Author { Institution = new Institution { Id = structureId, Name = "HOPITAL D'ESSAI" } }));
        await platform.As(record.Physician).UploadAsync(record.Id);
        Assert.Equal([ChangeKind.Created], await structure.KindsAsync(start));

        start = await structure.NowAsync();
        await platform.As(record.Patient).MaskAsync(own);
        Assert.Equal([ChangeKind.Hidden], await structure.KindsAsync(start));

        start = await structure.NowAsync();
        await platform.As(record.Patient).BlockAsync(record.Id, new Actor { Kind = ActorKind.Structure, Id = structureId });
        await platform.As(record.Physician).UploadAsync(record.Id);
        Assert.Equal([ChangeKind.AccessLost], await structure.KindsAsync(start));
    }

    [Fact]
    public async Task Bad_messages_are_answered_with_all_their_faults()
    {
        var api = platform.As(TestProfessional.New());
        await Refusals.FieldsAsync(
            async () => await api.Events.PullAsync(
                new PullRequest
                {
                    Start = new EventStart { PositionName = "a b" },
                    Filter = new EventFilter { RecordIds = { "x", "" }, Types_ = { new Coding { System = "1|2", Code = "3" } } },
                    MaxEvents = -1,
                },
                cancellationToken: Token),
            "start.position_name", "filter.record_ids[0]", "filter.record_ids[1]", "filter.types[0]", "max_events");
        await Refusals.FieldsAsync(
            async () => await api.Events.PullAsync(new PullRequest { Start = new EventStart() }, cancellationToken: Token), "start");
        await Refusals.FieldsAsync(
            async () => await platform.As(TestPatient.New()).Events.PullAsync(
                new PullRequest { Start = From(StartPoint.Latest), Filter = new EventFilter { OnlyMyStructure = true } },
                cancellationToken: Token),
            "filter.only_my_structure");
    }

    [Fact]
    public Task An_emergency_has_no_feed() => Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.AccessModeInvalid, async () =>
        await platform.As(platform.Callers.Token(TestProfessional.New()), ("dmp-access-mode", "break-glass"))
            .Events.PullAsync(new PullRequest { Start = From(StartPoint.Latest) }, cancellationToken: Token));

    /// <summary>Reads along: each call answers what came since the last one.</summary>
    private sealed class Steps(DmpApi api, string token)
    {
        private string token = token;

        public async Task<List<(ChangeKind Kind, int Version, int PreviousVersion)>> NextAsync()
        {
            (var events, token) = await api.PullAllAsync(From(token));
            return [.. events.Select(told => (told.Kind, told.Version, told.PreviousVersion))];
        }
    }
}
