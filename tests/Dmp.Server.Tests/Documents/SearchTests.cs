using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>Finding documents by what is said about them.</summary>
public sealed class SearchTests(Platform platform)
{
    private static readonly DateTimeOffset start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_filter_finds_what_it_names_and_nothing_else()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var setting = new Coding { System = "1.2.250.1.213.1.1.4.9", Code = "AMBULATOIRE" };
        var facility = new Coding { System = "1.2.250.1.71.4.2.4", Code = "SA01" };
        var act = new Coding { System = "1.2.250.1.213.2.5", Code = "DEQP003" };
        var prescription = new Coding { System = "2.16.840.1.113883.6.1", Code = "57833-6" };
        var wanted = await api.UploadAsync(record.Id, intent =>
        {
            intent.Metadata.UniqueId = "2.25.77";
            intent.Metadata.Type = prescription;
            intent.Metadata.PracticeSetting = setting;
            intent.Metadata.FacilityType = facility;
            intent.Metadata.EventCodes.Add(act);
            intent.Metadata.CreationTime = Timestamp.FromDateTimeOffset(start);
            intent.Metadata.ServiceStartTime = Timestamp.FromDateTimeOffset(start.AddHours(-1));
        });
        var colleague = await platform.ColleagueAsync(record);
        await platform.As(colleague).UploadAsync(record.Id);

        Action<SearchDocumentsRequest>[] filters =
        [
            request => request.Types_.Add(prescription),
            request => request.Classes.Add(wanted.Class),
            request => request.PracticeSettings.Add(setting),
            request => request.FacilityTypes.Add(facility),
            request => request.EventCodes.Add(act),
            request => request.UniqueId = "2.25.77",
            request => request.AuthorId = record.Physician.Id,
            request => request.StructureId = record.Physician.StructureId,
            request => request.CreationTimeTo = Timestamp.FromDateTimeOffset(start.AddSeconds(1)),
            request => request.ServiceTimeTo = Timestamp.FromDateTimeOffset(start),
        ];
        foreach (var filter in filters)
        {
            Assert.Equal([wanted.DocumentId], await api.SearchIdsAsync(record.Id, filter));
        }

        // A bound is inclusive below and exclusive above; a code counts with its system.
        Assert.Empty(await api.SearchIdsAsync(record.Id, request => request.CreationTimeTo = Timestamp.FromDateTimeOffset(start)));
        Assert.Equal(
            2, (await api.SearchIdsAsync(record.Id, request => request.CreationTimeFrom = Timestamp.FromDateTimeOffset(start))).Count);
        Assert.Single(
            await api.SearchIdsAsync(record.Id, request => request.CreationTimeFrom = Timestamp.FromDateTimeOffset(start.AddSeconds(1))));
        Assert.Empty(
            await api.SearchIdsAsync(record.Id, request => request.Types_.Add(new Coding { System = "1.2.3", Code = prescription.Code })));
        Assert.Empty(await api.SearchIdsAsync(record.Id, request => request.Statuses.Add(DocumentStatus.Archived)));
    }

    [Fact]
    public async Task Pages_hold_every_document_once_newest_act_first()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var expected = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            // Two of each time: the id decides.
            var time = Timestamp.FromDateTimeOffset(start.AddDays(i / 2));
            expected.Insert(0, (await api.UploadAsync(record.Id, intent => intent.Metadata.ServiceStartTime = time)).DocumentId);
        }

        var seen = new List<string>();
        var request = new SearchDocumentsRequest { RecordId = record.Id, PageSize = 3 };
        do
        {
            var page = await api.Documents.SearchDocumentsAsync(request, cancellationToken: Token);
            Assert.InRange(page.Documents.Count, 1, 3);
            seen.AddRange(page.Documents.Select(document => document.DocumentId));
            request.PageToken = page.NextPageToken;

            // What comes in between neither repeats nor hides anything.
            await api.UploadAsync(record.Id, intent => intent.Metadata.ServiceStartTime = Timestamp.FromDateTimeOffset(start.AddDays(100)));
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(expected, seen);
    }

    [Fact]
    public async Task A_page_token_is_good_for_its_query_and_caller_only()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await api.UploadAsync(record.Id);
        await api.UploadAsync(record.Id);
        var token = (await api.Documents.SearchDocumentsAsync(
            new SearchDocumentsRequest { RecordId = record.Id, PageSize = 1 }, cancellationToken: Token)).NextPageToken;

        Task Search(DmpApi caller, Action<SearchDocumentsRequest> change) => Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.PageTokenInvalid,
            () => caller.SearchIdsAsync(record.Id, request =>
            {
                (request.PageSize, request.PageToken) = (1, token);
                change(request);
            }));
        await Search(api, request => request.Types_.Add(Given.ReportType));
        await Search(api, request => request.PageToken = "AAAA");
        await Search(api, request => request.PageToken = token[..^4] + "AAAA");
        await Search(api, request => request.PageToken = "pas un jeton");
        await Search(platform.As(record.Patient), _ => { });
    }

    [Fact]
    public async Task A_structure_finds_what_it_deposited_by_unique_id_and_nothing_else()
    {
        var record = await platform.RecordAsync();
        var structureId = TestProfessional.NewStructureId();
        var hospital = platform.AsStructure(structureId);
        var document = await hospital.UploadAsync(record.Id, intent =>
        {
            intent.Metadata.UniqueId = "2.25.5";
            intent.Metadata.Authors.Add(new Author { Institution = new Institution { Id = structureId, Name = "HOPITAL D'ESSAI" } });
        });
        await platform.As(record.Physician).UploadAsync(record.Id, intent => intent.Metadata.UniqueId = "2.25.6");

        Assert.Equal([document.DocumentId], await hospital.SearchIdsAsync(record.Id, request => request.UniqueId = "2.25.5"));
        Assert.Empty(await hospital.SearchIdsAsync(record.Id, request => request.UniqueId = "2.25.6"));
        await Refusals.FieldsAsync(() => hospital.SearchIdsAsync(record.Id), "unique_id");
    }

    [Fact]
    public async Task Faults_of_a_query_are_told_at_once()
    {
        var record = await platform.RecordAsync();
        await Refusals.FieldsAsync(
            () => platform.As(record.Physician).SearchIdsAsync("x", request =>
            {
                request.PageSize = -1;
                request.Statuses.Add((DocumentStatus)99);
                request.CreationTimeFrom = new Timestamp { Seconds = long.MaxValue };
                request.ServiceTimeTo = new Timestamp { Nanos = -5 };
                request.Types_.Add(new Coding { Code = "11488-4" });
            }),
            "record_id", "page_size", "statuses[0]", "creation_time_from", "service_time_to", "types[0].system");
    }
}
