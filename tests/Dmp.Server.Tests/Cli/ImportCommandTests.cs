using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Dmp.Document.V1;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Xunit;

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
        home.Put("in/a.xml", Cda(one).Bytes);
        home.Put("in/below/b.xml", (Cda(two) with { Author = one.Physician, FamilyName = "AUTRE" }).Bytes);
        home.Put("in/letter.txt", "Bonjour"u8.ToArray());
        home.Put("in/letter.txt.json", Sidecar(one.Patient.Ins, more: """, "visibilityCodes": ["VISIBILITY_CODE_MASKED_FROM_PROFESSIONALS"]"""));
        home.Put("in/unknown.xml", (Cda(one) with { Patient = TestPatient.New() }).Bytes);
        home.Put("in/broken.xml", Cda(one).Bytes[..^500]);
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
                ("'=notes.doc", "skipped", "NOT_A_DOCUMENT"), ("a.xml", "stored", ""), ("bad.txt", "refused", "SIDECAR_INVALID"), ("below/b.xml", "stored", ""),
                ("broken.xml", "refused", "CDA_UNREADABLE"), ("letter.txt", "stored", ""), ("link.xml", "skipped", "LINK"),
                ("nobody.txt", "refused", "PATIENT_MISSING"), ("refused.txt", "refused", "FIELDS_INVALID"), ("scan.pdf", "refused", "SIDECAR_MISSING"),
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
    public async Task The_same_command_again_adds_nothing()
    {
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        home.Put("in/a.xml", Cda(record).Bytes);
        home.Put("in/b.txt", "Bonjour"u8.ToArray());
        home.Put("in/b.txt.json", Sidecar(record.Patient.Ins));
        Assert.Equal((0, "2 stored.\n", $"Report: {home.Report}\n"), await CommandHome.RunAsync(home.Import(home.PathOf("in"))));
        var first = home.Rows();

        Assert.Equal((0, "2 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
        Assert.Equal(first.Values.Select(row => row.DocumentId).Order(), home.Rows().Values.Select(row => row.DocumentId).Order());
        Assert.Equal(2, (await StoredAsync(record)).Count);

        // Without its resume file a document is still recognised by its own identifier; one that has none is another one.
        File.Delete(home.Resume);
        Assert.Equal((0, "1 stored, 1 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
        Assert.Equal(first["a.xml"].DocumentId, home.Rows()["a.xml"].DocumentId);
        Assert.Equal(3, (await StoredAsync(record)).Count);

        // Other bytes under the identifier are told.
        File.Delete(home.Resume);
        home.Put("in/a.xml", (Cda(record) with { Title = "Une autre", Id = (await StoredAsync(record)).Single(found => found.Metadata.MediaType == "text/xml").Metadata.UniqueId }).Bytes);
        Assert.Equal(1, (await CommandHome.RunAsync(home.Import(home.PathOf("in/"), "--streams", "1"))).Code);
        Assert.Equal(("refused", "UNIQUE_ID_TAKEN"), (home.Rows()["a.xml"].Outcome, home.Rows()["a.xml"].Reason));
    }

    [Fact]
    public async Task A_run_that_is_killed_in_the_middle_goes_on_and_adds_nothing_twice()
    {
        const int Count = 120;
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        for (var i = 0; i < Count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"in/{i:000}");
            if (i % 2 == 0)
            {
                home.Put($"{name}.xml", Cda(record).Bytes);
            }
            else
            {
                home.Put($"{name}.txt", Given.Text());
                home.Put($"{name}.txt.json", Sidecar(record.Patient.Ins));
            }
        }

        string[] command = home.Import(home.PathOf("in"), "--streams", "3");
        var killed = 0;
        for (var round = 0; round < 3; round++)
        {
            using var process = CommandHome.Start(command);
            while (!process.HasExited && StoredIn(home.Report) < 10)
            {
                await Task.Delay(2, Token);
            }

            killed += process.HasExited ? 0 : 1;
            process.Kill();
            await process.WaitForExitAsync(Token);
            File.Delete(home.Report);
        }

        Assert.True(killed > 0, "The import was over before it could be killed.");
        Assert.Equal(0, (await CommandHome.RunAsync(command)).Code);

        Assert.Equal(Count, home.Rows().Count);
        Assert.All(home.Rows().Values, row => Assert.True(row.Outcome is "stored" or "already"));
        var stored = await StoredAsync(record);
        Assert.Equal(Count, stored.Count);
        Assert.Equal(stored.Select(document => document.DocumentId).Order(), home.Rows().Values.Select(row => row.DocumentId).Order());
        Assert.Equal((0, $"{Count} already.\n"), Short(await CommandHome.RunAsync(command)));
    }

    [Fact]
    public async Task A_run_that_is_asked_to_stop_says_so_and_goes_on_later()
    {
        const int Count = 200;
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        for (var i = 0; i < Count; i++)
        {
            home.Put(string.Create(CultureInfo.InvariantCulture, $"in/{i:000}.xml"), Cda(record).Bytes);
        }

        string[] command = home.Import(home.PathOf("in"), "--streams", "2");
        using var process = CommandHome.Start(command);
        while (!process.HasExited && StoredIn(home.Report) < 5)
        {
            await Task.Delay(2, Token);
        }

        Assert.False(process.HasExited);
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync(Token);
        Assert.Equal(3, process.ExitCode);
        Assert.Contains("Stopped.", await process.StandardError.ReadToEndAsync(Token), StringComparison.Ordinal);

        Assert.Equal(0, (await CommandHome.RunAsync(command)).Code);
        Assert.Equal(Count, (await StoredAsync(record)).Count);
    }

    [Fact]
    public async Task A_dry_run_tells_what_would_be_refused_and_stores_nothing()
    {
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        home.Put("in/a.xml", Cda(record).Bytes);
        home.Put("in/b.txt", "x"u8.ToArray());
        home.Put("in/b.txt.json", Sidecar(record.Patient.Ins, type: "no-such-type"));

        Assert.Equal((1, "1 valid, 1 refused.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in"), "--dry-run"))));

        Assert.Empty(await StoredAsync(record));
        Assert.False(File.Exists(home.Resume));
    }

    [Fact]
    public async Task A_document_comes_after_the_one_that_its_header_replaces_whatever_their_names()
    {
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        var (first, second) = (Cda(record), Cda(record));
        home.Put("in/1-third.xml", (Cda(record) with { Replaces = second.Id, Title = "Lettre corrigée deux fois" }).Bytes);
        home.Put("in/2-second.xml", (second with { Replaces = first.Id }).Bytes);
        home.Put("in/3-first.xml", first.Bytes);

        Assert.Equal((0, "3 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));

        var rows = home.Rows();
        Assert.Single(rows.Values.Select(row => row.DocumentId).Distinct());
        Assert.Equal(("3", "2", "1"), (rows["1-third.xml"].Version, rows["2-second.xml"].Version, rows["3-first.xml"].Version));
        Assert.Equal("Lettre corrigée deux fois", Assert.Single(await StoredAsync(record)).Metadata.Title);
    }

    [Fact]
    public async Task A_zip_file_is_read_in_place_and_a_hostile_one_is_refused_whole()
    {
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        var zip = Zip(home, ("x/a.xml", Cda(record).Bytes), ("b.xml", Cda(record).Bytes));
        Assert.Equal((0, "2 stored.\n"), Short(await CommandHome.RunAsync(home.Import(zip))));

        var evil = Zip(home, ("../a.xml", Cda(record).Bytes), ("b.xml", Cda(record).Bytes));
        var refused = await CommandHome.RunAsync(home.Import(evil));
        Assert.Equal((1, ""), Short(refused));
        Assert.Contains("XdmUnsafeName", refused.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await StoredAsync(record)).Count);
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
        home.Put("in/a.xml", Cda(record).Bytes);
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
            "--address", platform.Server.Address.ToString(), "--issuer", platform.Server.SandboxIssuer.ToString(), "--client-id", "dr-martin",
            "--client-secret-file", home.Put("secret", "sandbox\n"u8.ToArray()),
        ];
        string[] command = ["import", home.PathOf("in"), "--report", home.Report, "--resume", home.Resume, "--record", Guid.NewGuid().ToString(), .. caller];

        Assert.Equal((1, "1 refused.\n"), Short(await CommandHome.RunAsync(command)));
        Assert.Equal("RECORD_ACCESS_DENIED", Assert.Single(home.Rows()).Value.Reason);

        home.Put("secret", "wrong"u8.ToArray());
        Assert.Equal((3, "1 failed.\n"), Short(await CommandHome.RunAsync(command)));
        Assert.Contains("invalid_client", Assert.Single(home.Rows()).Value.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_platform_that_takes_no_token_ends_the_run_and_leaves_the_rest_for_the_next()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, "no-token");
        for (var i = 0; i < 20; i++)
        {
            home.Put($"in/{i}.txt", "x"u8.ToArray());
            home.Put($"in/{i}.txt.json", Sidecar(null));
        }

        var run = await CommandHome.RunAsync(home.Import(home.PathOf("in"), "--record", record.Id, "--streams", "2"));

        Assert.Equal((3, "20 failed.\n"), Short(run));
        Assert.Equal(["NOT_SENT", "TOKEN_MALFORMED"], home.Rows().Values.Select(row => row.Reason).Distinct().Order());
        await File.WriteAllTextAsync(home.PathOf("token"), platform.Callers.Token(record.Physician), Token);
        Assert.Equal((0, "20 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in"), "--record", record.Id))));
    }

    [Fact]
    public async Task A_resume_file_is_for_one_caller_and_survives_a_torn_line()
    {
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        home.Put("in/a.xml", Cda(record).Bytes);
        home.Put("other/a.xml", Cda(record).Bytes);
        Assert.Equal(0, (await CommandHome.RunAsync(home.Import(home.PathOf("in")))).Code);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(home.Resume));
        }


        // A source that was moved goes on, and another one of the same names is another one.
        Directory.Move(home.PathOf("in"), home.PathOf("moved"));
        Assert.Equal((0, "1 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("moved")))));
        Assert.Equal((0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("other")))));
        Assert.Equal((0, "1 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("moved")))));
        Directory.Move(home.PathOf("moved"), home.PathOf("in"));

        var whole = await File.ReadAllTextAsync(home.Resume, Token);
        foreach (var torn in (string[])[whole + "{\"file\":\"a.x", whole.TrimEnd('\n'), whole + "\n"[..0]])
        {
            await File.WriteAllTextAsync(home.Resume, torn, Token);
            Assert.Equal((0, "1 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
            Assert.Equal(whole, await File.ReadAllTextAsync(home.Resume, Token));
        }

        // Cut before the answer was written down: asked again, and answered the same document.
        var lines = whole.Split('\n');
        await File.WriteAllTextAsync(home.Resume, string.Join('\n', lines[..2]) + "\n", Token);
        Assert.Equal((0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
        Assert.Equal(2, (await StoredAsync(record)).Count);

        await File.WriteAllTextAsync(home.Resume, whole.Replace(platform.Server.Address.ToString(), "https://dmp.example/", StringComparison.Ordinal), Token);
        var other = await CommandHome.RunAsync(home.Import(home.PathOf("in")));
        Assert.Equal((1, ""), Short(other));
        Assert.Contains("hold for one caller only", other.Error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(home.Resume, "{}\nnonsense\n{}\n", Token);
        Assert.Contains("damaged", (await CommandHome.RunAsync(home.Import(home.PathOf("in")))).Error, StringComparison.Ordinal);
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
        Assert.All(home.Rows().Values, row => Assert.True(row is { Outcome: "stored" } or { Outcome: "refused", Reason: "RECORD_NOT_FOUND" }, row.ToString()));
    }

    private CommandHome HomeOf(TestProfessional professional) => new(platform.Server, platform.Callers.Token(professional));

    private static CdaText Cda(OpenedRecord record) => new() { Patient = record.Patient, Author = record.Physician };

    private static byte[] Sidecar(Ins? ins, string type = "11488-4", string system = "2.16.840.1.113883.6.1", string more = "") => Encoding.UTF8.GetBytes(
        $$"""
        {
          {{(ins is null ? "" : $$""" "ins": { "number": "{{ins.Number}}", "system": "{{ins.System}}" },""")}}
          "metadata": {
            "type": { "system": "{{system}}", "code": "{{type}}" }, "title": "Lettre",
            "creationTime": "2026-05-04T10:00:00Z", "serviceStartTime": "2026-05-04T09:30:00Z"
          }{{more}}
        }
        """);

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

    private async Task<List<Document.V1.Document>> StoredAsync(OpenedRecord record)
    {
        SearchDocumentsRequest request = new() { RecordId = record.Id, PageSize = 200 };
        return [.. (await platform.As(record.Patient).Documents.SearchDocumentsAsync(request, cancellationToken: Token)).Documents];
    }

    private static (int Code, string Output) Short((int Code, string Output, string Error) run) => (run.Code, run.Output);

    private static int StoredIn(string report) => File.Exists(report) ? File.ReadAllText(report).Split(",stored,").Length - 1 : 0;
}
