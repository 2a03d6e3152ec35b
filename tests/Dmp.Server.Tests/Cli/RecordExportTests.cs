using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Dmp.Audit.V1;
using Dmp.Cda;
using Dmp.Cli.Export;
using Dmp.Client;
using Dmp.Document.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Documents.Import;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Dmp.Server.Tests.Wishes;
using Dmp.Wishes.V1;
using Dmp.Xdm;
using Google.Protobuf;
using Xunit;
using static Dmp.Server.Tests.Cli.Archives;

namespace Dmp.Server.Tests.Cli;

/// <summary><c>dmp export</c> and <c>dmp export verify</c>, against the real server.</summary>
public sealed class RecordExportTests(Platform platform)
{
    private static CancellationToken Token => CommandHome.Token;

    private string Key => platform.Server.Verifiers()[0].Text;

    [Fact]
    public async Task A_whole_record_is_exported_and_verified_without_the_platform()
    {
        var record = await platform.RecordAsync();
        var physician = platform.As(record.Physician);
        var (first, second) = (Given.Text(), Given.Text(3 * 1024 * 1024));
        var old = await physician.UploadAsync(Given.Intent(record.Id), first);
        var intent = Given.Intent(record.Id);
        (intent.ReplacesDocumentId, intent.Etag) = (old.DocumentId, old.Etag);
        await physician.UploadAsync(intent, second);
        CdaText cda = new() { Patient = record.Patient, Author = record.Physician };
        var letter = (await CdaUploadTests.SendAsync(physician, CdaUploadTests.Intent(record.Id), cda.Bytes)).Document;
        await platform.As(record.Patient).Documents.MaskDocumentAsync(
            new MaskDocumentRequest { RecordId = record.Id, DocumentId = letter.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token);
        var patient = platform.As(record.Patient);
        await patient.ContactsAsync(record.Id, ("Jeanne CONTACT", "+33600000002"));
        await patient.RevokeWishAsync(record.Id, WishKind.EmergencyContacts);
        await patient.DirectivesAsync(record.Id, "Sans acharnement.");
        await patient.NameAsync(record.Id);
        await platform.Server.SettleAsync(platform);
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Patient));
        var archive = home.PathOf("record.zip");

        var run = await ExportAsync(home, record, archive);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(["record.zip", "token"], Directory.GetFiles(home.PathOf(".")).Select(Path.GetFileName).Order());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(archive));
        }

        var verified = await VerifyAsync(archive);
        Assert.Equal((0, ""), (verified.Code, verified.Error));
        Assert.StartsWith(
            $"{Names(archive).Count - 1} files of the record {record.Id}; 3 contents, 3 of them proven by the trace; ", verified.Output,
            StringComparison.Ordinal);
        Assert.EndsWith(": verified.\n", verified.Output, StringComparison.Ordinal);

        // What is in it is what the platform says.
        var v1 = JsonParser.Default.Parse<Document.V1.Document>(Text(archive, $"documents/{old.DocumentId}/v1.json"));
        Assert.Equal((DocumentStatus.Deprecated, 1), (v1.Status, v1.Version));
        var masked = JsonParser.Default.Parse<Document.V1.Document>(Text(archive, $"documents/{letter.DocumentId}/v1.json"));
        Assert.Equal([VisibilityCode.MaskedFromProfessionals], masked.VisibilityCodes);
        Assert.Contains(record.Patient.Number, Text(archive, "record.json"), StringComparison.Ordinal);
        Assert.Equal(
            record.Physician.Id, JsonParser.Default.Parse<Consent.V1.Consent>(Text(archive, "consents.jsonl").Split('\n')[0]).Actor.Id);
        Assert.Contains("\"emergency", Text(archive, "consent-settings.json"), StringComparison.Ordinal);
        Assert.Contains("Sans acharnement.", Text(archive, "wishes.json"), StringComparison.Ordinal);
        Assert.DoesNotContain("Jeanne CONTACT", Text(archive, "wishes.json"), StringComparison.Ordinal);
        Assert.Contains("Jeanne CONTACT", Text(archive, "wish-versions.jsonl"), StringComparison.Ordinal);
        Assert.Contains("Marie CONFIANCE", Text(archive, "trusted-persons.jsonl"), StringComparison.Ordinal);
        Assert.Contains(
            old.DocumentId, Text(archive, "IHE_XDM/SUBSET01/METADATA.XML") + Text(archive, "manifest.json"), StringComparison.Ordinal);

        // And it is an XDM package, whose metadata are those of the documents.
        using var tree = FileTree.Open(archive);
        var package = XdmPackage.Read(tree);
        Assert.Equal(3, package.Documents.Count);
        foreach (var document in package.Documents)
        {
            Assert.Null((await package.VerifyAsync(document, Token)).Fault);
        }

        var newer = package.Documents.Single(
            document => document.Submission.Associations.Any(association => association.Type == XdsAssociationTypes.Replaces));
        Assert.Equal(second, Bytes(archive, newer.File!.Name));
        Assert.Equal(
            XdsStatus.Deprecated, package.Documents.Single(document => document.Entry.UniqueId == v1.Metadata.UniqueId).Entry.Status);
        var mapped = EntryReading.ToContract(package.Documents.Single(document => document.Entry.UniqueId == cda.Id).Entry).Metadata;
        Assert.StartsWith("urn:uuid:", mapped.EntryUuid, StringComparison.Ordinal);
        mapped.EntryUuid = "";
        Assert.Equal(masked.Metadata, mapped);

        // Each read is in the trace.
        var events = await platform.As(record.Patient).Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = record.Id, PageSize = 200 }, cancellationToken: Token);
        Assert.Equal(3, events.Events.Count(told => told.Method.EndsWith("/ReadDocument", StringComparison.Ordinal)));
        Assert.Contains(events.Events, told => told.Method.EndsWith("/ExportRecordEvents", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_caller_may_not_see_is_not_in_it_and_what_is_left_out_is_said()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var seen = await author.UploadAsync(record.Id);
        var masked = await author.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        var hidden = await author.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));
        var colleague = await platform.ColleagueAsync(record);
        await platform.Server.SettleAsync(platform);
        using CommandHome professional = new(platform.Server, platform.Callers.Token(colleague));
        using CommandHome patient = new(platform.Server, platform.Callers.Token(record.Patient));

        var run = await ExportAsync(professional, record, professional.PathOf("record.zip"));
        Assert.Equal(0, run.Code);
        Assert.Contains("left out: visibility-rules.jsonl (CALLER_KIND_NOT_ALLOWED)\n", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await ExportAsync(patient, record, patient.PathOf("record.zip"))).Code);

        Assert.False(IsIn(professional.PathOf("record.zip"), masked.DocumentId));
        Assert.True(IsIn(professional.PathOf("record.zip"), seen.DocumentId));
        Assert.False(IsIn(patient.PathOf("record.zip"), hidden.DocumentId));
        Assert.True(IsIn(patient.PathOf("record.zip"), masked.DocumentId));
        var verified = await VerifyAsync(professional.PathOf("record.zip"));
        Assert.Equal(0, verified.Code);
        Assert.Contains("note: left out: visibility-rules.jsonl (CALLER_KIND_NOT_ALLOWED)\n", verified.Output, StringComparison.Ordinal);

        // A stranger gets nothing, and leaves nothing behind.
        using CommandHome stranger = new(platform.Server, platform.Callers.Token(TestProfessional.New()));
        var denied = await ExportAsync(stranger, record, stranger.PathOf("record.zip"));
        Assert.Equal((1, ""), (denied.Code, denied.Output));
        Assert.StartsWith("RECORD_ACCESS_DENIED: ", denied.Error, StringComparison.Ordinal);
        Assert.Equal(["token"], Directory.GetFiles(stranger.PathOf(".")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_deleted_document_is_there_by_its_metadata_for_whom_its_content_is_no_longer_served()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var gone = await author.UploadAsync(record.Id);
        await author.Documents.DeleteDocumentAsync(
            new DeleteDocumentRequest { RecordId = record.Id, DocumentId = gone.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token);
        var colleague = await platform.ColleagueAsync(record);
        await platform.Server.SettleAsync(platform);
        using CommandHome home = new(platform.Server, platform.Callers.Token(colleague));

        var run = await ExportAsync(home, record, home.PathOf("record.zip"));

        Assert.Equal(0, run.Code);
        Assert.Contains($"left out: documents/{gone.DocumentId}/v1 content (DOCUMENT_NOT_FOUND)\n", run.Error, StringComparison.Ordinal);
        Assert.Contains($"documents/{gone.DocumentId}/v1.json", Names(home.PathOf("record.zip")));
        Assert.DoesNotContain("IHE_XDM/SUBSET01/METADATA.XML", Names(home.PathOf("record.zip")));
        Assert.Equal(0, (await VerifyAsync(home.PathOf("record.zip"))).Code);
    }

    [Fact]
    public async Task Nothing_is_left_of_a_document_that_is_hidden_while_the_export_runs()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var (seen, masked) = (await author.UploadAsync(record.Id), await author.UploadAsync(record.Id));
        var colleague = await platform.ColleagueAsync(record);
        using CommandHome home = new(platform.Server, "");
        using DmpClient dmp = new(new DmpClientOptions
        {
            Address = platform.Server.Address,
            Tokens = new DelegateTokenSource(_ => ValueTask.FromResult(platform.Callers.Token(colleague))),
        });
        List<ExportManifest.Omission> omitted = [];
        using (var file = File.Create(home.PathOf("record.zip")))
        using (ArchiveWriter archive = new(file))
        using (DocumentSpool spool = new(home.PathOf("spool")))
        {
            spool.Add(seen);
            spool.Add(masked);
            await platform.As(record.Patient).Documents.MaskDocumentAsync(
                new MaskDocumentRequest { RecordId = record.Id, DocumentId = masked.DocumentId, RequestId = Given.NewId() },
                cancellationToken: Token);
            var exported = await new DocumentExport(dmp, archive, spool, home.PathOf("content"), omitted).WriteAsync(_ => { }, Token);
            await new XdmView(archive, spool, record.Patient.Ins, exported, AsyncEnumerable.Empty<SubmissionSet>()).WriteAsync();
        }

        Assert.True(IsIn(home.PathOf("record.zip"), seen.DocumentId));
        Assert.True(IsIn(home.PathOf("record.zip"), seen.Metadata.UniqueId));
        Assert.False(IsIn(home.PathOf("record.zip"), masked.DocumentId));
        Assert.False(IsIn(home.PathOf("record.zip"), masked.Metadata.UniqueId));
        Assert.Empty(omitted);
        Assert.Equal(["record.zip", "token"], Directory.GetFiles(home.PathOf(".")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task An_export_continues_a_checkpoint_that_was_kept_and_writes_over_nothing()
    {
        var record = await platform.RecordAsync();
        await platform.Server.SettleAsync(platform);
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Patient));
        var first = home.PathOf("first.zip");
        Assert.Equal(0, (await ExportAsync(home, record, first)).Code);
        var kept = home.PathOf("kept");
        await File.WriteAllTextAsync(kept, (string)JsonNode.Parse(Text(first, "manifest.json"))!["checkpoint"]!, Token);
        await platform.As(record.Physician).UploadAsync(record.Id);
        await platform.Server.SettleAsync(platform);

        var later = home.PathOf("later.zip");
        Assert.Equal(0, (await ExportAsync(home, record, later, "--checkpoint", kept)).Code);
        Assert.Equal(0, (await VerifyAsync(later, "--checkpoint", kept)).Code);
        var rewritten = await VerifyAsync(
            first, "--checkpoint",
            home.Put("newer", Encoding.UTF8.GetBytes((string)JsonNode.Parse(Text(later, "manifest.json"))!["checkpoint"]!)));
        Assert.StartsWith("LogRewritten trace.jsonl: ", rewritten.Output, StringComparison.Ordinal);

        Assert.Contains("is there already", (await ExportAsync(home, record, later)).Error, StringComparison.Ordinal);
        Assert.Equal(1, (await CommandHome.RunAsync("export", "verify", later)).Code);
        Assert.Equal(1, (await CommandHome.RunAsync("export", "verify", later, "--key", "x")).Code);
        Assert.Equal(2, (await CommandHome.RunAsync("export", record.Id)).Code);
    }

    [Fact]
    public async Task An_export_can_be_imported_elsewhere()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        CdaText cda = new() { Patient = record.Patient, Author = record.Physician };
        await CdaUploadTests.SendAsync(author, CdaUploadTests.Intent(record.Id), cda.Bytes);
        FhirText fhir = new() { Patient = record.Patient, Author = record.Physician };
        await CdaUploadTests.SendAsync(author, CdaUploadTests.Intent(record.Id), fhir.Bytes);
        await CdaUploadTests.SendAsync(
            author, CdaUploadTests.Intent(record.Id), (fhir with { Id = $"urn:uuid:{Guid.NewGuid()}" }).Xml);
        var old = await author.UploadAsync(Given.Intent(record.Id), Given.Text());
        var intent = Given.Intent(record.Id);
        (intent.ReplacesDocumentId, intent.Etag) = (old.DocumentId, old.Etag);
        await author.UploadAsync(intent, Given.Text());
        await platform.Server.SettleAsync(platform);
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var archive = home.PathOf("record.zip");
        Assert.Equal(0, (await ExportAsync(home, record, archive)).Code);

        // On a platform of its own, where the patient has a record without documents.
        await using var elsewhere = await TestServer.StartAsync(platform);
        DmpApi other = new(elsewhere.Channel, platform.Callers.Token(record.Physician));
        var opened = await other.Records.OpenRecordAsync(Given.OpenRequest(record.Patient), cancellationToken: Token);
        await other.DeclareAsync(opened.Record.RecordId);
        using CommandHome there = new(elsewhere, platform.Callers.Token(record.Physician));
        var run = await CommandHome.RunAsync(there.Import(archive));

        Assert.True(run.Code == 0, run.Output + run.Error + await File.ReadAllTextAsync(there.Report, Token));
        Assert.Equal("5 stored.\n", run.Output);
        var found = await other.Documents.SearchDocumentsAsync(
            new SearchDocumentsRequest { RecordId = opened.Record.RecordId }, cancellationToken: Token);
        Assert.Equal(
            [(1, "application/fhir+json"), (1, "application/fhir+xml"), (1, "text/xml"), (2, "text/plain")],
            found.Documents.Select(document => (document.Version, document.Metadata.MediaType)).Order());
        Assert.All(found.Documents, document => Assert.Equal(record.Physician.Id, Assert.Single(document.Metadata.Authors).Person.Id));
    }

    [Fact]
    public async Task Submission_sets_go_out_and_in_again_as_they_are()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var documents = SubmissionSetTests.Documents(record, 2);
        documents[0].Intent.Metadata.EntryUuid = $"urn:uuid:{Guid.NewGuid()}";
        var first = SubmissionSetTests.Described(documents, "1.2.250.1.999.77");
        var (_, results) = await Importing.SetAsync(author, first, documents);
        var later = SubmissionSetTests.Documents(record, 2);
        (later[1].Intent.ReplacesDocumentId, later[1].Intent.Etag) = (results[0].Document.DocumentId, results[0].Document.Etag);
        await Importing.SetAsync(author, Importing.SetOf(later.Select(one => one.Intent)), later);
        await author.UploadAsync(record.Id);
        await platform.Server.SettleAsync(platform);
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var archive = home.PathOf("record.zip");
        Assert.Equal(0, (await ExportAsync(home, record, archive)).Code);
        Assert.Equal(0, (await VerifyAsync(archive)).Code);

        await using var elsewhere = await TestServer.StartAsync(platform);
        DmpApi other = new(elsewhere.Channel, platform.Callers.Token(record.Physician));
        var opened = await other.Records.OpenRecordAsync(Given.OpenRequest(record.Patient), cancellationToken: Token);
        await other.DeclareAsync(opened.Record.RecordId);
        using CommandHome there = new(elsewhere, platform.Callers.Token(record.Physician));
        var run = await CommandHome.RunAsync(there.Import(archive));

        // Five documents and a signature.
        Assert.True(run.Code == 0, run.Output + run.Error + await File.ReadAllTextAsync(there.Report, Token));
        Assert.Equal("6 stored.\n", run.Output);
        var sets = (await other.Documents.ListSubmissionSetsAsync(
            new() { RecordId = opened.Record.RecordId }, cancellationToken: Token)).SubmissionSets;
        Assert.Equal([1, 2, 2], sets.Select(set => set.Members.Count).Order());
        var same = Assert.Single(sets, set => set.Metadata.UniqueId == first.Metadata.UniqueId);
        Assert.Equal((first.Metadata, first.Signature), (same.Metadata, same.Signature));
        Assert.Contains(sets.Where(set => set != same).SelectMany(set => set.Members), member => member.Version == 2);
        var found = await other.Documents.SearchDocumentsAsync(
            new SearchDocumentsRequest { RecordId = opened.Record.RecordId, Statuses = { DocumentStatus.Deprecated } },
            cancellationToken: Token);
        Assert.Equal(documents[0].Intent.Metadata.EntryUuid, Assert.Single(found.Documents).Metadata.EntryUuid);
    }

    [Fact]
    public async Task Nothing_large_is_held_in_memory_on_the_way_in_or_out()
    {
        const int DocumentBytes = 96 * 1024 * 1024;
        const long HeapBytesMax = 64 * 1024 * 1024;
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var source = home.PathOf("source.zip");
        var content = Encoding.ASCII.GetBytes(
            System.Security.Cryptography.RandomNumberGenerator.GetString("abcdefghijklmnop \n", DocumentBytes));
        using (ZipArchive zip = new(File.Create(source), ZipArchiveMode.Create))
        {
            await using (var scan = zip.CreateEntry("scan.txt", CompressionLevel.NoCompression).Open())
            {
                await scan.WriteAsync(content, Token);
            }

            await using var sidecar = zip.CreateEntry("scan.txt.json").Open();
            sidecar.Write(
                """
                { "metadata": { "type": { "system": "2.16.840.1.113883.6.1", "code": "11488-4" }, "title": "Scan",
                  "creationTime": "2026-05-04T10:00:00Z", "serviceStartTime": "2026-05-04T09:30:00Z" } }
                """u8);
        }

        await DoneAsync(home.Import(source, "--record", record.Id));
        await platform.Server.SettleAsync(platform);
        var archive = home.PathOf("record.zip");
        await DoneAsync(["export", record.Id, "--out", archive, .. home.Caller]);
        await DoneAsync(["export", "verify", archive, "--key", Key]);
        Assert.True(content.AsSpan().SequenceEqual(Bytes(archive, "IHE_XDM/SUBSET01/DOC00001.TXT")));

        static async Task DoneAsync(string[] arguments)
        {
            using var process = CommandHome.Start(arguments, HeapBytesMax);
            var error = process.StandardError.ReadToEndAsync(Token);
            await process.WaitForExitAsync(Token);
            Assert.True(process.ExitCode == 0, await error);
        }
    }

    [Fact]
    public async Task Published_samples_come_out_as_a_package_that_is_imported_elsewhere()
    {
        var folder = SharedSamples.Folder("samples/cda");
        var physician = TestProfessional.New();
        await using TestServer one = await TestServer.StartAsync(platform), two = await TestServer.StartAsync(platform);
        using CommandHome here = new(one, platform.Callers.Token(physician)), there = new(two, platform.Callers.Token(physician));
        DmpApi api = new(one.Channel, platform.Callers.Token(physician)), other = new(two.Channel, platform.Callers.Token(physician));
        HashSet<string> records = [];
        foreach (var file in Directory.GetFiles(folder))
        {
            await using var stream = File.OpenRead(file);
            var patient = (await CdaReader.ReadAsync(stream, cancellationToken: Token)).Document!.Patients[0];
            records.Add(await OpenedAsync(api, patient));
            await OpenedAsync(other, patient);
        }

        foreach (var record in records)
        {
            await api.DeclareAsync(record);
        }

        Assert.Equal((0, "29 stored.\n", $"Report: {here.Report}\n"), await CommandHome.RunAsync(here.Import(folder)));
        await one.SettleAsync(platform);
        var imported = 0;
        foreach (var record in records)
        {
            var archive = here.PathOf($"{record}.zip");
            Assert.Equal(0, (await CommandHome.RunAsync(["export", record, "--out", archive, .. here.Caller])).Code);
            var verified = await CommandHome.RunAsync("export", "verify", archive, "--key", one.Verifiers()[0].Text);
            Assert.True(verified.Code == 0, verified.Output);
            File.Delete(there.Resume);
            var run = await CommandHome.RunAsync(there.Import(archive));
            Assert.True(run.Code == 0, run.Output + run.Error + await File.ReadAllTextAsync(there.Report, Token));
            imported += there.Rows().Count;
        }

        Assert.Equal(29, imported);
    }

    /// <summary>The record of a sample's patient, under the authority that the sample names.</summary>
    private static async Task<string> OpenedAsync(DmpApi api, CdaPatient patient)
    {
        var request = Given.OpenRequest(CdaSamplesTests.PatientOf(patient));
        request.Ins.System = patient.InsIds.First().Root;
        var access = await api.Records.CheckAccessAsync(new CheckAccessRequest { Ins = request.Ins }, cancellationToken: Token);
        return access.RecordState == RecordState.Open
            ? access.RecordId : (await api.Records.OpenRecordAsync(request, cancellationToken: Token)).Record.RecordId;
    }

    private Task<(int Code, string Output, string Error)> VerifyAsync(string archive, params string[] more) =>
        CommandHome.RunAsync(["export", "verify", archive, "--key", Key, .. more]);
}
