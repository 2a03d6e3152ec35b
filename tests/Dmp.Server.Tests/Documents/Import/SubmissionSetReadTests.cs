using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents.Import;

/// <summary>Who sees of a submission set what, and how sets are listed.</summary>
public sealed class SubmissionSetReadTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_tells_of_hidden_documents_is_told_to_those_who_see_all_of_them()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var author = platform.As(record.Physician);
        var colleague = platform.As(await platform.ColleagueAsync(record));
        var attending = platform.As(await platform.ColleagueAsync(record, attending: true));
        var (patient, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));

        var (set, ids) = await SetAsync(record, [], [VisibilityCode.MaskedFromProfessionals]);
        AssertWhole(await GetAsync(author, record, set), ids);
        AssertWhole(await GetAsync(attending, record, set), ids);
        AssertWhole(await GetAsync(patient, record, set), ids);
        AssertWhole(await GetAsync(mother, record, set), ids);
        AssertPart(await GetAsync(colleague, record, set), ids[0]);

        (set, ids) = await SetAsync(record, [VisibilityCode.HiddenFromPatient], []);
        AssertWhole(await GetAsync(colleague, record, set), ids);
        AssertPart(await GetAsync(patient, record, set), ids[1]);
        AssertPart(await GetAsync(mother, record, set), ids[1]);

        (set, ids) = await SetAsync(record, [], [VisibilityCode.HiddenFromRepresentatives]);
        AssertWhole(await GetAsync(patient, record, set), ids);
        AssertPart(await GetAsync(mother, record, set), ids[0]);

        // Hidden later, and for one professional by a rule.
        (set, ids) = await SetAsync(record, [], []);
        AssertWhole(await GetAsync(colleague, record, set), ids);
        await patient.Documents.MaskDocumentAsync(
            new() { RecordId = record.Id, DocumentId = ids[1], RequestId = Given.NewId() }, cancellationToken: Token);
        AssertPart(await GetAsync(colleague, record, set), ids[0]);
        var part = Assert.Single((await colleague.Documents.ListSubmissionSetsAsync(
            new() { RecordId = record.Id, PageSize = 1 }, cancellationToken: Token)).SubmissionSets);
        AssertPart(part, ids[0]);
    }

    [Fact]
    public async Task A_set_of_which_everything_is_hidden_is_one_that_never_was()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (set, _) = await SetAsync(record, [VisibilityCode.HiddenFromPatient], [VisibilityCode.HiddenFromPatient]);
        foreach (var (api, id) in new[]
        {
            (platform.As(record.Patient), set), (platform.AsRepresentativeOf(record.Patient), set),
            (platform.As(record.Physician), Given.NewId()),
        })
        {
            await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.SubmissionSetNotFound, () => GetAsync(api, record, id));
        }

        Assert.Empty(await SubmissionSetTests.ListAsync(platform.As(record.Patient), record));

        // Nor is it one of another record.
        var other = await platform.RecordAsync();
        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.SubmissionSetNotFound, () => GetAsync(platform.As(other.Physician), other, set));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => GetAsync(platform.As(other.Patient), record, set));
    }

    [Fact]
    public async Task A_depositor_without_an_authorisation_sees_the_own_sets_and_no_others()
    {
        var record = await platform.RecordAsync();
        var structure = platform.AsStructure(TestProfessional.NewStructureId());
        var (others, _) = await SetAsync(record, [], []);
        var letters = Enumerable.Range(0, 2).Select(_ => new CdaText { Patient = record.Patient, Author = record.Physician }).ToList();
        List<(UploadIntent Intent, byte[] Content)> documents =
            [.. letters.Select(letter => (new UploadIntent { RecordId = record.Id, RequestId = Given.NewId() }, letter.Bytes))];
        var intent = SubmissionSetTests.Described(documents);
        var (set, results) = await Importing.SetAsync(structure, intent, documents);

        AssertWhole(
            await GetAsync(structure, record, set.SubmissionSet.SubmissionSetId),
            [.. results.Select(result => result.Document.DocumentId)]);
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.SubmissionSetNotFound, () => GetAsync(structure, record, others));
        await Refusals.FieldsAsync(() => SubmissionSetTests.ListAsync(structure, record), "unique_id");
        var found = await structure.Documents.ListSubmissionSetsAsync(
            new() { RecordId = record.Id, UniqueId = intent.Metadata.UniqueId }, cancellationToken: Token);
        Assert.Equal(set.SubmissionSet.SubmissionSetId, Assert.Single(found.SubmissionSets).SubmissionSetId);

        // A professional who deposited and is not authorised reads the own set by its id, and lists nothing.
        var visitor = TestProfessional.New();
        var own = SubmissionSetTests.Documents(record, 2);
        var (visitors, _) = await Importing.SetAsync(platform.As(visitor), SubmissionSetTests.Described(own), own);
        Assert.Equal(2, (await GetAsync(platform.As(visitor), record, visitors.SubmissionSet.SubmissionSetId)).Members.Count);
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => SubmissionSetTests.ListAsync(platform.As(visitor), record));
    }

    [Fact]
    public async Task Sets_are_listed_newest_first_by_pages_that_nothing_new_disturbs()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        List<string> sets = [];
        for (var i = 0; i < 5; i++)
        {
            sets.Insert(0, (await SetAsync(record, [], [])).Set);
        }

        List<string> seen = [];
        var request = new ListSubmissionSetsRequest { RecordId = record.Id, PageSize = 2 };
        do
        {
            var page = await api.Documents.ListSubmissionSetsAsync(request, cancellationToken: Token);
            seen.AddRange(page.SubmissionSets.Select(set => set.SubmissionSetId));
            request.PageToken = page.NextPageToken;
            await SetAsync(record, [], []);
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(sets, seen);
        var middle = (await GetAsync(api, record, sets[2])).CreateTime;
        var since = await api.Documents.ListSubmissionSetsAsync(
            new() { RecordId = record.Id, CreateTimeFrom = middle }, cancellationToken: Token);
        Assert.Equal(sets[..3], since.SubmissionSets.Select(set => set.SubmissionSetId).Intersect(sets));
        var until = await api.Documents.ListSubmissionSetsAsync(
            new() { RecordId = record.Id, CreateTimeTo = middle }, cancellationToken: Token);
        Assert.Equal(sets[3..], until.SubmissionSets.Select(set => set.SubmissionSetId));
        await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.PageTokenInvalid, async () =>
            await api.Documents.ListSubmissionSetsAsync(new() { RecordId = record.Id, PageToken = "made-up" }, cancellationToken: Token));
        await Refusals.FieldsAsync(
            async () => await api.Documents.ListSubmissionSetsAsync(
                new() { RecordId = record.Id, CreateTimeFrom = new Timestamp { Nanos = -1 }, PageSize = -1 }, cancellationToken: Token),
            "create_time_from",
            "page_size");
    }

    [Fact]
    public async Task A_page_names_no_more_documents_than_an_event_of_the_trace_can()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        for (var i = 0; i < 5; i++)
        {
            List<(UploadIntent Intent, byte[] Content)> documents =
                [.. Enumerable.Range(0, 60).Select(_ => (Given.Intent(record.Id), Given.Text()))];
            Assert.NotNull((await Importing.SetAsync(api, SubmissionSetTests.Described(documents), documents)).Set.SubmissionSet);
        }

        var first = await api.Documents.ListSubmissionSetsAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        Assert.Equal(4, first.SubmissionSets.Count);
        var second = await api.Documents.ListSubmissionSetsAsync(
            new() { RecordId = record.Id, PageToken = first.NextPageToken }, cancellationToken: Token);
        Assert.Equal((1, ""), (second.SubmissionSets.Count, second.NextPageToken));
        var events = await platform.As(record.Patient).Audit.ListRecordEventsAsync(
            new() { RecordId = record.Id, PageSize = 2 }, cancellationToken: Token);
        Assert.Equal([60, 240], events.Events.Select(e => e.Documents.Count));
    }

    /// <summary>A set of two documents with everything that tells of both, one hidden like this and one like that.</summary>
    private async Task<(string Set, string[] Ids)> SetAsync(OpenedRecord record, VisibilityCode[] first, VisibilityCode[] second)
    {
        var documents = SubmissionSetTests.Documents(record, 2);
        documents[0].Intent.VisibilityCodes.AddRange(first);
        documents[1].Intent.VisibilityCodes.AddRange(second);
        var (set, results) = await Importing.SetAsync(platform.As(record.Physician), SubmissionSetTests.Described(documents), documents);
        return (set.SubmissionSet.SubmissionSetId, [.. results.Select(result => result.Document.DocumentId)]);
    }

    private static Task<SubmissionSet> GetAsync(DmpApi api, OpenedRecord record, string set) =>
        SubmissionSetTests.GetAsync(api, record, set);

    private static void AssertWhole(SubmissionSet set, string[] ids)
    {
        Assert.Equal(ids.Order(StringComparer.Ordinal), set.Members.Select(member => member.DocumentId));
        Assert.Equal("Hospitalisation du 3 mai", set.Metadata.Title);
        Assert.NotEmpty(set.Metadata.Comments);
        Assert.NotNull(set.Metadata.ContentType);
        Assert.NotEmpty(set.Metadata.Authors);
        Assert.False(set.Signature.IsEmpty);
    }

    private static void AssertPart(SubmissionSet set, string id)
    {
        Assert.Equal(id, Assert.Single(set.Members).DocumentId);
        Assert.Equal(("", "", null), (set.Metadata.Title, set.Metadata.Comments, set.Metadata.ContentType));
        Assert.Empty(set.Metadata.Authors);
        Assert.True(set.Signature.IsEmpty);
        Assert.NotEmpty(set.Metadata.UniqueId);
    }
}
