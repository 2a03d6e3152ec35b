using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dmp.Document.V1;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Dmp.Xdm;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using static Dmp.Server.Tests.Cli.Sources;

namespace Dmp.Server.Tests.Cli;

/// <summary><c>dmp import</c> of IHE XDM packages, against the real server.</summary>
public sealed class ImportPackageTests(Platform platform)
{
    private static CancellationToken Token => CommandHome.Token;

    [Fact]
    public async Task Metadata_of_a_package_are_kept_and_what_has_no_place_is_told()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var given = MetadataOf(record);
        given.References.Add(
            new Reference { Id = new LocalIdentifier { Value = "42", System = "1.2.3" }, Kind = "urn:ihe:iti:xds:2013:accession" });
        given.SourcePatientId = new LocalIdentifier { Value = "IPP-7", System = "1.2.250.1.999.2" };
        var entry = Entry(record, given, "Bonjour"u8.ToArray(), [VisibilityCode.MaskedFromProfessionals]) with { Version = "3" };
        given.EntryUuid = entry.EntryUuid;
        var package = Package(home, (entry, "Bonjour"u8.ToArray()));

        var run = await CommandHome.RunAsync(home.Import(package));

        Assert.Equal((0, "1 stored.\n"), (run.Code, run.Output));
        var row = Assert.Single(home.Rows()).Value;
        Assert.Equal("version: The number of the version of the metadata is not kept; versions are counted anew.", row.Warnings);
        var stored = await GetAsync(record, row.DocumentId);
        var kept = stored.Metadata.Clone();
        foreach (var code in (Coding[])[kept.Type, kept.Format, kept.FacilityType, kept.Confidentiality])
        {
            // The platform puts the published texts.
            code.Display = "";
        }

        Assert.Equal(given, kept);
        Assert.Equal([VisibilityCode.MaskedFromProfessionals], stored.VisibilityCodes);
    }

    /// <summary>The platform reads no header of what is sent as XML, so its metadata are those of the package.</summary>
    [Fact]
    public async Task FHIR_that_a_package_calls_XML_keeps_the_metadata_of_the_package()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var given = MetadataOf(record);
        given.MediaType = "text/xml";
        given.Format = new Coding { System = "1.2.250.1.213.1.1.4.2.282", Code = "urn:asipSante:modelesHorsProfils:2011" };
        var content = new FhirText { Patient = record.Patient, Author = record.Physician }.Xml;

        var package = Package(home, (Entry(record, given, content), content));
        Assert.Equal((0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(package))));

        var stored = await GetAsync(record, Assert.Single(home.Rows()).Value.DocumentId);
        Assert.Equal((given.UniqueId, ContentForm.Xml), (stored.Metadata.UniqueId, stored.Content.Form));
        Assert.Equal(given.Authors, stored.Metadata.Authors);
    }

    [Fact]
    public async Task A_package_is_read_from_a_directory_and_a_document_replaces_another_of_it()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var (old, now) = ("Ancienne"u8.ToArray(), "Nouvelle"u8.ToArray());
        var (first, second) = (Entry(record, MetadataOf(record), old), Entry(record, MetadataOf(record), now));
        Put(
            home, "usb/IHE_XDM/SUBSET01", [(second, now)],
            [new XdsAssociation(XdsAssociationTypes.Replaces, second.EntryUuid, first.EntryUuid)]);
        Put(home, "usb/IHE_XDM/SUBSET02", [(first with { Status = XdsStatus.Deprecated }, old)], []);

        Assert.Equal((0, "2 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));

        var rows = home.Rows();
        var stored = await GetAsync(record, rows["IHE_XDM/SUBSET01/DOC00001.TXT"].DocumentId);
        Assert.Equal((rows["IHE_XDM/SUBSET02/DOC00001.TXT"].DocumentId, 2), (stored.DocumentId, stored.Version));
        Assert.Equal(now, await platform.As(record.Patient).ReadAsync(stored));
        Assert.Equal((0, "2 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));

        // Stopped between the answer and its line: the same request, with the etag as it was, is answered the same.
        var lines = await File.ReadAllLinesAsync(home.Resume, Token);
        await File.WriteAllLinesAsync(home.Resume, lines[..^1], Token);
        Assert.Equal((0, "1 stored, 1 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));
        Assert.Equal(2, (await GetAsync(record, stored.DocumentId)).Version);

        // The replaced document has changed since its etag was written down: told, and right in the next run.
        var begun = lines[^3].Replace("\"etag\":\"", "\"etag\":\"stale", StringComparison.Ordinal);
        var requestId = JsonNode.Parse(begun)!["requestId"]!.ToString();
        await File.WriteAllLinesAsync(
            home.Resume, [.. lines[..^3], begun.Replace(requestId, Guid.NewGuid().ToString(), StringComparison.Ordinal)], Token);
        Assert.Equal((3, "1 already, 1 failed.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));
        Assert.Equal("ETAG_MISMATCH", home.Rows()["IHE_XDM/SUBSET01/DOC00001.TXT"].Reason);
        Assert.Equal((0, "2 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));
    }

    [Theory]
    [InlineData("XDSNonIdenticalHash")]
    [InlineData("XDSNonIdenticalSize")]
    [InlineData("XDSMissingDocument")]
    [InlineData("XDSPatientIdDoesNotMatch")]
    public async Task A_document_that_does_not_fit_its_metadata_is_refused_with_its_submission_set_and_no_other(string reason)
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var content = "Bonjour"u8.ToArray();
        var cda = new CdaText { Patient = TestPatient.New(), Author = record.Physician }.Bytes;
        var good = Entry(record, MetadataOf(record), content);
        var bad = reason switch
        {
            "XDSNonIdenticalHash" => (good with { Hash = new string('a', 40) }, content),
            "XDSNonIdenticalSize" => (good with { Size = "99" }, content),
            "XDSMissingDocument" => (good with { Uri = "DOC00009.TXT" }, content),
            _ => (Entry(record, new DocumentMetadata { MediaType = "text/xml" }, cda), cda),
        };
        Put(
            home, "usb/IHE_XDM/SUBSET01",
            [(Entry(record, MetadataOf(record), content), content), (bad.Item1 with { EntryUuid = "Document02" }, bad.Item2)], []);
        Put(home, "usb/IHE_XDM/SUBSET02", [(good, content)], []);

        Assert.Equal((1, "1 stored, 2 refused.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));

        var rows = home.Rows();
        Assert.Equal(
            ["", "SUBMISSION_SET_REFUSED", reason],
            rows.Values.Select(row => row.Reason).OrderBy(code => code == reason ? 2 : code.Length > 0 ? 1 : 0));
        Assert.Equal("stored", rows["IHE_XDM/SUBSET02/DOC00001.TXT"].Outcome);
    }

    [Fact]
    public async Task A_CDA_document_of_a_package_must_agree_with_its_metadata()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        CdaText text = new() { Patient = record.Patient, Author = record.Physician };
        var lied = new DocumentMetadata { MediaType = "text/xml", Title = "Un autre titre", UniqueId = text.Id };
        Assert.Equal((1, "1 refused.\n"), Short(
            await CommandHome.RunAsync(home.Import(Package(home, (Entry(record, lied, text.Bytes), text.Bytes))))));
        Assert.Equal("CDA_METADATA_MISMATCH", Assert.Single(home.Rows()).Value.Reason);

        File.Delete(home.Resume);
        lied.Title = text.Title;
        lied.Authors.Add(new Author { Person = new Person { Id = TestProfessional.New().Id, FamilyName = "AUTRE" } });
        Assert.Equal((1, "1 refused.\n"), Short(
            await CommandHome.RunAsync(home.Import(Package(home, (Entry(record, lied, text.Bytes), text.Bytes))))));
        Assert.Equal("CDA_METADATA_MISMATCH", Assert.Single(home.Rows()).Value.Reason);

        // An author of another structure than the depositor's is one all the same.
        File.Delete(home.Resume);
        lied.Authors[0].Person.Id = record.Physician.Id;
        lied.Authors[0].Institution = new Institution { Name = "AILLEURS" };
        Assert.Equal((0, "1 stored.\n"), Short(
            await CommandHome.RunAsync(home.Import(Package(home, (Entry(record, lied, text.Bytes), text.Bytes))))));
    }

    [Fact]
    public async Task A_signature_is_kept_with_the_set_that_it_signs()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var (content, signature) = ("Bonjour"u8.ToArray(), "<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>"u8.ToArray());
        var letter = Entry(record, MetadataOf(record), content);
        var signs = Entry(
            record, new DocumentMetadata { MediaType = "text/xml", Title = "Signature", UniqueId = "1.2.250.1.999.9" }, signature);
        Put(
            home,
            "usb/IHE_XDM/SUBSET01",
            [(letter, content), (signs, signature)],
            [
                new XdsAssociation(XdsAssociationTypes.Signs, signs.EntryUuid, letter.EntryUuid),
                new XdsAssociation("urn:ihe:iti:2007:AssociationType:APND", letter.EntryUuid, "x"),
            ]);

        Assert.Equal((0, "2 valid.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb"), "--dry-run"))));
        Assert.Equal((0, "2 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));

        var set = Assert.Single(await SetsAsync(record));
        Assert.Equal(signature, set.Signature.ToByteArray());
        Assert.Equal(home.Rows()["IHE_XDM/SUBSET01/DOC00001.TXT"].DocumentId, Assert.Single(set.Members).DocumentId);
        Assert.Equal(
            ("stored", ""),
            (home.Rows()["IHE_XDM/SUBSET01/DOC00002.XML"].Outcome, home.Rows()["IHE_XDM/SUBSET01/DOC00002.XML"].DocumentId));
        Assert.Contains("APND is not kept", home.Rows()["IHE_XDM/SUBSET01/DOC00001.TXT"].Warnings, StringComparison.Ordinal);
        Assert.Equal((0, "2 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));

        // Without the resume file too.
        File.Delete(home.Resume);
        Assert.Equal((0, "2 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));
    }

    [Fact]
    public async Task Each_submission_set_is_stored_as_one_with_what_it_says_of_itself()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var content = "Bonjour"u8.ToArray();
        XdsSubmissionSet given = new()
        {
            EntryUuid = $"urn:uuid:{Guid.NewGuid()}",
            UniqueId = "1.2.250.1.999.4711",
            SourceId = "1.2.250.1.999.5",
            SubmissionTime = "20260504100000",
            Title = "Sortie & bilan",
            Comments = "Trois lettres",
            ContentType = new XdsCode("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"),
            Authors = [new XdsAuthor { Institutions = ["CHU D'AILLEURS"] }],
            IntendedRecipients = ["|^Somebody"],
        };
        Put(
            home, "usb/IHE_XDM/SUBSET01",
            [.. Enumerable.Range(0, 3).Select(_ => (Entry(record, MetadataOf(record), content), content))], [], given);
        Put(home, "usb/IHE_XDM/SUBSET02", [(Entry(record, MetadataOf(record), content), content)], []);

        // Refused by the platform only: an author of another structure.
        var foreign = MetadataOf(record);
        foreign.Authors[0].Institution.Id = "1750000001";
        Put(
            home, "usb/IHE_XDM/SUBSET03",
            [(Entry(record, MetadataOf(record), content), content), (Entry(record, foreign, content), content)], []);

        Assert.Equal((1, "4 stored, 2 refused.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));

        var rows = home.Rows();
        Assert.Equal("SUBMISSION_SET_REFUSED", rows["IHE_XDM/SUBSET03/DOC00001.TXT"].Reason);
        Assert.Equal("FIELDS_INVALID", rows["IHE_XDM/SUBSET03/DOC00002.TXT"].Reason);
        Assert.Contains("intendedRecipient: ", rows["IHE_XDM/SUBSET01/DOC00001.TXT"].Warnings, StringComparison.Ordinal);
        var sets = await SetsAsync(record);
        Assert.Equal([1, 3], sets.Select(set => set.Members.Count).Order());
        var set = sets.Single(one => one.Metadata.UniqueId == given.UniqueId);
        Assert.Equal(
            (given.EntryUuid, given.SourceId, given.Title, given.Comments, "04", "CHU D'AILLEURS",
                new DateTimeOffset(2026, 5, 4, 10, 0, 0, TimeSpan.Zero)),
            (set.Metadata.EntryUuid, set.Metadata.SourceId, set.Metadata.Title, set.Metadata.Comments, set.Metadata.ContentType.Code,
                Assert.Single(set.Metadata.Authors).Institution.Name, set.Metadata.SubmissionTime.ToDateTimeOffset()));

        // Stopped after the answer and before the lines were written: the same set again, answered as it was.
        var lines = await File.ReadAllLinesAsync(home.Resume, Token);
        await File.WriteAllLinesAsync(home.Resume, lines.Where(line => !line.Contains(
            "SUBSET01/DOC00002", StringComparison.Ordinal) || !line.Contains("documentId", StringComparison.Ordinal)), Token);
        Assert.Equal((1, "3 stored, 1 already, 2 refused.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));
        Assert.Equal(2, (await SetsAsync(record)).Count);

        // Without the resume file: what is there is recognised by its identifiers.
        File.Delete(home.Resume);
        Assert.Equal((1, "4 already, 2 refused.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));
        Assert.Equal(2, (await SetsAsync(record)).Count);
    }

    [Fact]
    public async Task A_set_that_the_platform_cannot_take_as_one_is_added_one_by_one_and_told()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var content = "Bonjour"u8.ToArray();
        Put(
            home, "usb/IHE_XDM/SUBSET01",
            [.. Enumerable.Range(0, 65).Select(_ => (Entry(record, MetadataOf(record), content), content))], []);
        Assert.Equal((0, "65 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("usb")))));
        Assert.Contains("more than 64 documents", home.Rows()["IHE_XDM/SUBSET01/DOC00001.TXT"].Warnings, StringComparison.Ordinal);
        Assert.Empty(await SetsAsync(record));
    }

    [Fact]
    public async Task A_package_whose_metadata_are_hostile_is_refused_whole()
    {
        using CommandHome home = new(platform.Server, "none");
        home.Put("usb/IHE_XDM/SUBSET01/METADATA.XML", "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"u8.ToArray());
        var run = await CommandHome.RunAsync(home.Import(home.PathOf("usb")));
        Assert.Equal((1, ""), Short(run));
        Assert.Contains("XDSRegistryMetadataError", run.Error, StringComparison.Ordinal);
    }

    internal static DocumentMetadata MetadataOf(OpenedRecord record) => new()
    {
        UniqueId = $"1.2.250.1.999.{Random.Shared.NextInt64(1, long.MaxValue)}",
        Type = new Coding { System = "2.16.840.1.113883.6.1", Code = "11488-4" },
        Format = new Coding { System = "1.3.6.1.4.1.19376.1.2.3", Code = "urn:ihe:iti:xds-sd:text:2008" },
        Title = "Lettre d'été & <d'hiver>",
        Comments = "Rien",
        MediaType = "text/plain",
        LanguageCode = "fr-FR",
        Confidentiality = new Coding { System = "2.16.840.1.113883.5.25", Code = "N" },
        FacilityType = new Coding { System = "1.2.250.1.71.4.2.4", Code = "SA07" },
        EventCodes = { new Coding { System = "1.2.250.1.213.2.5", Code = "JQGA003", Display = "Acte" } },
        CreationTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 5, 4, 10, 0, 0, TimeSpan.Zero)),
        ServiceStartTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 5, 4, 9, 0, 0, TimeSpan.Zero)),
        ServiceStopTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 5, 4, 9, 30, 0, TimeSpan.Zero)),
        Authors =
        {
            new Author
            {
                Person = new Person { Id = record.Physician.Id, FamilyName = "ESSAI", GivenName = "CLAIRE" },
                Institution = new Institution { Id = record.Physician.StructureId, Name = "CABINET D'ESSAI" },
                Role = "PART",
                Specialty = new Coding { System = "1.2.250.1.213.1.1.4.5", Code = "G15_10/SM26", Display = "Médecin" },
            },
        },
        LegalAuthenticator = new Person { Id = record.Physician.Id, FamilyName = "ESSAI", GivenName = "CLAIRE" },
    };

    internal static XdsEntry Entry(
        OpenedRecord record, DocumentMetadata metadata, byte[] content, IEnumerable<VisibilityCode>? visibility = null) =>
        EntryWriting.ToXds($"urn:uuid:{Guid.NewGuid()}", metadata, visibility ?? [], record.Patient.Ins) with
        {
#pragma warning disable CA5350 // XDS compares with SHA-1.
            Hash = Convert.ToHexStringLower(SHA1.HashData(content)),
#pragma warning restore CA5350
            Size = content.Length.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };

    internal static string Package(CommandHome home, params (XdsEntry Entry, byte[] Content)[] documents)
    {
        var folder = $"{Guid.NewGuid():N}";
        Put(home, $"{folder}/IHE_XDM/SUBSET01", documents, []);
        var zip = home.PathOf("package.zip");
        File.Delete(zip);
        ZipFile.CreateFromDirectory(home.PathOf(folder), zip);
        return zip;
    }

    private async Task<List<SubmissionSet>> SetsAsync(OpenedRecord record) =>
        [.. (await platform.As(record.Patient).Documents.ListSubmissionSetsAsync(
            new() { RecordId = record.Id }, cancellationToken: Token)).SubmissionSets];

    private static void Put(
        CommandHome home, string subset, (XdsEntry Entry, byte[] Content)[] documents, XdsAssociation[] associations,
        XdsSubmissionSet? set = null)
    {
        using MemoryStream metadata = new();
        using (XdsWriter writer = new(metadata))
        {
            for (var i = 0; i < documents.Length; i++)
            {
                var name = XdmNames.Document(i + 1, documents[i].Entry.MediaType);
                writer.Add(documents[i].Entry.Uri.Length > 0 ? documents[i].Entry : documents[i].Entry with { Uri = name });
                home.Put($"{subset}/{name}", documents[i].Content);
            }

            writer.Finish(set ?? new XdsSubmissionSet
            {
                EntryUuid = "SubmissionSet01",
                UniqueId = $"1.2.250.1.999.{Random.Shared.NextInt64(1, long.MaxValue)}",
                SourceId = "1.2.4",
                SubmissionTime = "20260504100000",
            }, associations);
        }

        home.Put($"{subset}/METADATA.XML", metadata.ToArray());
    }

    private async Task<Document.V1.Document> GetAsync(OpenedRecord record, string documentId) =>
        (await platform.As(record.Patient).Documents.GetDocumentAsync(
            new GetDocumentRequest { RecordId = record.Id, DocumentId = documentId }, cancellationToken: Token)).Document;
}
