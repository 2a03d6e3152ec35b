using System.Globalization;
using System.Text;
using Dmp.Cli;
using Dmp.Codes;
using Dmp.Codes.V1;
using Dmp.Error.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Cli;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;
using CodeList = Dmp.Codes.V1.CodeList;
using Concept = Dmp.Codes.V1.Concept;
using ConceptStatus = Dmp.Codes.V1.ConceptStatus;

namespace Dmp.Server.Tests.Codes;

/// <summary>Code systems and value sets: imported by the operator, asked for by everybody.</summary>
public sealed class CodeServiceTests(Platform platform) : IDisposable
{
    private const string Cim10 = "2.16.840.1.113883.6.3";
    private const string Atc = "2.16.840.1.113883.6.73";
    private const string Sides = "1.2.250.1.213.1.1.5.9001";
    private const string SidesSystem = "1.2.250.1.213.1.1.4.9001";

    private readonly string directory = Directory.CreateTempSubdirectory("dmp-codes-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task What_an_operator_puts_in_force_is_answered_from_that_moment_on_and_taken_back()
    {
        await using var server = await TestServer.StartAsync(platform);
        var database = platform.Databases.AdminOf(server.Database);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        Assert.Equal(LookupOutcome.ListNotInForce, await OutcomeAsync(api, Cim10, "I20.0"));

        var first = Cim10File("I20   |3|NNN|3|ANGINE|Angine de poitrine", "I200  |0|ONO|0|ANGINE INST|Angine de poitrine instable");
        var printed = await DoneAsync(database, "import", "cim10", first, "--edition", "2025", "--source", "ATIH 2025");
        Assert.Contains("cim10 2025: 1 lists, 2 codes.", printed, StringComparison.Ordinal);
        Assert.Equal(LookupOutcome.ListNotInForce, await OutcomeAsync(api, Cim10, "I20.0"));

        await DoneAsync(database, "activate", "cim10", "2025");
        var answer = await LookupAsync(
            api,
            new() { ListOid = Cim10, Code = "I20.0" },
            new() { ListOid = Cim10, Code = "i200" },
            new() { ListOid = Cim10, Code = "I20" },
            new() { ListOid = Cim10, Code = "Z99.9" },
            new() { ListOid = Atc, Code = "B01AC04" },
            new() { ListOid = Cim10, Code = "I20.0", System = Atc });
        Assert.Equal(
            [
                LookupOutcome.Found, LookupOutcome.Found, LookupOutcome.Found, LookupOutcome.UnknownCode, LookupOutcome.ListNotInForce,
                LookupOutcome.UnknownCode,
            ],
            answer.Results.Select(result => result.Outcome));
        Assert.Equal(
            new Concept { System = Cim10, Code = "I20.0", Display = "Angine de poitrine instable", Status = ConceptStatus.Active },
            Assert.Single(answer.Results[1].Concepts));
        Assert.Equal(ConceptStatus.Heading, Assert.Single(answer.Results[2].Concepts).Status);
        Assert.False(answer.Results[4].HasList);
        var list = Assert.Single(answer.Lists);
        Assert.Equal(
            ("CIM-10", 2, "cim10", "2025", "ATIH 2025", 32),
            (list.Name, list.ConceptCount, list.Kind, list.Edition.Name, list.Edition.Source, list.Edition.Sha256.Length));

        // The next one: what changes is printed first, and nothing is done in a dry run.
        var second = Cim10File("I200  |0|ONO|0|ANGINE INST|Angor instable", "I201  |0|ONO|0|ANGINE SPAST|Angine de poitrine avec spasme");
        string[] import = ["import", "cim10", second, "--edition", "2026", "--source", "ATIH 2026", "--effective", "now"];
        var changes = await DoneAsync(database, [.. import, "--dry-run"]);
        Assert.Contains("+ I20.1: Angine de poitrine avec spasme\n", changes, StringComparison.Ordinal);
        Assert.Contains("- I20: Angine de poitrine, Heading\n", changes, StringComparison.Ordinal);
        Assert.Contains(
            "~ I20.0: Angine de poitrine instable -> Angor instable\n1 added, 1 removed, 1 changed.", changes, StringComparison.Ordinal);
        Assert.Equal("Angine de poitrine instable", await DisplayAsync(api, Cim10, "I20.0"));
        await DoneAsync(database, import);
        Assert.Equal("Angor instable", await DisplayAsync(api, Cim10, "I20.0"));
        await DoneAsync(database, "activate", "cim10", "2025");
        Assert.Equal("Angine de poitrine instable", await DisplayAsync(api, Cim10, "I20.0"));
        var shown = await DoneAsync(database, "show", "cim10", "2026");
        Assert.Contains("cim10 2026: 1 lists, 2 codes. ATIH 2026", shown, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^[0-9a-f]{64}  LIBCIM10MULTI.TXT  \d+ bytes$", shown);
        Assert.Contains($"{Cim10}        2 codes  CIM-10", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Value_sets_have_their_dates_and_each_code_of_its_system()
    {
        await using var server = await TestServer.StartAsync(platform);
        var database = platform.Databases.AdminOf(server.Database);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestPatient.New()));
        var sets = Path.Combine(directory, "sets");
        Directory.CreateDirectory(sets);
        await File.WriteAllTextAsync(
            Path.Combine(sets, "sides.xml"),
            $"""
            <RetrieveValueSetResponse xmlns="urn:ihe:iti:svs:2008"><ValueSet id="{Sides}" displayName="Sides" version="3"><ConceptList>
            <Concept code="D" displayName="droite" codeSystem="{SidesSystem}" dateValid="20200101000000" dateFin=""/>
            <Concept code="G" displayName="gauche" codeSystem="{SidesSystem}" dateValid="20200101000000" dateFin="20240101000000"/>
            <Concept code="D" displayName="dextre" codeSystem="{SidesSystem}.1"/>
            <Concept code="I20.0" displayName="Angine de poitrine instable" codeSystem="{Cim10}"/>
            <Concept code="X" displayName="avant" codeSystem="{SidesSystem}" dateValid="20100101000000" dateFin="20150101000000"/>
            <Concept code="X" displayName="depuis" codeSystem="{SidesSystem}" dateValid="20150101000000" dateFin="21200101000000"/>
            <Concept code="X" displayName="un jour" codeSystem="{SidesSystem}" dateValid="20800101000000"/>
            <Concept code="Y" displayName="à venir" codeSystem="{SidesSystem}" dateValid="20800101000000"/>
            <Concept code="Y" displayName="plus tard" codeSystem="{SidesSystem}" dateValid="20810101000000"/>
            </ConceptList></ValueSet></RetrieveValueSetResponse>
            """,
            Token);
        await File.WriteAllTextAsync(Path.Combine(sets, "readme.txt"), "not one of them", Token);
        var (code, _, error) = await RunAsync(
            database, "import", "valuesets", sets, "--edition", "2026-11", "--source", "ANS", "--effective", "now");
        Assert.Equal((DmpCommand.Done, "readme.txt is no file of this kind, and is left out.\n"), (code, error));

        var answer = await LookupAsync(
            api,
            new() { ListOid = Sides, Code = "D" },
            new() { ListOid = Sides, Code = "D", System = SidesSystem },
            new() { ListOid = Sides, Code = "G" },
            new() { ListOid = Sides, Code = "d" },
            new() { ListOid = Sides, Code = "I200" },
            new() { ListOid = Sides, Code = "X" },
            new() { ListOid = Sides, Code = "Y" });
        Assert.Equal(["droite", "dextre"], answer.Results[0].Concepts.Select(concept => concept.Display));
        Assert.Equal("droite", Assert.Single(answer.Results[1].Concepts).Display);
        var ended = Assert.Single(answer.Results[2].Concepts);
        Assert.Equal((ConceptStatus.Retired, "2020-01-01", "2024-01-01"), (ended.Status, ended.StartDate, ended.EndDate));
        Assert.Equal(LookupOutcome.UnknownCode, answer.Results[3].Outcome);
        Assert.Equal("I20.0", Assert.Single(answer.Results[4].Concepts).Code);
        Assert.Equal(
            [("depuis", ConceptStatus.Active), ("à venir", ConceptStatus.Pending)],
            answer.Results.Skip(5).Select(result => Assert.Single(result.Concepts)).Select(concept => (concept.Display, concept.Status)));
        Assert.Equal(("Sides", "3", 9), (Assert.Single(answer.Lists).Name, answer.Lists[0].Version, answer.Lists[0].ConceptCount));
        var all = await api.Codes.ListConceptsAsync(new ListConceptsRequest { ListOid = Sides }, cancellationToken: Token);
        Assert.Equal(
            [("avant", ConceptStatus.Retired), ("depuis", ConceptStatus.Active), ("un jour", ConceptStatus.Pending)],
            all.Concepts.Where(concept => concept.Code == "X").Select(concept => (concept.Display, concept.Status)));

        // The same folder again, and its next version: each row of a code is compared with the same row.
        var next = await File.ReadAllTextAsync(Path.Combine(sets, "sides.xml"), Token);
        await File.WriteAllTextAsync(
            Path.Combine(sets, "sides.xml"),
            next.Replace("version=\"3\"", "version=\"4\"", StringComparison.Ordinal)
                .Replace("depuis", "maintenant", StringComparison.Ordinal)
                .Replace("20240101000000", "20250101000000", StringComparison.Ordinal),
            Token);
        var (_, changes, _) = await RunAsync(database, "import", "valuesets", sets, "--edition", "2026-12", "--source", "ANS", "--dry-run");
        Assert.Contains($"~ list {Sides}: Sides 3 -> Sides 4\n", changes, StringComparison.Ordinal);
        Assert.Contains(
            $"~ {Sides} X of {SidesSystem} from 2015-01-01: depuis -> maintenant\n", changes, StringComparison.Ordinal);
        Assert.Contains("gauche, until 2024-01-01 -> gauche, until 2025-01-01\n", changes, StringComparison.Ordinal);
        Assert.Contains("0 added, 0 removed, 3 changed.", changes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_is_paged_in_its_order_and_a_page_is_of_one_edition()
    {
        await using var server = await TestServer.StartAsync(platform);
        var database = platform.Databases.AdminOf(server.Database);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        var file = Cim10File([.. Enumerable.Range(0, 450).Select(number => string.Create(
            CultureInfo.InvariantCulture, $"{(char)('Z' - (number / 100))}{number % 100:00}   |0|ONO|0|X|Nom {number}"))]);
        await DoneAsync(database, "import", "cim10", file, "--edition", "a", "--source", "s", "--effective", "now");

        List<string> codes = [];
        ListConceptsRequest request = new() { ListOid = Cim10, PageSize = 200 };
        for (string? token = ""; token is not null;)
        {
            request.PageToken = token;
            var page = await api.Codes.ListConceptsAsync(request, cancellationToken: Token);
            Assert.Equal(450, page.List.ConceptCount);
            codes.AddRange(page.Concepts.Select(concept => concept.Code));
            token = page.NextPageToken is { Length: > 0 } next ? next : null;
        }

        Assert.Equal(450, codes.Count);
        Assert.Equal(("Z00", "V49"), (codes[0], codes[^1]));
        Assert.Equal(codes, codes.OrderByDescending(one => one[0]).ThenBy(one => one[1..], StringComparer.Ordinal));

        // Another edition in between: the rest of the old list would be no list.
        request.PageToken = "";
        var begun = await api.Codes.ListConceptsAsync(request, cancellationToken: Token);
        await DoneAsync(database, "import", "cim10", file, "--edition", "b", "--source", "s", "--effective", "now");
        request.PageToken = begun.NextPageToken;
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.PageTokenInvalid,
            () => api.Codes.ListConceptsAsync(request, cancellationToken: Token).ResponseAsync);
        await Refusals.RefusedAsync(
            StatusCode.NotFound,
            ErrorReason.CodeListNotFound,
            () => api.Codes.ListConceptsAsync(new ListConceptsRequest { ListOid = "1.2.3" }, cancellationToken: Token).ResponseAsync);
    }

    [Fact]
    public async Task A_sandbox_has_a_few_codes_of_each_kind_however_often_it_starts_until_others_are_in_force()
    {
        await using var server = await TestServer.StartAsync(platform);
        var database = platform.Databases.AdminOf(server.Database);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        await SandboxCodes.AddAsync(database, Token);
        await SandboxCodes.AddAsync(database, Token);

        List<CodeList> lists = [];
        ListCodeListsRequest request = new() { PageSize = 3 };
        for (string? token = ""; token is not null;)
        {
            request.PageToken = token;
            var page = await api.Codes.ListCodeListsAsync(request, cancellationToken: Token);
            lists.AddRange(page.Lists);
            token = page.NextPageToken is { Length: > 0 } next ? next : null;
        }

        Assert.Equal(
            CodeKinds.All.Keys.Order(StringComparer.Ordinal), lists.Select(list => list.Kind).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(lists.Select(list => list.Oid).Order(StringComparer.Ordinal), lists.Select(list => list.Oid));
        foreach (var list in lists)
        {
            Assert.Equal("sandbox", list.Edition.Name);
            var page = await api.Codes.ListConceptsAsync(new ListConceptsRequest { ListOid = list.Oid }, cancellationToken: Token);
            Assert.Equal(list.ConceptCount, page.Concepts.Count);
            Assert.All(page.Concepts, concept => Assert.NotEqual("", concept.Display));

            // Each is found as it is listed, by the key that the command would have given it.
            var found = await LookupAsync(
                api, [.. page.Concepts.Select(concept => new CodeQuery { ListOid = list.Oid, Code = concept.Code })]);
            Assert.Equal(page.Concepts, found.Results.Select(result => Assert.Single(result.Concepts)));
        }

        // CCAM by both OIDs that documents have.
        Assert.Equal("Radiographie du thorax", await DisplayAsync(api, "1.2.250.1.215.300.1", "ZBQK002"));

        var official = Cim10File("I200  |0|ONO|0|X|Officiel");
        await DoneAsync(database, "import", "cim10", official, "--edition", "2026", "--source", "s", "--effective", "now");
        Assert.Equal("Officiel", await DisplayAsync(api, Cim10, "I20.0"));
    }

    [Fact]
    public async Task Rows_that_are_wrong_stop_an_import_unless_they_are_left_out()
    {
        await using var server = await TestServer.StartAsync(platform);
        var database = platform.Databases.AdminOf(server.Database);
        var file = Cim10File("I200  |0|ONO|0|X|Angine de poitrine instable", "I201  |0|ONO");
        string[] import = ["import", "cim10", file, "--edition", "a", "--source", "s"];
        var (code, output, _) = await RunAsync(database, import);
        Assert.Equal(DmpCommand.Refused, code);
        Assert.Contains("wrong     LIBCIM10MULTI.TXT:2  3 columns, and not 6", output, StringComparison.Ordinal);
        Assert.Contains(
            "1 codes", await DoneAsync(database, [.. import, "--accept-faults", "--effective", "now"]), StringComparison.Ordinal);
        Assert.Contains("1 rows of its files were wrong", await DoneAsync(database, "show", "cim10", "a"), StringComparison.Ordinal);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        var answer = await LookupAsync(api, new CodeQuery { ListOid = Cim10, Code = "I20.1" });
        Assert.Equal((LookupOutcome.UnknownCode, 1), (answer.Results[0].Outcome, answer.Lists[0].LeftOutCount));
        Assert.Contains(
            "from the same files", (await RunAsync(database, [.. import, "--accept-faults"])).Error, StringComparison.Ordinal);
        var large = Path.Combine(directory, "large.xml");
        await using (var sparse = File.Create(large))
        {
            sparse.SetLength(CodeFiles.EditionBytesMax + 1);
        }

        Assert.Contains(
            $"large.xml: The files of an edition have more than {CodeFiles.EditionBytesMax} bytes.",
            (await RunAsync(database, "import", "atc", large, "--edition", "a", "--source", "s")).Error,
            StringComparison.Ordinal);
        Assert.Contains(
            "files of atc are",
            (await RunAsync(database, "import", "atc", file, "--edition", "a", "--source", "s")).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_asked_is_checked()
    {
        var professional = platform.As(TestProfessional.New());
        await Refusals.FieldsAsync(() => LookupAsync(professional), "codes");
        await Refusals.FieldsAsync(() => LookupAsync(professional, new CodeQuery { Code = "x" }), "codes[0].list_oid");
        await Refusals.FieldsAsync(
            () => LookupAsync(professional, [.. Enumerable.Repeat(new CodeQuery { ListOid = Atc, Code = "x" }, 501)]), "codes");
        await Refusals.FieldsAsync(
            () => professional.Codes.ListConceptsAsync(new ListConceptsRequest { PageSize = -1 }, cancellationToken: Token).ResponseAsync,
            "list_oid",
            "page_size");
        foreach (var api in new[] { platform.As(TestPatient.New()), platform.AsRepresentativeOf(TestPatient.NewMinor()) })
        {
            Assert.Single((await LookupAsync(api, new CodeQuery { ListOid = Atc, Code = "x" })).Results);
        }
    }

    private static async Task<LookupCodesResponse> LookupAsync(DmpApi api, params CodeQuery[] codes) =>
        await api.Codes.LookupCodesAsync(new LookupCodesRequest { Codes = { codes } }, cancellationToken: Token);

    private static async Task<LookupOutcome> OutcomeAsync(DmpApi api, string list, string code) =>
        (await LookupAsync(api, new CodeQuery { ListOid = list, Code = code })).Results[0].Outcome;

    private static async Task<string> DisplayAsync(DmpApi api, string list, string code) => Assert.Single(
        (await LookupAsync(api, new CodeQuery { ListOid = list, Code = code })).Results[0].Concepts).Display;

    private string Cim10File(params string[] lines)
    {
        var folder = Directory.CreateDirectory(Path.Combine(directory, Guid.NewGuid().ToString())).FullName;
        var path = Path.Combine(folder, "LIBCIM10MULTI.TXT");
        File.WriteAllText(path, string.Join("\r\n", lines), Encoding.Latin1);
        return path;
    }

    private static Task<string> DoneAsync(string database, params string[] arguments) =>
        CommandHome.DoneAsync(["reference", .. arguments, "--connection", database]);

    private static Task<(int Code, string Output, string Error)> RunAsync(string database, params string[] arguments) =>
        CommandHome.RunAsync(["reference", .. arguments, "--connection", database]);
}
