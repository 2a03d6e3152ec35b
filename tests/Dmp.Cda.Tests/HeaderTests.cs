using Xunit;

namespace Dmp.Cda.Tests;

public sealed class HeaderTests
{
    [Fact]
    public async Task Everything_in_the_header_is_read()
    {
        var read = await SampleText.ReadAsync(SampleText.Whole, new CdaReaderOptions { ReadWhole = true });
        Assert.Empty(read.Faults);
        var document = read.Document!;
        Assert.Equal("1.2.250.1.999.1.1^A7", document.Id!.ToString());
        Assert.Equal(("1.2.250.1.999.1", 2), (document.SetId!.ToString(), document.VersionNumber));
        Assert.Equal(
            ("11490-0", "2.16.840.1.113883.6.1", "Lettre de liaison"), (document.Type!.Code, document.Type.System, document.Type.Display));
        Assert.Equal("Lettre de sortie", document.Title);
        Assert.Equal(new DateTimeOffset(2024, 3, 5, 10, 30, 0, 250, TimeSpan.Zero), document.CreationTime!.Value.Time);
        Assert.Equal(("R", "fr-FR"), (document.Confidentiality!.Code, document.LanguageCode));
        Assert.Equal(
            ["2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1", "1.2.250.1.213.1.1.1.29^2022.01"],
            document.TemplateIds.Select(id => id.ToString()));
        Assert.False(document.IsSelfPresenting);
        Assert.Equal(new CdaBody(3, null, false), document.Body);
        Assert.Equal("1.2.250.1.999.3^ORD-9", Assert.Single(document.Orders).ToString());
    }

    [Fact]
    public async Task The_patient_is_read()
    {
        var patient = Assert.Single((await SampleText.ReadAsync(SampleText.Whole)).Document!.Patients);
        Assert.Equal(["1.2.250.1.999.7^IPP-1", "1.2.250.1.213.1.4.10^279035121518989"], patient.Ids.Select(id => id.ToString()));
        Assert.Equal("279035121518989", Assert.Single(patient.InsIds).Extension);
        var name = Assert.Single(patient.Names);
        Assert.Equal(("PAT-TROIS", "DOMINIQUE"), (name.BirthFamily, name.FirstGiven));
        Assert.Equal(["CL", "SP"], name.Families[1].Qualifiers);
        Assert.Equal(["DOMINIQUE MARIE-LOUISE", "DOMINIQUE"], name.Givens.Select(given => given.Text));
        Assert.Equal(new DateOnly(1979, 3, 28), patient.BirthTime!.Value.Date);
        Assert.Equal(("F", "51215"), (patient.Sex, patient.BirthPlaceCode));
    }

    [Fact]
    public async Task Authors_and_signatories_are_read()
    {
        var document = (await SampleText.ReadAsync(SampleText.Whole)).Document!;
        Assert.Equal(2, document.Authors.Count);
        var (person, system) = (document.Authors[0], document.Authors[1]);
        Assert.Equal(("899700000001", "G15_10/SM26"), (person.Actor.NationalId, person.Actor.Specialty!.Code));
        Assert.Equal(("ATTPHYS", "Médecin référent"), (person.Function!.Code, person.FunctionText));
        Assert.Equal(
            ("ESSAI", "Jean", "M", "DR"),
            (person.Actor.Name!.BirthFamily, person.Actor.Name.FirstGiven, person.Actor.Name.Prefix, person.Actor.Name.Suffix));
        Assert.Equal(("1750803447", "Hôpital d'essai"), (person.Actor.Organization!.NationalId, person.Actor.Organization.Name));
        Assert.Null(system.Actor.Name);
        Assert.Equal(
            ("Logiciel", "5780000000001/1", "Éditeur"),
            (system.Actor.DeviceName, system.Actor.NationalId, system.Actor.Organization!.Name));
        Assert.Equal(CdaPrecision.Day, system.Time!.Value.Precision);
        Assert.Equal(
            ("899700000002", "CHEF"), (document.LegalAuthenticator!.Actor.NationalId, document.LegalAuthenticator.Actor.Name!.BirthFamily));
        Assert.Equal(CdaPrecision.Minute, document.LegalAuthenticator.Time!.Value.Precision);
        Assert.Equal("1750803447", document.Custodian!.NationalId);
    }

    [Fact]
    public async Task Acts_parents_and_the_stay_are_read()
    {
        var document = (await SampleText.ReadAsync(SampleText.Whole)).Document!;
        Assert.Equal(2, document.ServiceEvents.Count);
        var act = document.ServiceEvents[0];
        Assert.Equal(("JQGA003", "CT"), (act.Code!.Code, Assert.Single(act.Code.Translations).Code));
        Assert.Equal((1, 5), (act.Time!.Start!.Value.Time.Day, act.Time.Stop!.Value.Time.Day));
        var performer = Assert.Single(act.Performers);
        Assert.Equal(("899700000003", "ETABLISSEMENT"), (performer.NationalId, performer.Organization!.PracticeSetting!.Code));
        var parent = Assert.Single(document.RelatedDocuments);
        Assert.Equal(
            ("RPLC", "1.2.250.1.999.1.1^A6", "1.2.250.1.999.1", 1),
            (parent.Relation, Assert.Single(parent.Ids).ToString(), parent.SetId!.ToString(), parent.VersionNumber));
        Assert.Equal(
            ("IMP", "SA01", "Service A"),
            (document.Encounter!.Code!.Code, document.Encounter.FacilityType!.Code, document.Encounter.Facility!.Name));
        Assert.Equal((CdaPrecision.Day, null), (document.Encounter.Time!.Start!.Value.Precision, document.Encounter.Time.Stop));
    }

    [Theory]
    [InlineData("<id root=\"1.2.250.1.999.1.1\" extension=\"A7\"/>", "", "/ClinicalDocument/id")]
    [InlineData("<id root=\"1.2.250.1.999.1.1\" extension=\"A7\"/>", "<id nullFlavor=\"UNK\"/>", "/ClinicalDocument/id")]
    [InlineData(
        "<code code=\"11490-0\" codeSystem=\"2.16.840.1.113883.6.1\" displayName=\"Lettre de liaison\"/>", "<code nullFlavor=\"OTH\"/>",
        "/ClinicalDocument/code")]
    [InlineData("<effectiveTime value=\"20240305113000.250+0100\"/>", "", "/ClinicalDocument/effectiveTime")]
    [InlineData("<title>Lettre de\n    sortie</title>", "<title> </title>", "/ClinicalDocument/title")]
    public async Task What_is_missing_is_told_with_its_place(string old, string replacement, string place)
    {
        var read = await SampleText.ReadAsync(SampleText.With(old, replacement));
        Assert.NotNull(read.Document);
        var fault = Assert.Single(read.Faults);
        Assert.Equal((CdaFaultKind.Missing, place, false), (fault.Kind, fault.Place, fault.IsRefusal));
    }

    [Theory]
    [InlineData(
        "<effectiveTime value=\"20240305113000.250+0100\"/>", "<effectiveTime value=\"5 mars\"/>",
        "/ClinicalDocument/effectiveTime/@value")]
    [InlineData("<id root=\"1.2.250.1.999.1.1\" extension=\"A7\"/>", "<id root=\"a b\"/>", "/ClinicalDocument/id/@root")]
    [InlineData("<id root=\"1.2.250.1.999.1.1\" extension=\"A7\"/>", "<id extension=\"A7\"/>", "/ClinicalDocument/id/@root")]
    [InlineData(
        "<code code=\"11490-0\" codeSystem=\"2.16.840.1.113883.6.1\" displayName", "<code code=\"11490-0\" displayName",
        "/ClinicalDocument/code/@codeSystem")]
    [InlineData(
        "<birthTime value=\"19790328\"/>", "<birthTime value=\"28/03/1979\"/>",
        "/ClinicalDocument/recordTarget/patientRole/patient/birthTime/@value")]
    [InlineData("<versionNumber value=\"2\"/>", "<versionNumber value=\"II\"/>", "/ClinicalDocument/versionNumber/@value")]
    [InlineData("<languageCode code=\"fr-FR\"/>", "<languageCode code=\"en français\"/>", "/ClinicalDocument/languageCode/@code")]
    [InlineData("<time value=\"20240305\"/>", "<time value=\"2024030\"/>", "/ClinicalDocument/author[2]/time/@value")]
    [InlineData(
        "<id root=\"1.2.250.1.213.1.4.10\" extension", "<id root=\"1..2\" extension",
        "/ClinicalDocument/recordTarget/patientRole/id[2]/@root")]
    public async Task What_is_malformed_is_told_with_its_place_and_not_with_its_value(string old, string replacement, string place)
    {
        var fault = await SampleText.FaultAsync(SampleText.With(old, replacement));
        Assert.Equal((CdaFaultKind.Malformed, place), (fault.Kind, fault.Place));
        Assert.DoesNotContain("mars", fault.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("28/03", fault.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("20240305113000+100")]
    [InlineData("20240305113000+01:00")]
    [InlineData("2024-03-05T11:30:00+01:00")]
    public async Task A_time_that_is_written_otherwise_is_read_as_it_is_meant_and_told(string value)
    {
        var read = await SampleText.ReadAsync(SampleText.With("20240305113000.250+0100", value));
        Assert.Equal(
            (CdaFaultKind.OtherForm, "/ClinicalDocument/effectiveTime/@value"),
            Assert.Single(read.Faults) is var fault ? (fault.Kind, fault.Place) : default);
        Assert.Equal(
            new CdaTime(new DateTimeOffset(2024, 3, 5, 11, 30, 0, TimeSpan.FromHours(1)), CdaPrecision.Second, true),
            read.Document!.CreationTime);
    }

    [Fact]
    public async Task A_time_without_an_offset_is_told_when_somebody_says_whose_it_is()
    {
        var text = SampleText.With("20240305113000.250+0100", "20240305113000");
        Assert.Empty((await SampleText.ReadAsync(text)).Faults);
        var read = await SampleText.ReadAsync(
            text, new CdaReaderOptions { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris") });
        Assert.Equal(
            (CdaFaultKind.NoOffset, "/ClinicalDocument/effectiveTime/@value"),
            Assert.Single(read.Faults) is var fault ? (fault.Kind, fault.Place) : default);
        Assert.Equal(
            new CdaTime(new DateTimeOffset(2024, 3, 5, 11, 30, 0, TimeSpan.FromHours(1)), CdaPrecision.Second, false),
            read.Document!.CreationTime);
    }

    [Theory]
    [InlineData("<name>Dr Jean <!-- x -->EXEMPLE</name>", "Dr Jean EXEMPLE")]
    [InlineData("<name><prefix>Dr</prefix> Jean&#x20;<![CDATA[EXEMPLE]]></name>", "Jean EXEMPLE")]
    [InlineData("<name> </name>", null)]
    [InlineData("<name nullFlavor=\"UNK\">Jean</name>", null)]
    public async Task A_name_without_parts_is_taken_as_it_is_written(string name, string? text)
    {
        var read = await SampleText.ReadAsync(SampleText.With("<name><family>CHEF</family><given>Anne</given></name>", name));
        Assert.Equal(text, read.Document!.LegalAuthenticator!.Actor.Name?.Text);
    }

    [Fact]
    public async Task Accession_numbers_and_local_identifiers_are_read()
    {
        var document = (await SampleText.ReadAsync(SampleText.With(
            "<order><id root=\"1.2.250.1.999.3\" extension=\"ORD-9\"/>",
            "<order><id root=\"1.2.250.1.999.3\" extension=\"ORD-9\"/>"
            + "<d:accessionNumber xmlns:d=\"urn:dicom-org:ps3-20\" root=\"1.2.250.1.999.6\" extension=\"ACC\"/>"))).Document!;
        Assert.Equal(
            ("1.2.250.1.999.3^ORD-9", "1.2.250.1.999.6^ACC"),
            (Assert.Single(document.Orders).ToString(), Assert.Single(document.AccessionNumbers).ToString()));
        Assert.Equal("1.2.250.1.999.7^IPP-1", Assert.Single(document.Patients[0].LocalIds).ToString());
    }

    [Theory]
    [InlineData(
        "<center value=\"20240302080000+0100\"/>", CdaFaultKind.OtherForm,
        "/ClinicalDocument/documentationOf/serviceEvent/effectiveTime/center", 2)]
    [InlineData(
        "<low value=\"hier\"/>", CdaFaultKind.Malformed, "/ClinicalDocument/documentationOf/serviceEvent/effectiveTime/low/@value", null)]
    [InlineData(
        "<center value=\"1618509699169\"/>", CdaFaultKind.Malformed,
        "/ClinicalDocument/documentationOf/serviceEvent/effectiveTime/center/@value", null)]
    public async Task The_begin_of_the_act_is_read_wherever_it_is_said_and_never_made_up(
        string time, CdaFaultKind kind, string place, int? day)
    {
        var read = await SampleText.ReadAsync(
            SampleText.With("<low value=\"20240301080000+0100\"/><high value=\"20240305100000+0100\"/>", time));
        Assert.Equal((kind, place), Assert.Single(read.Faults) is var fault ? (fault.Kind, fault.Place) : default);
        Assert.Equal(day, CdaMetadata.From(read.Document!).ServiceStartTime?.Day);
    }

    [Fact]
    public async Task A_second_patient_is_told()
    {
        var target = SampleText.Whole[SampleText.Whole.IndexOf(
            "<recordTarget>", StringComparison.Ordinal)..SampleText.Whole.IndexOf("<author>", StringComparison.Ordinal)];
        var read = await SampleText.ReadAsync(
            SampleText.With(target, target + target.Replace("279035121518989", "172116938399204", StringComparison.Ordinal)));
        Assert.Equal(2, read.Document!.Patients.Count);
        Assert.Equal(
            (CdaFaultKind.Repeated, "/ClinicalDocument/recordTarget[2]"),
            Assert.Single(read.Faults) is var fault ? (fault.Kind, fault.Place) : default);
    }

    [Fact]
    public async Task Two_identities_of_one_system_contradict_each_other_and_two_systems_do_not()
    {
        const string Id = "<id root=\"1.2.250.1.213.1.4.10\" extension=\"279035121518989\"/>";
        var fault = await SampleText.FaultAsync(
            SampleText.With(Id, Id + "<id root=\"1.2.250.1.213.1.4.10\" extension=\"172116938399204\"/>"));
        Assert.Equal(CdaFaultKind.Contradiction, fault.Kind);
        Assert.DoesNotContain("172116938399204", fault.Text, StringComparison.Ordinal);
        var both = await SampleText.ReadAsync(SampleText.With(Id, Id + "<id root=\"1.2.250.1.213.1.4.8\" extension=\"279035121518989\"/>"));
        Assert.Empty(both.Faults);
        Assert.Equal(2, both.Document!.Patients[0].InsIds.Count());
    }

    [Fact]
    public async Task The_first_of_two_titles_counts()
    {
        var read = await SampleText.ReadAsync(
            SampleText.With("<effectiveTime value=\"20240305113000.250+0100\"/>", "<title>Autre</title><effectiveTime value=\"2024\"/>"));
        Assert.Equal("Lettre de sortie", read.Document!.Title);
        Assert.Equal(
            (CdaFaultKind.Repeated, "/ClinicalDocument/title[2]"),
            Assert.Single(read.Faults) is var fault ? (fault.Kind, fault.Place) : default);
    }

    [Theory]
    [InlineData(
        "<low value=\"20240301080000+0100\"/><high value=\"20240305100000+0100\"/>", "<low value=\"20240306\"/><high value=\"20240305\"/>")]
    public async Task An_act_that_ends_before_it_begins_is_told(string old, string replacement) =>
        Assert.Equal(CdaFaultKind.Contradiction, (await SampleText.FaultAsync(SampleText.With(old, replacement))).Kind);

    [Fact]
    public async Task An_act_within_one_day_is_no_contradiction()
    {
        var read = await SampleText.ReadAsync(SampleText.With(
            "<low value=\"20240301080000+0100\"/><high value=\"20240305100000+0100\"/>",
            "<low value=\"20240305080000\"/><high value=\"20240305\"/>"));
        Assert.Empty(read.Faults);
    }

    [Fact]
    public async Task A_long_title_is_told_and_its_beginning_kept()
    {
        var read = await SampleText.ReadAsync(SampleText.With("<title>Lettre de", "<title>" + new string('x', 5000)));
        Assert.Equal(new string('x', 4096), read.Document!.Title);
        Assert.Equal(
            (CdaFaultKind.ValueTooLong, "/ClinicalDocument/title"),
            Assert.Single(read.Faults) is var fault ? (fault.Kind, fault.Place) : default);
    }

    [Fact]
    public async Task Parts_after_the_body_are_told_when_the_whole_document_is_read()
    {
        var text = SampleText.With(
            "</structuredBody></component>", "</structuredBody></component><author/><component><nonXMLBody/></component>");
        Assert.Empty((await SampleText.ReadAsync(text)).Faults);
        var read = await SampleText.ReadAsync(text, new CdaReaderOptions { ReadWhole = true });
        Assert.Equal([CdaFaultKind.OutOfOrder, CdaFaultKind.Repeated], read.Faults.Select(fault => fault.Kind));
        Assert.Equal(3, read.Document!.Body!.Level);
    }

    [Theory]
    [InlineData(
        "<nonXMLBody><text mediaType=\"application/PDF\" representation=\"B64\">QQ==</text></nonXMLBody>", 1, "application/pdf", true)]
    [InlineData("<nonXMLBody><text mediaType=\"text/plain\">Bonjour</text></nonXMLBody>", 1, "text/plain", false)]
    [InlineData("<nonXMLBody><text>QQ==</text></nonXMLBody>", 1, null, false)]
    [InlineData("<structuredBody/>", 3, null, false)]
    public async Task The_body_tells_the_level_and_the_inner_media_type(string body, int level, string? mediaType, bool isBase64)
    {
        var text = SampleText.With(
            "<structuredBody><component><section><text>Tout va bien.</text></section></component></structuredBody>", body);
        foreach (var whole in (bool[])[false, true])
        {
            var read = await SampleText.ReadAsync(text, new CdaReaderOptions { ReadWhole = whole });
            Assert.Empty(read.Faults);
            Assert.Equal(new CdaBody(level, mediaType, isBase64), read.Document!.Body);
        }
    }

    [Theory]
    [InlineData("<a><text mediaType=\"text/plain\">x</text></a>")]
    [InlineData("<nonXMLBody/>")]
    [InlineData("")]
    public async Task A_component_without_a_body_is_told(string body)
    {
        var fault = await SampleText.FaultAsync(
            SampleText.With("<structuredBody><component><section><text>Tout va bien.</text></section></component></structuredBody>", body));
        Assert.Equal((CdaFaultKind.Missing, "/ClinicalDocument/component"), (fault.Kind, fault.Place));
    }

    [Fact]
    public async Task An_empty_document_lacks_everything_and_throws_nothing()
    {
        var read = await SampleText.ReadAsync("<ClinicalDocument xmlns='urn:hl7-org:v3'/>");
        Assert.NotNull(read.Document);
        Assert.Equal(
            ["id", "code", "title", "effectiveTime", "recordTarget", "author", "component"],
            read.Faults.Select(fault => fault.Place.Split('/')[^1]));
    }
}
