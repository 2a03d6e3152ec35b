using System.Text;
using Dmp.Document.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using static Dmp.Server.Tests.Cli.ImportPackageTests;
using static Dmp.Server.Tests.Cli.Sources;

namespace Dmp.Server.Tests.Cli;

/// <summary>Media whose own metadata name the patient: somebody else's document never comes in.</summary>
public sealed class ImportPatientTests(Platform platform)
{
    private static readonly byte[] content = "Bonjour"u8.ToArray();

    [Theory]
    [InlineData("PID-5|AUTRE^CLAIRE^^^^^L", "PID-7|19310203", "PID-8|F")]
    [InlineData("PID-5|Autre^Claire", "PID-7|1931-02-03")]
    [InlineData("PID-5|ESSAI^ANNE^^^^^D~AUTRE^CLAIRE^^^^^L", "PID-7|19310203120000")]
    [InlineData("PID-3|172116938399204^^^&1.2.250.1.213.1.4.10&ISO^NH")]
    [InlineData("PID-3|4711^^^&1.2.3&ISO^PI~172116938399204^^^&1.2.250.1.213.1.4.8&ISO^NH", "PID-5|ESSAI^ANNE^^^^^L")]
    public async Task A_package_that_names_another_person_is_refused(params string[] fields)
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var package = Package(home, (Entry(record, MetadataOf(record), content) with { SourcePatientInfo = fields }, content));
        foreach (var more in (string[][])[["--dry-run"], [], ["--record", record.Id]])
        {
            Assert.Equal((1, "1 refused.\n"), Short(await CommandHome.RunAsync(home.Import(package, more))));
            Assert.Equal("PATIENT_MISMATCH", Assert.Single(home.Rows()).Value.Reason);
        }

        Assert.Empty(await platform.StoredAsync(record));
    }

    [Theory]
    [InlineData(0, "PID-5|ESSAI^ANNE^LOUISE^^^^L", "PID-7|own", "PID-8|F")]
    [InlineData(0, "PID-3|4711^^^&1.2.3&ISO^PI", "PID-5|DURAND^ANNE^^^^^D~Essai^Anne^^^^^L")]
    [InlineData(0)]
    [InlineData(1, "PID-5|DURAND^ANNE^^^^^D", "PID-7|own")]
    [InlineData(2, "PID-5|AUTRE^CLAIRE^^^^^L")]
    [InlineData(1, "PID-5|ESSAI^ANNE", "PID-7|printemps")]
    public async Task A_package_that_names_the_patient_is_taken_and_what_differs_told(int warnings, params string[] fields)
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        string[] own = [.. fields.Select(field => field.Replace(
            "own", record.Patient.Traits.BirthDate.Replace("-", "", StringComparison.Ordinal), StringComparison.Ordinal))];
        var package = Package(home, (Entry(record, MetadataOf(record), content) with { SourcePatientInfo = own }, content));
        Assert.Equal((0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(package))));
        var told = Assert.Single(home.Rows()).Value.Warnings;
        Assert.Equal(warnings, told.Split("; ", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain("AUTRE", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_of_another_patient_does_not_come_into_a_record_that_is_named_by_hand()
    {
        var (record, other) = (await platform.RecordAsync(), TestPatient.New());
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var entry = Entry(record, MetadataOf(record), content);
        var package = Package(home, (entry with
        {
            PatientId = entry.PatientId.Replace(record.Patient.Number, other.Number, StringComparison.Ordinal),
            SourcePatientId = "",
        }, content));
        Assert.Equal((1, "1 refused.\n"), Short(await CommandHome.RunAsync(home.Import(package, "--record", record.Id))));
        Assert.Equal("PATIENT_MISMATCH", Assert.Single(home.Rows()).Value.Reason);

        package = Package(home, (entry with { SourcePatientId = $"{other.Number}^^^&1.2.250.1.213.1.4.8&ISO^NH" }, content));
        Assert.Equal((1, "1 refused.\n"), Short(await CommandHome.RunAsync(home.Import(package))));
        Assert.Equal("PATIENT_MISMATCH", Assert.Single(home.Rows()).Value.Reason);
    }

    [Fact]
    public async Task A_sidecar_that_names_another_patient_is_refused_too()
    {
        var (record, other) = (await platform.RecordAsync(), TestPatient.New());
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        home.Put("in/a.txt", content);
        home.Put("in/a.txt.json", Sidecar(other.Ins));
        home.Put("in/b.txt", content);
        home.Put("in/b.txt.json", Sidecar(
            record.Patient.Ins,
            more: """, "statedPatient": { "familyNames": ["AUTRE"], "givenNames": ["CLAIRE"], "birthDate": "1931-02-03" }"""));
        home.Put("in/c.xml", CdaOf(record).Bytes);
        home.Put(
            "in/c.xml.json", Encoding.UTF8.GetBytes($$"""{ "ins": { "number": "{{other.Number}}", "system": "{{other.Ins.System}}" } }"""));
        home.Put("in/d.txt", content);
        home.Put("in/d.txt.json", Sidecar(record.Patient.Ins));
        Assert.Equal(
            (1, "1 stored, 3 refused.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in"), "--record", record.Id))));
        Assert.All(home.Rows().Where(row => row.Key != "d.txt"), row => Assert.Equal("PATIENT_MISMATCH", row.Value.Reason));
    }

    [Fact]
    public async Task The_caller_is_not_taken_for_the_author_of_a_package()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        var nobody = MetadataOf(record);
        nobody.Authors.Clear();
        Assert.Equal(
            (1, "1 refused.\n"), Short(await CommandHome.RunAsync(home.Import(Package(home, (Entry(record, nobody, content), content))))));
        Assert.Equal("AUTHOR_MISSING", Assert.Single(home.Rows()).Value.Reason);

        var text = (CdaOf(record) with { Authors = "" }).Bytes;
        DocumentMetadata cda = new() { MediaType = "text/xml" };
        Assert.Equal((1, "1 refused.\n"), Short(await CommandHome.RunAsync(home.Import(Package(home, (Entry(record, cda, text), text))))));
        Assert.Equal("AUTHOR_MISSING", Assert.Single(home.Rows()).Value.Reason);
        cda.Authors.Add(MetadataOf(record).Authors);
        Assert.Equal((0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(Package(home, (Entry(record, cda, text), text))))));
    }

    [Theory]
    [InlineData("2026-05-04T12:00:00", "2026-05-04T10:00:00Z", "Europe/Paris")]
    [InlineData("2026-05-04 12:00", "2026-05-04T10:00:00Z", "Europe/Paris")]
    [InlineData("2025-10-26T02:30:00", "2025-10-26T00:30:00Z", "comes twice")]
    [InlineData("2026-05-04", "2026-05-04T00:00:00Z", "a day alone")]
    [InlineData("2026-05-04T12:00+02:00", "2026-05-04T10:00:00Z", "")]
    [InlineData("2026-05-04T10:00:00Z", "2026-05-04T10:00:00Z", "")]
    public async Task A_time_of_a_sidecar_without_an_offset_is_that_of_a_clock(string written, string time, string told)
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        home.Put("in/a.txt", content);
        home.Put("in/a.txt.json", Sidecar(record, written));
        Assert.Equal((0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
        Assert.Equal(
            Timestamp.FromDateTimeOffset(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture)),
            Assert.Single(await platform.StoredAsync(record)).Metadata.CreationTime);
        var warnings = home.Rows()["a.txt"].Warnings;
        Assert.Equal(told.Length == 0, warnings.Length == 0);
        Assert.Contains(told, warnings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_is_a_setting_and_a_malformed_time_is_told()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(record.Physician));
        home.Put("in/a.txt", content);
        home.Put("in/a.txt.json", Sidecar(record, "2026-05-04T06:00:00"));
        Assert.Equal(
            (0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in"), "--time-zone", "America/Martinique"))));
        Assert.Equal(10, Assert.Single(await platform.StoredAsync(record)).Metadata.CreationTime.ToDateTimeOffset().Hour);
        Assert.Equal(2, (await CommandHome.RunAsync(home.Import(home.PathOf("in"), "--time-zone", "Paris"))).Code);

        home.Put("in/a.txt.json", Sidecar(record, "1618509699169"));
        Assert.Equal((1, "1 refused.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
        Assert.Equal("SIDECAR_INVALID", home.Rows()["a.txt"].Reason);
        Assert.Contains("metadata.creationTime is malformed", home.Rows()["a.txt"].Message, StringComparison.Ordinal);
    }

    private static byte[] Sidecar(OpenedRecord record, string created) => Encoding.UTF8.GetBytes(
        Encoding.UTF8.GetString(Sources.Sidecar(record.Patient.Ins)).Replace("2026-05-04T10:00:00Z", created, StringComparison.Ordinal));

    private static byte[] Sidecar(Ins ins, string more = "") => Sources.Sidecar(ins, more: more);
}
