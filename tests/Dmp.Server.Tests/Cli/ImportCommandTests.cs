using System.IO.Compression;
using Dmp.Document.V1;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Xunit;
using static Dmp.Server.Tests.Cli.Sources;

namespace Dmp.Server.Tests.Cli;

/// <summary><c>dmp import</c> of directories and ZIP files, against the real server.</summary>
public sealed class ImportCommandTests(Platform platform)
{
    private static CancellationToken Token => CommandHome.Token;

    [Fact]
    public async Task Each_document_goes_into_the_record_of_its_patient_and_the_report_says_so()
    {
        var (one, two) = (await platform.RecordAsync(), await platform.RecordAsync());
        using var home = HomeOf(one.Physician);
        home.Put("in/a.xml", CdaOf(one).Bytes);
        home.Put("in/below/b.xml", (CdaOf(two) with { Author = one.Physician, FamilyName = "AUTRE" }).Bytes);
        home.Put("in/letter.txt", "Bonjour"u8.ToArray());
        home.Put(
            "in/letter.txt.json", Sidecar(one.Patient.Ins, more: """, "visibilityCodes": ["VISIBILITY_CODE_MASKED_FROM_PROFESSIONALS"]"""));
        home.Put("in/unknown.xml", (CdaOf(one) with { Patient = TestPatient.New() }).Bytes);
        home.Put("in/broken.xml", CdaOf(one).Bytes[..^500]);
        home.Put("in/scan.pdf", "%PDF-1.7"u8.ToArray());
        home.Put("in/bad.txt", "x"u8.ToArray());
        home.Put("in/bad.txt.json", """{ "metadata": { "titel": "279035121518989" } }"""u8.ToArray());
        home.Put("in/nobody.txt", "x"u8.ToArray());
        home.Put("in/nobody.txt.json", Sidecar(null));
        home.Put("in/refused.txt", "x"u8.ToArray());
        home.Put("in/refused.txt.json", Sidecar(one.Patient.Ins, type: "no-such-type"));
        home.Put("in/=notes.doc", [1]);
        File.CreateSymbolicLink(home.PathOf("in/link.xml"), home.PathOf("token"));

        var run = await CommandHome.RunAsync(home.Import(home.PathOf("in")));

        Assert.Equal((1, "3 stored, 6 refused, 2 skipped.\n"), (run.Code, run.Output));
        var rows = home.Rows();
        Assert.Equal(
            [
                ("'=notes.doc", "skipped", "NOT_A_DOCUMENT"), ("a.xml", "stored", ""), ("bad.txt", "refused", "SIDECAR_INVALID"),
                ("below/b.xml", "stored", ""),
                ("broken.xml", "refused", "CDA_UNREADABLE"), ("letter.txt", "stored", ""), ("link.xml", "skipped", "LINK"),
                ("nobody.txt", "refused", "PATIENT_MISSING"), ("refused.txt", "refused", "FIELDS_INVALID"),
                ("scan.pdf", "refused", "SIDECAR_MISSING"),
                ("unknown.xml", "refused", "RECORD_NOT_FOUND"),
            ],
            rows.OrderBy(row => row.Key, StringComparer.Ordinal).Select(row => (row.Key, row.Value.Outcome, row.Value.Reason)));
        Assert.Contains("metadata.type", rows["refused.txt"].Message, StringComparison.Ordinal);
        Assert.Contains("family", rows["below/b.xml"].Warnings, StringComparison.Ordinal);
        var everything = await File.ReadAllTextAsync(home.Report, Token) + run.Error;
        Assert.DoesNotContain(one.Patient.Number, everything, StringComparison.Ordinal);
        Assert.DoesNotContain("279035121518989", everything, StringComparison.Ordinal);
        Assert.DoesNotContain((await File.ReadAllTextAsync(home.PathOf("token"), Token))[^20..], everything, StringComparison.Ordinal);

        Assert.Equal((one.Id, "1"), (rows["a.xml"].RecordId, rows["a.xml"].Version));
        Assert.Equal(two.Id, rows["below/b.xml"].RecordId);
        var patient = platform.As(one.Patient);
        var letter = (await patient.Documents.GetDocumentAsync(
            new GetDocumentRequest { RecordId = one.Id, DocumentId = rows["letter.txt"].DocumentId }, cancellationToken: Token)).Document;
        Assert.Equal("Bonjour"u8.ToArray(), await patient.ReadAsync(letter));
        Assert.Equal(([VisibilityCode.MaskedFromProfessionals], "text/plain"), (letter.VisibilityCodes, letter.Metadata.MediaType));
    }

    [Fact]
    public async Task A_FHIR_document_finds_its_record_in_JSON_and_in_XML()
    {
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        FhirText text = new() { Patient = record.Patient, Author = record.Physician };
        home.Put("in/a.json", text.Bytes);
        home.Put("in/b.xml", (text with { Id = $"urn:uuid:{Guid.NewGuid()}", Replaces = text.Id }).Xml);
        home.Put("in/masked.json", (text with { Id = $"urn:uuid:{Guid.NewGuid()}" }).Bytes);
        home.Put(
            "in/masked.json.json", """{ "visibilityCodes": ["VISIBILITY_CODE_MASKED_FROM_PROFESSIONALS"] }"""u8.ToArray());
        home.Put("in/settings.json", "{ \"a\": 1 }"u8.ToArray());
        home.Put("in/list.json", "[1, 2]"u8.ToArray());
        home.Put("in/empty.json", []);
        home.Put("in/cut.json", text.Bytes[..^100]);
        home.Put("in/cut.xml", text.Xml[..^100]);
        home.Put("in/other.xml", (text with { Patient = TestPatient.New() }).Xml);

        var run = await CommandHome.RunAsync(home.Import(home.PathOf("in")));

        Assert.Equal((1, "3 stored, 3 refused, 3 skipped.\n"), (run.Code, run.Output));
        var rows = home.Rows();
        Assert.Equal(
            [
                ("a.json", "stored", ""), ("b.xml", "stored", ""), ("cut.json", "refused", "FHIR_UNREADABLE"),
                ("cut.xml", "refused", "FHIR_UNREADABLE"), ("empty.json", "skipped", "NOT_A_DOCUMENT"),
                ("list.json", "skipped", "NOT_A_DOCUMENT"), ("masked.json", "stored", ""), ("other.xml", "refused", "RECORD_NOT_FOUND"),
                ("settings.json", "skipped", "NOT_A_DOCUMENT"),
            ],
            rows.OrderBy(row => row.Key, StringComparer.Ordinal).Select(row => (row.Key, row.Value.Outcome, row.Value.Reason)));
        Assert.Equal((record.Id, "1", "2"), (rows["a.json"].RecordId, rows["a.json"].Version, rows["b.xml"].Version));
    }

    [Fact]
    public async Task A_dry_run_tells_what_would_be_refused_and_stores_nothing()
    {
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        home.Put("in/a.xml", CdaOf(record).Bytes);
        home.Put("in/b.txt", "x"u8.ToArray());
        home.Put("in/b.txt.json", Sidecar(record.Patient.Ins, type: "no-such-type"));

        Assert.Equal((1, "1 valid, 1 refused.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in"), "--dry-run"))));

        Assert.Empty(await platform.StoredAsync(record));
        Assert.False(File.Exists(home.Resume));
    }

    [Fact]
    public async Task A_document_comes_after_the_one_that_its_header_replaces_whatever_their_names()
    {
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        var (first, second) = (CdaOf(record), CdaOf(record));
        home.Put("in/1-third.xml", (CdaOf(record) with { Replaces = second.Id, Title = "Lettre corrigée deux fois" }).Bytes);
        home.Put("in/2-second.xml", (second with { Replaces = first.Id }).Bytes);
        home.Put("in/3-first.xml", first.Bytes);

        Assert.Equal((0, "3 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));

        var rows = home.Rows();
        Assert.Single(rows.Values.Select(row => row.DocumentId).Distinct());
        Assert.Equal(("3", "2", "1"), (rows["1-third.xml"].Version, rows["2-second.xml"].Version, rows["3-first.xml"].Version));
        Assert.Equal("Lettre corrigée deux fois", Assert.Single(await platform.StoredAsync(record)).Metadata.Title);
    }

    [Fact]
    public async Task A_zip_file_is_read_in_place_and_a_hostile_one_is_refused_whole()
    {
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        var zip = Zip(home, ("x/a.xml", CdaOf(record).Bytes), ("b.xml", CdaOf(record).Bytes));
        Assert.Equal((0, "2 stored.\n"), Short(await CommandHome.RunAsync(home.Import(zip))));

        var evil = Zip(home, ("../a.xml", CdaOf(record).Bytes), ("b.xml", CdaOf(record).Bytes));
        var refused = await CommandHome.RunAsync(home.Import(evil));
        Assert.Equal((1, ""), Short(refused));
        Assert.Contains("XdmUnsafeName", refused.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await platform.StoredAsync(record)).Count);
    }

    [Fact]
    public async Task A_patient_adds_to_the_own_record_by_naming_it()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Patient));
        home.Put("in/wish.txt", "Mes souhaits"u8.ToArray());
        home.Put("in/wish.txt.json", Sidecar(null, type: "EXPPAT_2", system: "1.2.250.1.213.1.1.4.12"));

        Assert.Equal((0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in"), "--record", record.Id))));
    }

    [Fact]
    public async Task A_structure_imports_with_its_own_account()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.StructureToken(TestProfessional.NewStructureId()));
        home.Put("in/a.xml", CdaOf(record).Bytes);
        Assert.Equal((0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
        File.Delete(home.Resume);
        Assert.Equal((0, "1 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
    }

    [Fact]
    public async Task A_client_with_a_secret_in_a_file_gets_its_own_tokens()
    {
        using CommandHome home = new(platform.Server, "");
        home.Put("in/a.txt", "x"u8.ToArray());
        home.Put("in/a.txt.json", Sidecar(null));
        string[] caller =
        [
            "--address", platform.Server.Address.ToString(), "--issuer", platform.Server.SandboxIssuer.ToString(), "--client-id",
            "dr-martin",
            "--client-secret-file", home.Put("secret", "sandbox\n"u8.ToArray()),
        ];
        string[] command =
        [
            "import", home.PathOf("in"), "--report", home.Report, "--resume", home.Resume, "--record", Guid.NewGuid().ToString(), .. caller,
        ];

        Assert.Equal((1, "1 refused.\n"), Short(await CommandHome.RunAsync(command)));
        Assert.Equal("RECORD_ACCESS_DENIED", Assert.Single(home.Rows()).Value.Reason);

        home.Put("secret", "wrong"u8.ToArray());
        Assert.Equal((3, "1 failed.\n"), Short(await CommandHome.RunAsync(command)));
        Assert.Contains("invalid_client", Assert.Single(home.Rows()).Value.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Where is the platform?", "--issuer", "https://issuer.example")]
    [InlineData("Where is the platform?", "--address", "http://dmp.example", "--token-command", "x")]
    [InlineData("Who calls?", "--address", "https://dmp.example")]
    [InlineData("DMP_CLIENT_SECRET", "--address", "https://dmp.example", "--issuer", "https://issuer.example", "--client-id", "me")]
    [InlineData("--streams", "--address", "https://dmp.example", "--token-command", "x", "--streams", "0")]
    [InlineData("'--client-secret'", "--address", "https://dmp.example", "--client-secret", "x")]
    public async Task Wrong_usage_is_told(string message, params string[] arguments)
    {
        var run = await CommandHome.RunAsync(["import", ".", .. arguments]);
        Assert.Equal((2, ""), Short(run));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Published_samples_are_imported_as_a_directory()
    {
        var folder = SharedSamples.Folder("samples/cda");
        var physician = TestProfessional.New();
        using var home = HomeOf(physician);

        // Other tests make some of these patients' records; all that counts is that no document is lost without a word.
        Assert.InRange((await CommandHome.RunAsync(home.Import(folder))).Code, 0, 1);
        Assert.Equal(Directory.GetFiles(folder).Length, home.Rows().Count);
        Assert.All(home.Rows().Values, row => Assert.True(
            row is { Outcome: "stored" } or { Outcome: "refused", Reason: "RECORD_NOT_FOUND" }, row.ToString()));
    }

    private CommandHome HomeOf(TestProfessional professional) => new(platform.Server, platform.Callers.Token(professional));

    private static string Zip(CommandHome home, params (string Name, byte[] Content)[] files)
    {
        var path = home.PathOf($"{Guid.NewGuid():N}.zip");
        using ZipArchive archive = new(File.Create(path), ZipArchiveMode.Create);
        foreach (var (name, content) in files)
        {
            using var stream = archive.CreateEntry(name).Open();
            stream.Write(content);
        }

        return path;
    }
}
