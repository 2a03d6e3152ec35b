using System.Diagnostics;
using System.Text;
using CsCheck;
using Dmp.Document.V1;

namespace Dmp.Xdm.Tests;

/// <summary>Metadata that are hostile, broken, or say more than the contract has a place for.</summary>
public sealed class MetadataTests
{
    private static readonly byte[] content = Media.Utf8("Bonjour");

    [Fact]
    public void Whom_the_source_names_is_read_from_the_fields_of_PID()
    {
        var entry = Media.Entry(Media.Utf8("x"), "X.TXT") with
        {
            PatientId = "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH",
            SourcePatientInfo =
            [
                "PID-3|4711^^^&1.2.3&ISO^PI", "PID-5|DURAND^Zoe^^^^^D~L\\S\\E GALL&LE&GALL^ANNE^LOUISE MARIE^^^^L", "PID-7|19700214101500",
                "PID-8|F", "PID-5", "x|y|z",
            ],
        };
        var stated = EntryReading.ToContract(entry).Stated!;
        Assert.Equal(("279035121518989", "1970-02-14"), (stated.Ins.Number, stated.BirthDate));
        Assert.Equal(["L^E GALL"], stated.FamilyNames);
        Assert.Equal(["ANNE", "LOUISE MARIE"], stated.GivenNames);

        // Another identity than the entry's own is what the platform must learn.
        var other = EntryReading.ToContract(
            entry with { SourcePatientInfo = ["PID-3|172116938399204^^^&1.2.250.1.213.1.4.8&ISO^NH"] }).Stated!;
        Assert.Equal("172116938399204", other.Ins.Number);
        Assert.Null(EntryReading.ToContract(
            entry with { PatientId = "4711^^^&1.2.3&ISO^PI", SourcePatientId = "", SourcePatientInfo = [] }).Stated);
    }

    [Theory]
    [InlineData("20261015080000", "2026-10-15T08:00:00Z", false)]
    [InlineData("20261015100000+0200", "2026-10-15T08:00:00Z", true)]
    [InlineData("2026-10-15T10:00:00+02:00", "2026-10-15T08:00:00Z", true)]
    [InlineData("2026-10-15T08:00:00Z", "2026-10-15T08:00:00Z", true)]
    [InlineData("2026-10-15T08:00:00", null, true)]
    [InlineData("20261015240000", null, true)]
    [InlineData("1618509699169", null, true)]
    public void A_time_is_UTC_unless_it_says_otherwise(string written, string? time, bool isTold)
    {
        var mapped = EntryReading.ToContract(Media.Entry(Media.Utf8("x"), "X.TXT") with { CreationTime = written });
        Assert.Equal(
            time is null ? null : DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture),
            mapped.Metadata.CreationTime?.ToDateTimeOffset());
        Assert.Equal(isTold, mapped.Warnings.Any(warning => warning.Field == "creationTime"));
    }

    [Fact]
    public void A_document_type_is_refused()
    {
        Refused(XdmFaultKind.MetadataUnreadable, "document type", "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>");
        Refused(
            XdmFaultKind.MetadataUnreadable,
            "document type",
            "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]><x>&b;</x>");
    }

    [Fact]
    public void Deep_nesting_and_long_runs_of_comments_cost_little()
    {
        var watch = Stopwatch.StartNew();
        Refused(XdmFaultKind.MetadataUnreadable, "nested deeper", string.Concat(Enumerable.Repeat("<a>", 200_000)));
        Refused(XdmFaultKind.MetadataInvalid, "root", $"<a>{string.Concat(Enumerable.Repeat("<!-- -->", 200_000))}</a>");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("", XdmFaultKind.MetadataUnreadable)]
    [InlineData("no xml", XdmFaultKind.MetadataUnreadable)]
    [InlineData("<a>", XdmFaultKind.MetadataUnreadable)]
    [InlineData("<?xml version='1.0' encoding='utf-17'?><a/>", XdmFaultKind.MetadataUnreadable)]
    [InlineData("<a/>", XdmFaultKind.MetadataInvalid)]
    [InlineData("<SubmitObjectsRequest xmlns='urn:oasis:names:tc:ebxml-regrep:registry:xsd:2.1'/>", XdmFaultKind.MetadataInvalid)]
    [InlineData("<SubmitObjectsRequest xmlns='urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0'/>", XdmFaultKind.MetadataInvalid)]
    public void What_is_no_submission_is_refused(string xml, XdmFaultKind kind) => Refused(kind, "", xml);

    [Fact]
    public void A_submission_set_is_read_whole()
    {
        var entry = Media.Entry(content, "DOC00001.TXT");
        XdsAssociation replaces = new(XdsAssociationTypes.Replaces, entry.EntryUuid, "urn:uuid:0a1d2c3b-0000-4000-8000-000000000009");
        var read = Read(Media.Metadata([entry], [replaces]));

        Assert.Equal(Media.Set.UniqueId, read.Set.UniqueId);
        Assert.Equal(Media.Set.SourceId, read.Set.SourceId);
        Assert.Equal(Media.Set.PatientId, read.Set.PatientId);
        Assert.Equal(Media.Set.SubmissionTime, read.Set.SubmissionTime);
        Assert.Equal(Media.Set.ContentType, read.Set.ContentType);
        Assert.Equal(Media.Set.Authors[0].Persons, read.Set.Authors[0].Persons);
        Assert.Equal(Media.Set.IntendedRecipients, read.Set.IntendedRecipients);
        Assert.Empty(read.Set.Others);
        Assert.Equal(
            [new XdsAssociation(XdsAssociationTypes.HasMember, Media.Set.EntryUuid, entry.EntryUuid), replaces], read.Associations);
        Assert.Equal(entry.Hash, Assert.Single(read.Entries).Hash);
    }

    [Fact]
    public void What_the_contract_has_no_place_for_is_told()
    {
        var entry = Media.Entry(content, "DOC00001.TXT") with
        {
            ReferenceIds = ["20260504^^^&1.2.3&ISO^urn:ihe:iti:xds:2013:accession", "20260505^^^&1.2.3&ISO"],
            Status = XdsStatus.Archived,
            SourcePatientId = "IPP42^^^&1.2.3.4&ISO^PI",
            CreationTime = "202605",
            ServiceStopTime = "soon",
            LegalAuthenticators = ["810000000000^A^B^^^DR^^^&1.2.250.1.71.4.2.1&ISO", "810000000001^C"],
            Confidentialities = [new("N", "2.16.840.1.113883.5.25", ""), new("MASQUE_PSOCIAL", "1.2.250.1.213.1.1.4.13", "")],
            Format = new XdsCode("x", "", ""),
            Authors =
            [
                new()
                {
                    Persons = ["279035121518989^M^N^^^^^^&1.2.250.1.213.1.4.10&ISO^D^^^NH"],
                    Institutions = ["A", "B"],
                    Telecommunications = ["^^Internet^a@b.c"],
                },
                new() { Roles = ["nobody"] },
            ],
        };
        var xml = Encoding.UTF8.GetString(Media.Metadata(entry)).Replace("\"hash\"", "\"hachis\"", StringComparison.Ordinal);
        var mapped = EntryReading.ToContract(Assert.Single(Read(Media.Utf8(xml)).Entries));

        Assert.Equal(
            [
                "author", "authorInstitution", "authorPerson", "authorTelecommunication", "availabilityStatus", "confidentialityCode",
                "creationTime",
                "formatCode", "legalAuthenticator", "legalAuthenticator", "referenceIdList", "serviceStopTime", "the slot hachis",
            ],
            mapped.Warnings.Select(warning => warning.Field).Order(StringComparer.Ordinal));
        Assert.Equal("279035121518989", mapped.Patient!.Number);
        Assert.Equal(new LocalIdentifier { Value = "IPP42", System = "1.2.3.4" }, mapped.Metadata.SourcePatientId);
        Assert.Equal("urn:ihe:iti:xds:2013:accession", Assert.Single(mapped.Metadata.References).Kind);
        Assert.Equal("", mapped.Metadata.Authors[0].Person.Id);
        Assert.DoesNotContain(mapped.Warnings, warning => warning.Description.Contains("2790", StringComparison.Ordinal));
    }

    [Fact]
    public void A_submission_as_other_programs_write_it_is_understood()
    {
        const string Regrep = "urn:oasis:names:tc:ebxml-regrep";
        const string HasMember = $"{Regrep}:AssociationType:HasMember";
        const string SubmissionSet = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd";
        const string TypeCode = "urn:uuid:F0306F51-975f-434e-a61c-c59651d33983";
        const string UniqueId = "identificationScheme=\"urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab\" value=\"1.2.3\"";
        const string UniqueIdName = "<Name><LocalizedString value=\"XDSDocumentEntry.uniqueId\"/></Name>";

        // Prefixes, order, blanks, classification beside the package, folders, and a URI in pieces.
        var read = Read(Media.Utf8(
            $"""
            <?xml version="1.0" encoding="ISO-8859-1"?>
            <x:SubmitObjectsRequest xmlns:x="{Regrep}:xsd:lcm:3.0"><RegistryObjectList xmlns="{Regrep}:xsd:rim:3.0">
              <Association id="as1" associationType="{HasMember}" sourceObject="SubmissionSet01" targetObject="Document01"/>
              <ObjectRef id="{SubmissionSet}"/>
              <ExtrinsicObject id="Document01" mimeType="application/pdf" objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">
                <Slot name="URI"><ValueList><Value>2|01.PDF</Value><Value>1|DOC000</Value></ValueList></Slot>
                <Slot name="sourcePatientInfo"><ValueList><Value>PID-3|x</Value><Value>PID-5|y</Value></ValueList></Slot>
                <Name><LocalizedString xml:lang="fr" charset="UTF-8" value="Lettre"/></Name>
                <Classification id="c1" classificationScheme="{TypeCode}" classifiedObject="Document01" nodeRepresentation="11488-4">
                  <Slot name="codingScheme"><ValueList><Value>
                    urn:oid:2.16.840.1.113883.6.1
                  </Value></ValueList></Slot><Name><LocalizedString value="Note"/></Name>
                </Classification>
                <ExternalIdentifier id="e1" registryObject="Document01" {UniqueId}>{UniqueIdName}</ExternalIdentifier>
              </ExtrinsicObject>
              <RegistryPackage id="SubmissionSet01"/><RegistryPackage id="Folder01"/>
              <Classification id="cl1" classifiedObject="SubmissionSet01" classificationNode="{SubmissionSet}"/>
              <Classification id="cl2" classifiedObject="Folder01" classificationNode="urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2"/>
            </RegistryObjectList></x:SubmitObjectsRequest>
            """));
        var entry = Assert.Single(read.Entries);
        Assert.Equal(("DOC00001.PDF", "1.2.3", 1), (entry.Uri, entry.UniqueId, read.Folders));
        Assert.Equal(["PID-3|x", "PID-5|y"], entry.SourcePatientInfo);
        Assert.Empty(entry.Others);
        Assert.Equal("2.16.840.1.113883.6.1", EntryReading.ToContract(entry).Metadata.Type.System);
    }

    [Fact]
    public void Damaged_metadata_give_a_submission_or_a_refusal()
    {
        string[] tokens =
        [
            "<", ">", "&", "\"", "<!--", "]]>", "<![CDATA[", "<!DOCTYPE a>", "&a;", "&#0;", "\0", "<rim:Slot/>", "</rim:ExtrinsicObject>",
            "id=\"\"", "\uFEFF",
        ];
        var good = Media.Metadata(Media.Entry(content, "DOC00001.TXT"), Media.Entry(content, "DOC00002.TXT"));
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Int[0, tokens.Length + 2], Gen.Byte).Array[1, 3].Sample(
            changes =>
            {
                var bytes = good;
                foreach (var (where, what, value) in changes)
                {
                    var at = Math.Min(where, bytes.Length);
                    bytes = what < tokens.Length ? [.. bytes[..at], .. Media.Utf8(tokens[what]), .. bytes[at..]]
                        : what == tokens.Length ? bytes[..at]
                        : at < bytes.Length ? [.. bytes[..at], value, .. bytes[(at + 1)..]] : bytes;
                }

                try
                {
                    foreach (var entry in Read(bytes).Entries)
                    {
                        EntryReading.ToContract(entry);
                    }
                }
                catch (XdmRefusedException refused)
                {
                    Assert.Contains(refused.Fault.Kind, (XdmFaultKind[])[XdmFaultKind.MetadataUnreadable, XdmFaultKind.MetadataInvalid]);
                }
            },
            iter: 5000,
            threads: 1);
    }

    private static XdsSubmission Read(byte[] xml)
    {
        using MemoryStream stream = new(xml);
        return XdsReader.Read(stream, "METADATA.XML");
    }

    private static void Refused(XdmFaultKind kind, string text, string xml)
    {
        var refused = Assert.Throws<XdmRefusedException>(() => Read(Media.Utf8(xml)));
        Assert.Equal(kind, refused.Fault.Kind);
        Assert.Contains(text, refused.Fault.Text, StringComparison.OrdinalIgnoreCase);
    }
}
