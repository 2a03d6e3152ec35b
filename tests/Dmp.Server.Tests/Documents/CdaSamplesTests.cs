using System.Globalization;
using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>Published documents over the wire, with not a word of metadata; skipped where they are not at hand.</summary>
public sealed class CdaSamplesTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_goes_into_the_record_of_its_patient_and_into_no_other()
    {
        var elsewhere = await platform.RecordAsync();
        var physician = TestProfessional.New();
        var api = platform.As(physician);
        var records = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(SharedSamples.Folder("samples/cda"), "*.xml").Order(StringComparer.Ordinal))
        {
            var content = await File.ReadAllBytesAsync(file, Token);
            using var stream = new MemoryStream(content);
            var header = (await CdaReader.ReadAsync(stream, cancellationToken: Token)).Document!;
            var patient = PatientOf(header.Patients[0]);
            if (!records.TryGetValue(patient.Number, out var recordId))
            {
                records[patient.Number] = recordId = await RecordAsync(api, patient);
            }

            var stored = await CdaUploadTests.SendAsync(api, CdaUploadTests.Intent(recordId), content);

            Assert.Equal(header.Id!.ToString(), stored.Document.Metadata.UniqueId);
            Assert.Equal(header.Title, stored.Document.Metadata.Title);
            Assert.NotEqual(ContentForm.CdaOther, stored.Document.Content.Form);
            // Two samples give the same identity to two first names, and the record was opened with the first one.
            var isOther = Path.GetFileName(file) == "eDISP-MED_2024.01.xml";
            Assert.Equal(isOther, stored.Warnings.Any(warning => warning.Field.Contains("recordTarget", StringComparison.Ordinal)));
            await Refusals.RefusedAsync(
                StatusCode.InvalidArgument,
                ErrorReason.CdaPatientMismatch,
                () => CdaUploadTests.SendAsync(platform.As(elsewhere.Physician), CdaUploadTests.Intent(elsewhere.Id), content));
        }

        Assert.Equal(5, records.Count);
    }

    internal static TestPatient PatientOf(CdaPatient patient)
    {
        var name = patient.Names[0];
        return new TestPatient
        {
            Number = patient.InsIds.First().Extension!,
            Traits = new IdentityTraits
            {
                BirthFamilyName = name.BirthFamily,
                BirthGivenNames = { name.FirstGiven },
                BirthDate = patient.BirthTime!.Value.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                Sex = patient.Sex == "F" ? Sex.Female : Sex.Male,
                BirthPlaceCode = patient.BirthPlaceCode,
            },
        };
    }

    private static async Task<string> RecordAsync(DmpApi api, TestPatient patient)
    {
        // Other tests use the patient of most samples, too.
        var access = await api.Records.CheckAccessAsync(new CheckAccessRequest { Ins = patient.Ins }, cancellationToken: Token);
        return access.RecordState == RecordState.Open
            ? access.RecordId
            : (await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token)).Record.RecordId;
    }
}
