using System.Globalization;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Facts.V1;
using Dmp.Fhir;
using Dmp.Record.V1;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Facts;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>Published FHIR documents over the wire, with not a word of metadata; skipped where they are not at hand.</summary>
public sealed class FhirSamplesTests(Platform platform)
{
    private static readonly Coding dischargeLetter = new() { System = "2.16.840.1.113883.6.1", Code = "11490-0" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_goes_into_the_record_of_its_patient_and_into_no_other_and_is_read()
    {
        var elsewhere = await platform.RecordAsync();
        var files = Directory.GetFiles(SharedSamples.Folder("samples/fhir"), "*.json", SearchOption.AllDirectories);
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var content = await File.ReadAllBytesAsync(file, Token);
            var read = FhirReader.ReadFacts(content);
            var record = await platform.RecordAsync(PatientOf(read.Header!));
            var api = platform.As(record.Physician);

            var intent = CdaUploadTests.Intent(record.Id);
            if (file.Contains($"{Path.DirectorySeparatorChar}hdr{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            {
                // J07 has no type for a discharge report of Europe, so the sender says what it is here.
                await Refusals.FieldsAsync(() => CdaUploadTests.SendAsync(api, intent, content), "metadata.type");
                intent.Metadata = new DocumentMetadata { Type = dischargeLetter };
            }

            var stored = await CdaUploadTests.SendAsync(api, intent, content);

            var metadata = stored.Document.Metadata;
            Assert.Equal(
                (read.Header!.UniqueId, read.Header.Title, "application/fhir+json", ContentForm.FhirJson),
                (metadata.UniqueId, metadata.Title, metadata.MediaType, stored.Document.Content.Form));
            Assert.Equal(read.Header.Authors.Count, metadata.Authors.Count);
            await Refusals.RefusedAsync(
                StatusCode.InvalidArgument,
                ErrorReason.FhirPatientMismatch,
                () => CdaUploadTests.SendAsync(
                    platform.As(elsewhere.Physician), new(intent) { RecordId = elsewhere.Id, RequestId = Given.NewId() }, content));
            var facts = Assert.Single(await StatingText.ReadAsync(api, record.Id));
            Assert.Equal((DocumentFactsState.Read, read.Reading.Facts.Count), (facts.State, facts.Facts.Count));
        }

        Assert.Equal(56, files.Length);
    }

    /// <summary>None of them has an INS, so names and day of birth must be those of the record.</summary>
    private static TestPatient PatientOf(FhirDocumentHeader header)
    {
        var name = header.Patient!.Names[0];
        var born = header.Patient.BirthTime!.Value.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var other = TestPatient.New();
        return other with
        {
            Traits = new IdentityTraits
            {
                BirthFamilyName = name.BirthFamily,
                BirthGivenNames = { name.FirstGiven },
                BirthDate = born,
                Sex = header.Patient.Sex == "F" ? Sex.Female : Sex.Male,
                BirthPlaceCode = other.Traits.BirthPlaceCode,
            },
        };
    }
}
