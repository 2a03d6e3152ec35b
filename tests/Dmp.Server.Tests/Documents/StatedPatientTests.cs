using System.Text;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Media;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Media;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>Whom the metadata, the medium or the content of a document name, beside the record that it is for.</summary>
public sealed class StatedPatientTests(Platform platform)
{
    private static readonly byte[] content = "Bonjour"u8.ToArray();

    [Theory]
    [InlineData("AUTRE", "CLAIRE", "1931-01-01")]
    [InlineData("AUTRE", "ANNE", "own")]
    [InlineData("ESSAI", "CLAIRE", "own")]
    [InlineData("ESSAI", "ANNE", "1931-01-01")]
    [InlineData("ESSAI", "ANNE", "")]
    [InlineData("", "", "own")]
    public async Task Without_an_INS_whoever_is_not_named_wholly_is_another_person(string family, string given, string birth)
    {
        var record = await platform.RecordAsync();
        await RefusedAsync(record, Intent(record, Stated(record, family, given, birth)), content, "stated_patient");
    }

    [Fact]
    public async Task The_records_patient_is_taken_and_nothing_of_it_kept()
    {
        var record = await platform.RecordAsync();
        var stored = await CdaUploadTests.SendAsync(
            platform.As(record.Physician), Intent(record, Stated(record, "Essai", "Anne Louise", "own")), content);
        Assert.Empty(stored.Warnings);
        Assert.DoesNotContain("Louise", stored.Document.ToString(), StringComparison.Ordinal);
        Assert.Empty(
            (await CdaUploadTests.SendAsync(platform.As(record.Physician), Intent(record, new StatedPatient()), content)).Warnings);
    }

    [Fact]
    public async Task Under_the_records_INS_a_wholly_other_person_is_refused_and_a_partly_other_one_told()
    {
        var record = await platform.RecordAsync();
        var other = Stated(record, "AUTRE", "CLAIRE", "1931-01-01");
        other.Ins = record.Patient.Ins;
        await RefusedAsync(record, Intent(record, other), content, "stated_patient");
        other.GivenNames[0] = "Anne";
        var stored = await CdaUploadTests.SendAsync(platform.As(record.Physician), Intent(record, other), content);
        Assert.Equal(["stated_patient.family_names", "stated_patient.birth_date"], stored.Warnings.Select(warning => warning.Field));
    }

    [Fact]
    public async Task Another_INS_is_another_person_wherever_it_is_said()
    {
        var (record, other) = (await platform.RecordAsync(), TestPatient.New());
        await RefusedAsync(record, Intent(record, new StatedPatient { Ins = other.Ins }), content, "stated_patient.ins");
        var intent = Intent(record, null);
        intent.Metadata.SourcePatientId = new LocalIdentifier { Value = other.Number, System = TestPatient.InsSystem };
        await RefusedAsync(record, intent, content, "metadata.source_patient_id");
        intent = Intent(record, null);
        intent.Metadata.SourcePatientId = new LocalIdentifier { Value = record.Patient.Number, System = TestPatient.InsSystem };
        Assert.Empty((await CdaUploadTests.SendAsync(platform.As(record.Physician), intent, content)).Warnings);
    }

    [Fact]
    public async Task It_is_refused_before_bytes_travel()
    {
        var record = await platform.RecordAsync();
        var intent = Intent(record, Stated(record, "AUTRE", "CLAIRE", "1931-01-01"));
        intent.ValidateOnly = true;
        await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.PatientMismatch, async () =>
        {
            using var call = platform.As(record.Physician).Documents.UploadDocument(
                cancellationToken: TestContext.Current.CancellationToken);
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
            await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        });
    }

    [Fact]
    public async Task What_is_malformed_is_a_fault()
    {
        var record = await platform.RecordAsync();
        var stated = Stated(record, new string('x', 101), "ANNE", "14/02/1970");
        stated.GivenNames.AddRange(Enumerable.Repeat("x", 30));
        await Refusals.FieldsAsync(
            () => CdaUploadTests.SendAsync(platform.As(record.Physician), Intent(record, stated), content),
            "stated_patient.birth_date", "stated_patient.family_names[0]", "stated_patient.given_names");
    }

    [Theory]
    [InlineData("AUTRE^CLAIRE", "19310101", false)]
    [InlineData("AUTRE^ANNE", "own", false)]
    [InlineData("ESSAI^ANNE", "19310101", false)]
    [InlineData("ESSAI^ANNE^LOUISE", "own", true)]
    [InlineData("Essai^Anne=x", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "19310101", false)]
    public async Task An_imaging_reference_that_names_another_person_is_refused(string name, string birth, bool isGood)
    {
        var record = await platform.RecordAsync();
        var file = Kos(name, birth == "own" ? record.Patient.Traits.BirthDate.Replace("-", "", StringComparison.Ordinal) : birth);
        var intent = Given.Intent(record.Id, "application/dicom");
        if (!isGood)
        {
            await RefusedAsync(record, intent, file, "document");
            return;
        }

        var stored = await CdaUploadTests.SendAsync(platform.As(record.Physician), intent, file);
        Assert.Equal(birth.Length == 0 && name.Length > 0 ? 1 : 0, stored.Warnings.Count);
    }

    [Theory]
    [InlineData(KosBytes.ExplicitLittleEndian)]
    [InlineData(KosBytes.ImplicitLittleEndian)]
    public void The_patient_is_found_behind_sequences(string syntax)
    {
        var isExplicit = syntax == KosBytes.ExplicitLittleEndian;
        using var file = new MemoryStream();
        file.Write(new KosBytes { Syntax = syntax }.Bytes);
        byte[] undefined = [0x08, 0x00, 0x11, 0x11, .. isExplicit ? "SQ\0\0"u8 : [], 0xFF, 0xFF, 0xFF, 0xFF];
        file.Write(undefined);
        file.Write([0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]);
        KosBytes.Element(file, 0x0008_1150, "UI", "1.2.3\0"u8, isExplicit);
        file.Write([0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
        KosBytes.Element(file, 0x0010_0010, "PN", "ESSAI^ANNE"u8, isExplicit);
        KosBytes.Element(file, 0x0010_0030, "DA", "19700214"u8, isExplicit);
        var patient = KosPatient.Read(file.ToArray())!;
        Assert.Equal(("ESSAI", "ANNE", new DateOnly(1970, 2, 14)), (patient.Families.Single(), patient.Givens.Single(), patient.BirthDate));
    }

    [Fact]
    public void No_bytes_make_it_throw()
    {
        var whole = Kos("ESSAI^ANNE", "19700214");
        CsCheck.Check.Sample(CsCheck.Gen.Select(CsCheck.Gen.Int[132, whole.Length - 1], CsCheck.Gen.Byte), change =>
        {
            var bytes = whole.ToArray();
            bytes[change.Item1] = change.Item2;
            KosPatient.Read(bytes);
            KosPatient.Read(bytes.AsSpan(0, change.Item1));
        });
    }

    private async Task RefusedAsync(OpenedRecord record, UploadIntent intent, byte[] bytes, string place)
    {
        var api = platform.As(record.Physician);
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.PatientMismatch, () => CdaUploadTests.SendAsync(api, intent, bytes));
        Assert.Equal(place, status.GetDetail<ErrorInfo>()!.Metadata["place"]);
        Assert.DoesNotContain(record.Patient.Number, status.ToString(), StringComparison.Ordinal);
        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    private static UploadIntent Intent(OpenedRecord record, StatedPatient? stated)
    {
        var intent = Given.Intent(record.Id);
        intent.StatedPatient = stated;
        return intent;
    }

    private static StatedPatient Stated(OpenedRecord record, string family, string given, string birth) => new()
    {
        FamilyNames = { family.Length > 0 ? [family] : Array.Empty<string>() },
        GivenNames = { given.Length > 0 ? [given] : Array.Empty<string>() },
        BirthDate = birth == "own" ? record.Patient.Traits.BirthDate : birth,
    };

    private static byte[] Kos(string name, string birth)
    {
        using var file = new MemoryStream();
        file.Write(new KosBytes().Bytes);
        var padded = Encoding.Latin1.GetBytes(name.Length % 2 == 0 ? name : name + " ");
        KosBytes.Element(file, 0x0010_0010, "PN", padded, isExplicit: true);
        KosBytes.Element(file, 0x0010_0020, "LO", "IPP-42"u8, isExplicit: true);
        KosBytes.Element(file, 0x0010_0030, "DA", Encoding.ASCII.GetBytes(birth), isExplicit: true);
        return file.ToArray();
    }
}
