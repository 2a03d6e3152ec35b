using Dmp.Care.V1;
using Dmp.Document.V1;
using Dmp.Entries.V1;
using Dmp.Error.V1;
using Dmp.Facts.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Facts.StatingText;

namespace Dmp.Server.Tests.Entries;

/// <summary>What the patient's side enters: a document like any other, and marked wherever it counts.</summary>
public sealed class OwnEntryTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_entry_is_a_document_whose_statement_counts_and_is_marked()
    {
        var record = await platform.RecordAsync();
        var (patient, physician) = (platform.As(record.Patient), platform.As(record.Physician));
        var treatment = await AddAsync(patient, record.Id, request => request.Treatment = new OwnTreatment
        {
            Text = "IBUPROFENE <400> mg & \"co\"",
            Dose = "1 comprimé si douleur",
            StartDate = "2026-10",
            WithoutPrescription = true,
        });
        var allergy = await AddAsync(patient, record.Id, request => request.Allergy = new OwnAllergy
        {
            Text = "Pénicilline",
            Kind = OwnAllergyKind.Allergy,
            Reaction = "Œdème du visage",
            Severity = OwnSeverity.Severe,
            SinceDate = "1998",
        });
        var measure = await AddAsync(patient, record.Id, request => request.Measure = new OwnMeasure
        {
            Code = new Coding { System = "2.16.840.1.113883.6.1", Code = "29463-7", Display = "Poids" },
            Value = "72.50",
            Unit = "kg",
        });
        var vaccination = await AddAsync(patient, record.Id, request => request.Vaccination = new OwnVaccination
        {
            Text = "Vaccin contre la fièvre jaune",
            Date = "2019-03-04",
            Lot = "A12",
        });
        Assert.Equal(
            ["DOCPAT02", "DOCPAT08", "DOCPAT08", "DOCPAT06"],
            new[] { treatment, allergy, measure, vaccination }.Select(document => document.Metadata.Type.Code));
        Assert.All(
            new[] { treatment, allergy, measure, vaccination }, document => Assert.Equal(ActorKind.Patient, document.Depositor.Kind));
        await ReadAsync(physician, record.Id);

        var read = await physician.Facts.ListFactsAsync(new ListFactsRequest { RecordId = record.Id }, cancellationToken: Token);
        var facts = read.Documents.ToDictionary(
            one => one.DocumentId, one => Assert.Single(one.Facts, fact => fact.KindCase != Fact.KindOneofCase.Remark));
        Assert.Equal("IBUPROFENE <400> mg & \"co\"", facts[treatment.DocumentId].Medication.Name);
        Assert.Equal("1998", facts[allergy.DocumentId].Allergy.Period.Low.Written);
        Assert.Equal("72.50", Assert.Single(facts[measure.DocumentId].Observation.Values).Quantity.Low.Value);
        Assert.Equal((true, "A12"), (facts[vaccination.DocumentId].Medication.Immunization, facts[vaccination.DocumentId].Medication.Lot));

        var statement = (await physician.Care.GetMedicationStatementAsync(
            new GetMedicationStatementRequest { RecordId = record.Id }, cancellationToken: Token)).Statement;
        Assert.True(Assert.Single(Assert.Single(statement.Lines).Sources).Source.ByPatient);
        var page = (await physician.Care.GetEmergencySummaryAsync(
            new GetEmergencySummaryRequest { RecordId = record.Id }, cancellationToken: Token)).Summary;
        var line = Assert.Single(page.Allergies.Lines).Line;
        Assert.Equal(("Patient : Pénicilline", true), (line.Title, line.ByPatient));
    }

    [Fact]
    public async Task A_repeat_answers_the_same_document_and_other_content_is_refused()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var request = New(record.Id);
        request.Treatment = new OwnTreatment { Text = "PARACETAMOL" };
        var first = (await patient.Entries.AddOwnEntryAsync(request, cancellationToken: Token)).Document;
        Assert.Equal(first, (await patient.Entries.AddOwnEntryAsync(request, cancellationToken: Token)).Document);

        request.Treatment.Text = "IBUPROFENE";
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.RequestIdReused,
            async () => await patient.Entries.AddOwnEntryAsync(request, cancellationToken: Token));
        Assert.Equal([first.DocumentId], await patient.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task It_is_masked_and_deleted_as_a_document_is_and_those_around_the_patient_add_too()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (mother, physician) = (platform.AsRepresentativeOf(record.Patient), platform.As(record.Physician));
        var (caregiver, _) = await platform.DelegateAsync(mother, record.Id);
        var added = await AddAsync(caregiver, record.Id, request => request.Treatment = new OwnTreatment { Text = "SIROP" });
        Assert.Equal(ActorKind.Caregiver, added.Depositor.Kind);
        var masked = await AddAsync(mother, record.Id, request =>
        {
            request.Treatment = new OwnTreatment { Text = "TISANE" };
            request.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals);
        });
        Assert.Equal([added.DocumentId], await physician.SearchIdsAsync(record.Id));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.DocumentActionNotAllowed,
            () => AddAsync(caregiver, record.Id, request =>
            {
                request.Treatment = new OwnTreatment { Text = "TISANE" };
                request.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals);
            }));
        await mother.Documents.DeleteDocumentAsync(
            new DeleteDocumentRequest
            {
                RecordId = record.Id,
                DocumentId = masked.DocumentId,
                Etag = masked.Etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
        Assert.Equal([added.DocumentId], await mother.SearchIdsAsync(record.Id));

        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.CallerKindNotAllowed,
            () => AddAsync(physician, record.Id, request => request.Treatment = new OwnTreatment { Text = "X" }));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.RecordAccessDenied,
            () => AddAsync(
                platform.As(TestPatient.New()), record.Id, request => request.Treatment = new OwnTreatment { Text = "X" }));
    }

    [Fact]
    public async Task What_is_entered_is_checked_with_all_faults_at_once()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        await Refusals.FieldsAsync(() => AddAsync(patient, record.Id, _ => { }), "entry");
        await Refusals.FieldsAsync(
            () => AddAsync(patient, record.Id, request =>
            {
                request.StateTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(2));
                request.Allergy = new OwnAllergy { Kind = (OwnAllergyKind)8, Severity = OwnSeverity.Mild, SinceDate = "2026-13" };
            }),
            "allergy.text",
            "state_time",
            "allergy.kind",
            "allergy.severity",
            "allergy.since_date");
        await Refusals.FieldsAsync(
            () => AddAsync(patient, record.Id, request => request.Treatment = new OwnTreatment
            {
                Text = "X",
                StartDate = "2026-05-02",
                EndDate = "2026-05-01",
            }),
            "treatment.end_date");
        await AddAsync(patient, record.Id, request => request.Treatment = new OwnTreatment
        {
            Text = "X",
            StartDate = "2026-05-02",
            EndDate = "2026-05",
        });
        foreach (var value in new[] { "1e5", "NaN", "01", "1,5", "--1", "1.", "99999999999999" })
        {
            await Refusals.FieldsAsync(
                () => AddAsync(patient, record.Id, request => request.Measure = new OwnMeasure
                {
                    Code = new Coding { System = "2.16.840.1.113883.6.1", Code = "29463-7" },
                    Value = value,
                    Unit = "kg",
                }),
                "measure.value");
        }

        await Refusals.FieldsAsync(
            () => AddAsync(patient, record.Id, request => request.Vaccination = new OwnVaccination
            {
                Text = "X",
                Date = "2020",
                Code = new Coding { System = "CIP", Code = "1" },
            }),
            "vaccination.code.system");
        await Refusals.FieldsAsync(
            () => AddAsync(patient, record.Id, request => request.Vaccination = new OwnVaccination { Text = "X", Date = "2099" }),
            "vaccination.date");
    }

    private static AddOwnEntryRequest New(string recordId) => new()
    {
        RecordId = recordId,
        StateTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
        RequestId = Given.NewId(),
    };

    private static async Task<Document.V1.Document> AddAsync(DmpApi api, string recordId, Action<AddOwnEntryRequest> change)
    {
        var request = New(recordId);
        change(request);
        return (await api.Entries.AddOwnEntryAsync(request, cancellationToken: Token)).Document;
    }
}
