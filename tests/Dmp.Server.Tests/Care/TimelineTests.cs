using Dmp.Care.V1;
using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Care;

/// <summary>A record by date, through the wire.</summary>
public sealed class TimelineTests(Platform platform)
{
    private const string Loinc = "2.16.840.1.113883.6.1";
    private const string Method = "dmp.care.v1.CareService/GetTimeline";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_comes_by_date_with_its_source_and_the_trace_names_it()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var second = await api.UploadAsync(record.Id, intent => OfDay(intent, 2));
        var third = await api.UploadAsync(record.Id, intent => OfDay(intent, 3));
        var first = await api.UploadAsync(record.Id, intent => OfDay(intent, 1));

        var (header, entries) = await AskAsync(api, record.Id);

        Assert.Equal([third.DocumentId, second.DocumentId, first.DocumentId], entries.Select(IdOf));
        Assert.Equal((3, 3, "", TimelineOrder.ByDate), (header.Entries, header.DocumentsTold, header.NextPageToken, header.Order));
        Assert.Equal(3, header.Documents.NotStructured);
        Assert.Equal("Des documents peuvent exister sans être visibles ici.", header.HiddenPossible);
        Assert.Equal((1, "Compte rendu"), (entries[0].Documents[0].Source.Version, entries[0].Documents[0].Title));

        var patient = platform.As(record.Patient);
        Assert.Equal(entries, (await AskAsync(patient, record.Id)).Entries);
        var trace = await patient.Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        var told = Assert.Single(trace.Events, one => one.Method == Method && one.Actor.Id == record.Physician.Id);
        Assert.Equal(3, told.Documents.Count);
    }

    [Fact]
    public async Task What_is_masked_or_deleted_is_as_if_it_had_never_been_there()
    {
        var record = await platform.RecordAsync();
        var (author, reader) = (platform.As(record.Physician), platform.As(await platform.ColleagueAsync(record)));
        await author.UploadAsync(record.Id, intent => OfDay(intent, 1));
        Timestamp at = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow);
        var before = await AskAsync(reader, record.Id, request => (request.At, request.NewSince) = (at, at));
        var masked = await author.UploadAsync(record.Id, intent => OfDay(intent, 2));
        var deleted = await author.UploadAsync(record.Id, intent => OfDay(intent, 3));
        Assert.Equal(3, (await AskAsync(reader, record.Id)).Entries.Count);

        await author.MaskAsync(masked);
        await author.DeleteAsync(deleted);

        var after = await AskAsync(reader, record.Id, request => (request.At, request.NewSince) = (at, at));
        Assert.Equal(before.Header.ToByteArray(), after.Header.ToByteArray());
        Assert.Equal(before.Entries, after.Entries);
        Assert.Equal(2, (await AskAsync(author, record.Id)).Entries.Count);
    }

    [Fact]
    public async Task Filters_leave_what_was_asked_for()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await api.UploadAsync(record.Id, intent => OfDay(intent, 1));
        var laboratory = await api.UploadAsync(record.Id, intent => OfDay(intent, 2, "11502-2"));

        Assert.Equal(laboratory.DocumentId, IdOf(Assert.Single((await AskAsync(api, record.Id, request =>
            request.Types_.Add(new Coding { System = Loinc, Code = "11502-2" }))).Entries)));
        Assert.Equal(laboratory.DocumentId, IdOf(Assert.Single((await AskAsync(api, record.Id, request =>
            request.TimeFrom = TimeOf(2))).Entries)));
        Assert.Single((await AskAsync(api, record.Id, request => request.TimeTo = TimeOf(2))).Entries);
        Assert.Empty((await AskAsync(api, record.Id, request => request.StructureId = "1999999999")).Entries);
        var ofClass = (await AskAsync(api, record.Id)).Entries[0].Documents[0].Class;
        Assert.NotEmpty(ofClass.Display);
        Assert.NotEmpty((await AskAsync(api, record.Id, request => request.Classes.Add(ofClass))).Entries);
        ofClass.Code = "no class";
        Assert.Empty((await AskAsync(api, record.Id, request => request.Classes.Add(ofClass))).Entries);
    }

    [Fact]
    public async Task L3_the_last_visit_is_the_one_of_this_caller_twelve_hours_ago_or_more()
    {
        var record = await platform.RecordAsync();
        var colleague = await platform.ColleagueAsync(record);
        var (author, reader) = (platform.As(record.Physician), platform.As(colleague));
        var known = await author.UploadAsync(record.Id, intent => OfDay(intent, 1));
        var replaced = await author.UploadAsync(record.Id, intent => OfDay(intent, 2));
        Assert.Equal(NewSinceOrigin.NoVisit, (await AskAsync(reader, record.Id)).Header.NewSinceOrigin);
        await author.ReplaceAsync(replaced, intent => OfDay(intent, 2));
        var added = await author.UploadAsync(record.Id, intent => OfDay(intent, 3));

        // Of now it is not yet a visit of before; twelve hours later it is.
        Assert.Equal(NewSinceOrigin.NoVisit, (await AskAsync(reader, record.Id)).Header.NewSinceOrigin);
        var trace = await platform.As(record.Patient).Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        var visit = trace.Events.Last(one => one.Method == Method && one.Actor.Id == colleague.Id).EventTime;
        var (header, entries) = await AskAsync(reader, record.Id, request => request.At = Later(visit));
        Assert.Equal((NewSinceOrigin.LastVisit, visit), (header.NewSinceOrigin, header.NewSince));
        Assert.Equal(
            [(added.DocumentId, Newness.New), (replaced.DocumentId, Newness.Changed), (known.DocumentId, Newness.Unchanged)],
            entries.Select(entry => (IdOf(entry), entry.Newness)));
        Assert.Equal(2, (await AskAsync(reader, record.Id, request =>
            (request.At, request.OnlyNew) = (Later(visit), true))).Entries.Count);

        // Of another professional it is not: that one has read nothing.
        var other = platform.As(await platform.ColleagueAsync(record));
        Assert.Equal(
            NewSinceOrigin.NoVisit, (await AskAsync(other, record.Id, request => request.At = Later(visit))).Header.NewSinceOrigin);
    }

    [Fact]
    public async Task The_essential_comes_first_with_the_reason()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var note = await api.UploadAsync(record.Id, intent => OfDay(intent, 5));
        var letter = await api.UploadAsync(record.Id, intent => OfDay(intent, 1, "11490-0"));

        var (header, entries) = await AskAsync(api, record.Id, request => request.Order = TimelineOrder.EssentialFirst);

        Assert.Equal(TimelineOrder.EssentialFirst, header.Order);
        Assert.Equal(
            [(letter.DocumentId, TimelineReason.DischargeLetter), (note.DocumentId, TimelineReason.ByDate)],
            entries.Select(entry => (IdOf(entry), entry.Reason)));
    }

    [Fact]
    public async Task Messages_are_bounded()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        for (var i = 0; i < 52; i++)
        {
            await api.UploadAsync(record.Id, intent => OfDay(intent, 1 + (i % 28)));
        }

        using var call = api.Care.GetTimeline(new() { RecordId = record.Id }, cancellationToken: Token);
        var parts = await call.ResponseStream.ReadAllAsync(Token).ToListAsync(Token);

        Assert.Equal([0, 50, 2], parts.Select(part => part.Entries?.Entries.Count ?? 0));
        Assert.Equal(52, parts[0].Header.Entries);
    }

    [Fact]
    public async Task Older_documents_are_walked_to_and_none_is_told_twice()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var id = (await api.UploadAsync(record.Id, intent => OfDay(intent, 1))).DocumentId;

        // A thousand more of the very same time.
        await platform.Server.QueryAsync<long>(
            platform,
            $"""
            with documents as (
                insert into document
                select (jsonb_populate_record(d, jsonb_build_object('document_id', md5('{id}' || n)::uuid))).*
                from document d cross join generate_series(1, 1000) n
                where d.record_id = '{record.Id}'
                returning document_id),
            versions as (
                insert into document_version
                select (jsonb_populate_record(v, jsonb_build_object('document_id', md5('{id}' || n)::uuid,
                    'content_id', md5('content {id}' || n)::uuid, 'unique_id', v.unique_id || '.' || n))).*
                from document_version v cross join generate_series(1, 1000) n
                where v.record_id = '{record.Id}'
                returning document_id)
            select count(*) from documents
            """);
        var (header, newest) = await AskAsync(api, record.Id);
        Assert.Equal((1000, true), (header.DocumentsTold, header.Documents.MoreDocuments));

        var (last, oldest) = await AskAsync(api, record.Id, request => request.PageToken = header.NextPageToken);

        Assert.Equal((1, false, ""), (last.DocumentsTold, last.Documents.MoreDocuments, last.NextPageToken));
        Assert.Equal(1001, newest.Concat(oldest).Select(IdOf).Distinct().Count());
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.PageTokenInvalid,
            () => AskAsync(api, record.Id, request => (request.PageToken, request.OnlyNew) = (header.NextPageToken, true)));
    }

    [Fact]
    public async Task An_emergency_access_reads_it_too()
    {
        var record = await platform.RecordAsync();
        await platform.As(record.Physician).UploadAsync(record.Id, intent => OfDay(intent, 1));
        var helper = platform.As(TestProfessional.New());
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => AskAsync(helper, record.Id));
        await helper.Emergencies.OpenEmergencyAccessAsync(
            new()
            {
                RecordId = record.Id,
                Mode = EmergencyMode.BreakGlass,
                Reason = "Patient inconscient, détresse respiratoire",
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);

        Assert.Single((await AskAsync(helper, record.Id)).Entries);
    }

    [Fact]
    public async Task What_is_asked_is_checked()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await Refusals.FieldsAsync(() => AskAsync(api, "no id"), "record_id");
        await Refusals.FieldsAsync(() => AskAsync(api, record.Id, request => request.Order = (TimelineOrder)9), "order");
        await Refusals.FieldsAsync(
            () => AskAsync(api, record.Id, request => (request.TimeFrom, request.TimeTo) = (TimeOf(2), TimeOf(2))), "time_to");
        await Refusals.FieldsAsync(
            () => AskAsync(api, record.Id, request => (request.At, request.NewSince) = (TimeOf(1), TimeOf(2))), "new_since");
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.PageTokenInvalid,
            () => AskAsync(api, record.Id, request => request.PageToken = "no token"));
    }

    private static void OfDay(Document.V1.UploadIntent intent, int day, string? type = null)
    {
        (intent.Metadata.CreationTime, intent.Metadata.ServiceStartTime) = (TimeOf(day), TimeOf(day));
        if (type is not null)
        {
            intent.Metadata.Type = new Coding { System = Loinc, Code = type };
        }
    }

    private static Timestamp TimeOf(int day) => Timestamp.FromDateTimeOffset(new DateTimeOffset(2024, 1, day, 9, 0, 0, TimeSpan.Zero));

    private static Timestamp Later(Timestamp visit) => Timestamp.FromDateTimeOffset(visit.ToDateTimeOffset().AddHours(12).AddTicks(10));

    private static string IdOf(TimelineEntry entry) => Assert.Single(entry.Documents).Source.DocumentId;

    private static async Task<(TimelineHeader Header, List<TimelineEntry> Entries)> AskAsync(
        DmpApi api, string recordId, Action<GetTimelineRequest>? change = null)
    {
        GetTimelineRequest request = new() { RecordId = recordId };
        change?.Invoke(request);
        using var call = api.Care.GetTimeline(request, cancellationToken: Token);
        var parts = await call.ResponseStream.ReadAllAsync(Token).ToListAsync(Token);
        return (parts[0].Header, [.. parts.Skip(1).SelectMany(part => part.Entries.Entries)]);
    }
}
