using System.Globalization;
using System.Text;
using Dmp.Error.V1;
using Dmp.Search.V1;
using Dmp.Server.Options;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;
using static Dmp.Server.Tests.Facts.StatingText;

namespace Dmp.Server.Tests.Search;

/// <summary>Words in the documents of a record, found for those for whom the documents exist.</summary>
public sealed class SearchContentTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Words_are_found_in_narrative_in_what_is_stated_in_text_and_in_pdf()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var text = Of(record, Body("PLAVIX 75 mg", "Hypertension artérielle")) with { Title = "Lettre de sortie" };
        var letter = await UploadAsync(api, record, text);
        var note = await UploadTextAsync(api, record.Id, "Note", "Pas de fièvre. Douleurs thoraciques à l'effort, ECG normal.");
        var pdf = Pdf("Fracture du poignet", "Radiographie de controle");
        var report = await api.UploadAsync(Given.Intent(record.Id, "application/pdf"), pdf);
        await WordsReadAsync(api, record.Id);

        var pain = Assert.Single((await SearchAsync(api, record.Id, "douleur thoracique")).Hits);
        Assert.Equal(
            (note.DocumentId, 1, "Note", HitPlace.Section, 0), (pain.DocumentId, pain.Version, pain.Title, pain.Place, pain.Page));
        Assert.Equal(note.Metadata.UniqueId, pain.UniqueId);
        Assert.Equal(["Douleurs", "thoraciques"], pain.Marks.Select(mark => pain.Snippet.Substring(mark.Start, mark.Length)));
        Assert.InRange(pain.Score, 0.1, 1);

        // By an abbreviation, in a section with its code; by what a statement is shown with; on a page.
        var pressure = Assert.Single((await SearchAsync(api, record.Id, "HTA")).Hits);
        Assert.Equal((letter.DocumentId, "11450-4", "Pathologies"), (pressure.DocumentId, pressure.SectionCode, pressure.SectionTitle));
        Assert.Equal(letter.DocumentId, Assert.Single((await SearchAsync(api, record.Id, "plavix \"75 mg\"")).Hits).DocumentId);
        var wrist = Assert.Single((await SearchAsync(api, record.Id, "fracture")).Hits);
        Assert.Equal((report.DocumentId, 1), (wrist.DocumentId, wrist.Page));
        Assert.Equal(2, Assert.Single((await SearchAsync(api, record.Id, "contrôle radiographie")).Hits).Page);
        Assert.Equal(letter.DocumentId, Assert.Single((await SearchAsync(api, record.Id, "sortie")).Hits).DocumentId);

        Assert.Empty((await SearchAsync(api, record.Id, "fièvre -pas")).Hits);
        Assert.Empty((await SearchAsync(api, record.Id, "doul")).Hits);
        Assert.Single((await SearchAsync(api, record.Id, "doul", request => request.OpenEnd = true)).Hits);
        var nothing = await SearchAsync(api, record.Id, "chimiothérapie");
        Assert.Equal((0, 3, 0, 0, false), (
            nothing.FoundCount, nothing.Documents.Searched, nothing.Documents.SearchedPartly, nothing.Documents.Waiting,
            nothing.Documents.MoreDocuments));

        // The patient finds the same, and sees which documents somebody found, not what was asked.
        var patient = platform.As(record.Patient);
        Assert.Equal(await SearchAsync(api, record.Id, "HTA"), await SearchAsync(patient, record.Id, "HTA"));
        var trace = await patient.Audit.ListRecordEventsAsync(new() { RecordId = record.Id, PageSize = 200 }, cancellationToken: Token);
        Assert.Contains(
            trace.Events,
            told => told.Method == "dmp.search.v1.SearchService/SearchContent"
                && told.Actor.Id == record.Physician.Id
                && told.Documents.Select(one => one.DocumentId).SequenceEqual([note.DocumentId]));
        Assert.DoesNotContain("thoracique", trace.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hidden_document_is_an_absent_one()
    {
        var record = await platform.RecordAsync();
        var (author, patient) = (platform.As(record.Physician), platform.As(record.Patient));
        var reader = platform.As(await platform.ColleagueAsync(record));
        await UploadTextAsync(author, record.Id, "Un", "Suivi d'une insuffisance rénale.");
        await WordsReadAsync(author, record.Id);
        var before = await SearchAsync(reader, record.Id, "insuffisance rénale");
        var hidden = await UploadTextAsync(author, record.Id, "Deux", "Insuffisance rénale, insuffisance rénale aiguë.");
        await WordsReadAsync(author, record.Id);
        Assert.Equal(2, (await SearchAsync(reader, record.Id, "insuffisance rénale")).FoundCount);

        await author.MaskAsync(hidden);
        Assert.Equal(before, await SearchAsync(reader, record.Id, "insuffisance rénale"));
        Assert.Equal(2, (await SearchAsync(patient, record.Id, "insuffisance rénale")).FoundCount);

        await author.UnmaskAsync(hidden);
        Assert.Equal(2, (await SearchAsync(reader, record.Id, "insuffisance rénale")).FoundCount);
        await patient.BlockAsync(record.Id, record.Physician.Actor);
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => SearchAsync(author, record.Id, "insuffisance"));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.RecordAccessDenied,
            () => SearchAsync(platform.As(TestProfessional.New()), record.Id, "insuffisance"));
    }

    [Fact]
    public async Task A_new_version_takes_the_words_of_the_one_before_away()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var text = Of(record, Body("PLAVIX 75 mg"));
        await UploadAsync(api, record, text);
        await WordsReadAsync(api, record.Id);
        Assert.Equal(1, (await SearchAsync(api, record.Id, "plavix")).FoundCount);
        var newer = await UploadAsync(api, record, Of(record, Body("COUMADINE 5 mg")) with { Replaces = text.Id });
        Assert.Equal(0, (await SearchAsync(api, record.Id, "plavix")).FoundCount);
        await WordsReadAsync(api, record.Id);
        Assert.Equal(2, Assert.Single((await SearchAsync(api, record.Id, "coumadine")).Hits).Version);
        await api.DeleteAsync(newer);
        var none = await SearchAsync(api, record.Id, "coumadine");
        Assert.Equal((0, 0), (none.FoundCount, none.Documents.Searched));
    }

    [Fact]
    public async Task All_pages_are_searched_and_the_best_or_the_newest_are_told()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await Parallel.ForAsync(0, 230, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (i, _) =>
            await UploadTextAsync(
                api,
                record.Id,
                $"Note {i}",
                i == 7 ? "Asthme, asthme, asthme." : $"Un asthme parmi d'autres choses qui sont dites dans cette note, la {i}e.",
                new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(i)));
        await WordsReadAsync(api, record.Id);

        var best = await SearchAsync(api, record.Id, "asthme", request => request.HitsMax = 500);
        Assert.Equal((230, 100, 230), (best.FoundCount, best.Hits.Count, best.Documents.Searched));
        Assert.Equal("Note 7", best.Hits[0].Title);
        var ordered = best.Hits.OrderByDescending(hit => hit.Score).ThenByDescending(hit => hit.ServiceStartTime.ToDateTime());
        Assert.Equal(ordered.Select(hit => hit.Title), best.Hits.Select(hit => hit.Title));

        var newest = await SearchAsync(api, record.Id, "asthme", request => request.Order = HitOrder.Newest);
        Assert.Equal(Enumerable.Range(210, 20).Reverse().Select(i => $"Note {i}"), newest.Hits.Select(hit => hit.Title));
        var early = await SearchAsync(
            api, record.Id, "asthme",
            request => request.ServiceTimeTo = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 1, 1, 5, 0, 0, TimeSpan.Zero)));
        Assert.Equal(5, early.FoundCount);
        var others = await SearchAsync(
            api, record.Id, "asthme",
            request => request.Types_.Add(new Coding { System = "2.16.840.1.113883.6.1", Code = "11502-2" }));
        Assert.Equal((0, 0), (others.FoundCount, others.Documents.Searched));
    }

    [Fact]
    public async Task What_has_no_words_is_counted()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await api.UploadAsync(Given.Intent(record.Id, "application/pdf"), Pdf("", "Une page avec des mots"));
        await WordsReadAsync(api, record.Id);
        byte[] jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, .. "JFIF"u8, .. new byte[3000], 0xFF, 0xD9];
        await api.UploadAsync(Given.Intent(record.Id, "image/jpeg"), jpeg);
        await WordsReadAsync(api, record.Id);
        var answer = await SearchAsync(api, record.Id, "mots");
        Assert.Equal((1, 1, 1, 1), (
            answer.FoundCount, answer.Documents.Searched, answer.Documents.SearchedPartly, answer.Documents.WithoutWords));
    }

    /// <summary>Pages are cut where their blocks become too many bytes: three large texts are more than one of them.</summary>
    [Fact]
    public async Task Large_documents_are_searched_one_after_the_other()
    {
        // A reader of its own: large documents of other tests would be read first.
        await using var server = await TestServer.StartAsync(platform);
        var (record, api) = await server.RecordAsync(platform);
        var random = new Random(20261130);
        for (var i = 0; i < 3; i++)
        {
            StringBuilder text = new();
            while (text.Length < 3_500_000)
            {
                text.Append(CultureInfo.InvariantCulture, $"mot{random.Next(400_000)} ");
            }

            await UploadTextAsync(api, record.Id, $"Long {i}", $"{text} aiguille{i} botte de foin");
        }

        await WordsReadAsync(api, record.Id);
        var bytes = await server.QueryAsync<long>(
            platform, $"select sum(length(words))::bigint from document_facts where record_id = '{record.Id}'");
        Assert.True(bytes > 8 * 1024 * 1024, $"{bytes} bytes are one page");
        Assert.Equal(3, (await SearchAsync(api, record.Id, "\"botte de foin\"")).FoundCount);
        Assert.Equal("Long 1", Assert.Single((await SearchAsync(api, record.Id, "aiguille1")).Hits).Title);
        var answer = await SearchAsync(api, record.Id, "rien");
        Assert.Equal((0, 3, false), (answer.FoundCount, answer.Documents.Searched, answer.Documents.MoreDocuments));
    }

    [Fact]
    public void A_table_of_abbreviations_that_is_missing_or_faulty_is_told_at_the_start()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "# ours\nABC\taprès bien des calculs\n");
            Assert.Null(SearchOptionsRules.Fault(new SearchOptions { SynonymFile = file }));
            File.AppendAllText(file, "ABC\n");
            Assert.StartsWith(
                "Dmp:Search:SynonymFile: line 3 of ",
                SearchOptionsRules.Fault(new SearchOptions { SynonymFile = file }),
                StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Contains("not find", SearchOptionsRules.Fault(new SearchOptions { SynonymFile = file }), StringComparison.Ordinal);
        Assert.Null(SearchOptionsRules.Fault(new SearchOptions()));
    }

    [Fact]
    public async Task What_is_asked_is_checked()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await Refusals.FieldsAsync(() => SearchAsync(api, record.Id, ""), "text");
        await Refusals.FieldsAsync(() => SearchAsync(api, record.Id, "-toux"), "text");
        await Refusals.FieldsAsync(() => SearchAsync(api, record.Id, "!?"), "text");
        await Refusals.FieldsAsync(() => SearchAsync(api, record.Id, new string('a', 501)), "text");
        var many = string.Join(' ', Enumerable.Range(0, 21).Select(i => $"mot{i}"));
        await Refusals.FieldsAsync(() => SearchAsync(api, record.Id, many), "text");
        await Refusals.FieldsAsync(() => SearchAsync(api, record.Id, "toux", request => request.HitsMax = -1), "hits_max");
        await Refusals.FieldsAsync(() => SearchAsync(api, record.Id, "toux", request => request.Order = (HitOrder)9), "order");
    }

    /// <summary>Waits until no document of the record waits to be read for its words.</summary>
    private static Task WordsReadAsync(DmpApi api, string recordId) =>
        Waiting.UntilAsync(async () => (await SearchAsync(api, recordId, "mot")).Documents.Waiting == 0);

    private static byte[] Pdf(params string[] pages)
    {
        using PdfDocumentBuilder builder = new();
        var font = builder.AddStandard14Font(Standard14Font.Helvetica);
        foreach (var text in pages)
        {
            var page = builder.AddPage(PageSize.A4);
            if (text.Length > 0)
            {
                page.AddText(text, 12, new PdfPoint(50, 700), font);
            }
        }

        return builder.Build();
    }

    private static async Task<StoredDocument> UploadTextAsync(
        DmpApi api, string recordId, string title, string text, DateTimeOffset? time = null)
    {
        var intent = Given.Intent(recordId);
        intent.Metadata.Title = title;
        if (time is { } given)
        {
            intent.Metadata.ServiceStartTime = Timestamp.FromDateTimeOffset(given);
        }

        return await api.UploadAsync(intent, Encoding.UTF8.GetBytes(text));
    }

    private static async Task<SearchContentResponse> SearchAsync(
        DmpApi api, string recordId, string text, Action<SearchContentRequest>? change = null)
    {
        var request = new SearchContentRequest { RecordId = recordId, Text = text };
        change?.Invoke(request);
        return await api.Search.SearchContentAsync(request, cancellationToken: Token);
    }
}
