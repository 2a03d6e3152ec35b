using System.Text;
using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.Care.V1;
using Dmp.Consent.V1;
using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Dmp.Fhir;
using Dmp.Proofs;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Wishes;
using Dmp.Type.V1;
using Dmp.Wishes.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Facts.StatingText;

namespace Dmp.Server.Tests.Care;

/// <summary>The emergency page, through the wire.</summary>
public sealed class EmergencySummaryTests(Platform platform)
{
    private const string Fixed = "Des documents peuvent exister sans être visibles ici.";

    /// <summary>The documents of the tests are of 2024 and 2026.</summary>
    private static readonly Timestamp at = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 6, 1, 10, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Break_glass_opens_the_page_and_nothing_else_does()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var letter = await UploadAsync(author, record, Of(record, Body("PLAVIX 75 mg", allergen: "Pénicilline")));
        await author.UploadAsync(record.Id);
        await ReadAsync(author, record.Id);
        var professional = TestProfessional.New();
        var helper = platform.As(professional);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => GetAsync(helper, record.Id));

        await OpenAsync(helper, record.Id, EmergencyMode.BreakGlass);
        var answer = await GetAsync(helper, record.Id, SummaryFormat.Html, SummaryFormat.Text, SummaryFormat.Pdf, SummaryFormat.Ips);

        var page = answer.Summary;
        Assert.Equal((record.Id, AuditBasis.Emergency, AccessMode.BreakGlass, professional.Id), (
            page.Strip.RecordId, page.Strip.Basis, page.Strip.Mode, page.Strip.Reader.Id));
        Assert.Contains("bris de glace", page.Strip.Text, StringComparison.Ordinal);
        Assert.Equal(record.Patient.Traits, page.Identity.Traits);
        Assert.Equal("Pénicilline", Assert.Single(page.Allergies.Lines).Line.Title);
        var plavix = Assert.Single(page.DangerousMedicines.Lines);
        Assert.Equal(("clopidogrel", "antiplatelet", letter.DocumentId), (
            plavix.Line.Title, plavix.Treatment.DangerousGroup, plavix.Line.Sources[0].DocumentId));
        Assert.Equal("Hypertension", Assert.Single(page.Problems.Lines).Line.Title);
        Assert.Equal(InteractionCheckState.NothingToCheck, page.Interactions.State);
        Assert.Equal((1, 1), (page.NotFound.Documents.Read, page.NotFound.Documents.NotStructured));
        Assert.Equal(1, Assert.Single(page.NotFound.Unread).Count);
        Assert.Equal(Fixed, page.NotFound.HiddenPossible);
        Assert.Contains("lang=\"fr\"", answer.Html, StringComparison.Ordinal);
        Assert.EndsWith($"{Fixed}\n", answer.Text, StringComparison.Ordinal);
        Assert.StartsWith("%PDF-1.", Encoding.ASCII.GetString(answer.Pdf.Span[..8]), StringComparison.Ordinal);
        var stated = FhirReader.ReadFacts(answer.Ips.ToByteArray());
        Assert.Empty(stated.Faults);
        var penicillin = Assert.Single(stated.Reading.Of<Dmp.Facts.Model.Allergy>()).Agent;
        Assert.Equal("Pénicilline", penicillin?.Code.Display ?? penicillin?.Name);
        Assert.Equal("fr", stated.Header!.LanguageCode);
        Assert.Equal(("", "", 0), await WithoutFormsAsync(helper, record.Id));

        // The patient learns who read which documents, and in which emergency.
        var trace = await platform.As(record.Patient).Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        var told = trace.Events.First(one => one.Method == "dmp.care.v1.CareService/GetEmergencySummary" && one.Documents.Count > 0);
        Assert.Equal((professional.Id, AuditBasis.Emergency), (told.Actor.Id, told.Basis));
        Assert.Equal(2, told.Documents.Count);
        Assert.Contains(told.Documents, document => document.DocumentId == letter.DocumentId);
    }

    /// <summary>The one allergy is in the oldest document, and the trace names all of them, in as many events as it takes.</summary>
    [Fact]
    public async Task A_record_of_many_documents_is_read_to_its_end()
    {
        const int Newer = EventTree.DocumentsMax + 10;
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await UploadAsync(
            api,
            record,
            Of(record, Body("PLAVIX 75 mg", allergen: "Pénicilline")) with { ActTime = "<low value=\"20230101\"/>" });
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Newer),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token },
            async (number, _) => await UploadAsync(api, record, Of(record, Medicine($"TISANE {number}", "00000000"))));
        await ReadAsync(api, record.Id);

        var page = (await GetAsync(api, record.Id)).Summary;

        Assert.Equal("Pénicilline", Assert.Single(page.Allergies.Lines).Line.Title);
        Assert.False(page.NotFound.Documents.MoreDocuments);
        var trace = await platform.As(record.Patient).Audit.ListRecordEventsAsync(
            new() { RecordId = record.Id, PageSize = 200 }, cancellationToken: Token);
        var told = trace.Events.Where(one => one.Method == "dmp.care.v1.CareService/GetEmergencySummary").ToList();
        Assert.Equal(Newer + 1, told.SelectMany(one => one.Documents).Select(one => one.DocumentId).Distinct().Count());
        Assert.Equal(2, told.Count);
    }

    [Fact]
    public async Task A_dangerous_medicine_is_told_however_long_ago_it_was_stated()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        foreach (var (name, cis) in new[] { ("COUMADINE 5 mg", "63245753"), ("TISANE", "00000000") })
        {
            await UploadAsync(api, record, Of(record, Medicine(name, cis)) with { ActTime = "<low value=\"20190101\"/>" });
        }

        await ReadAsync(api, record.Id);

        var page = (await GetAsync(api, record.Id)).Summary;

        Assert.Equal("warfarine", Assert.Single(page.DangerousMedicines.Lines).Line.Title);
        Assert.Contains("ans", page.DangerousMedicines.Lines[0].Line.Age, StringComparison.Ordinal);
        Assert.Empty(page.OtherMedicines.Lines);
    }

    [Fact]
    public async Task Regulation_an_authorisation_and_the_patient_open_it_too_and_say_so()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        await UploadAsync(author, record, Of(record, Body("PLAVIX 75 mg")));
        await ReadAsync(author, record.Id);
        var regulator = platform.As(TestProfessional.New() with { Regulates = true });
        await OpenAsync(regulator, record.Id, EmergencyMode.Regulation);

        Assert.Equal(
            (AuditBasis.Emergency, AccessMode.Regulation), RightOf(await GetAsync(regulator, record.Id)));
        Assert.Equal((AuditBasis.Consent, AccessMode.Normal), RightOf(await GetAsync(author, record.Id)));
        var patient = platform.As(record.Patient);
        var own = await GetAsync(patient, record.Id);
        Assert.Equal(AuditBasis.Patient, own.Summary.Strip.Basis);

        // But for who reads it, the patient sees what others see.
        var others = await GetAsync(author, record.Id);
        own.Summary.Strip = others.Summary.Strip;
        Assert.Equal(others, own);
    }

    [Fact]
    public async Task Masked_documents_are_on_it_only_where_the_patient_left_that_open()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        await UploadAsync(author, record, Of(record, Body("PLAVIX 75 mg")));
        await ReadAsync(author, record.Id);
        var helper = platform.As(TestProfessional.New());
        await OpenAsync(helper, record.Id, EmergencyMode.BreakGlass);
        var forms = new[] { SummaryFormat.Html, SummaryFormat.Text, SummaryFormat.Pdf, SummaryFormat.Ips };
        var before = await GetAsync(helper, record.Id, forms);

        var masked = await UploadAsync(author, record, Of(record, Body("COUMADINE 5 mg", "Schizophrénie", "Clozapine")));
        await author.MaskAsync(masked);
        await ReadAsync(author, record.Id);

        // Byte for byte as if it had never come: in the message, the page, the text, the PDF and the patient summary.
        Assert.Equal(before.ToByteArray(), (await GetAsync(helper, record.Id, forms)).ToByteArray());
        Assert.Contains("Schizophrénie", (await GetAsync(platform.As(record.Patient), record.Id)).ToString(), StringComparison.Ordinal);

        await SwitchAsync(record, "emergency_masked_allowed", settings => settings.EmergencyMaskedAllowed = true);
        Assert.Contains("Schizophrénie", (await GetAsync(helper, record.Id)).ToString(), StringComparison.Ordinal);
        await SwitchAsync(record, "emergency_masked_allowed", settings => settings.EmergencyMaskedAllowed = false);
        Assert.Equal(before.ToByteArray(), (await GetAsync(helper, record.Id, forms)).ToByteArray());

        await SwitchAsync(record, "emergency_break_glass_allowed", settings => settings.EmergencyBreakGlassAllowed = false);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => GetAsync(helper, record.Id));
    }

    [Fact]
    public async Task Dangerous_medicines_are_told_with_the_rule_that_they_meet_and_both_sources()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var first = await UploadAsync(api, record, Of(record, Medicine("PLAVIX 75 mg", "63564053")));
        var second = await UploadAsync(api, record, Of(record, Medicine("COUMADINE 5 mg", "63245753")));
        await ReadAsync(api, record.Id);

        var page = (await GetAsync(api, record.Id)).Summary;

        Assert.Equal(["clopidogrel", "warfarine"], page.DangerousMedicines.Lines.Select(line => line.Line.Title).Order());
        var rule = Assert.Single(page.Interactions.Lines);
        Assert.True(rule.BetweenDangerous);
        Assert.Equal(
            new[] { first.DocumentId, second.DocumentId }.Order(StringComparer.Ordinal),
            new[] { rule.FirstSource.DocumentId, rule.SecondSource.DocumentId }.Order(StringComparer.Ordinal));
        Assert.Equal("sandbox", page.Interactions.Thesaurus.Name);
        Assert.Equal(InteractionCheckState.Checked, page.Interactions.State);

        var english = await api.Care.GetEmergencySummaryAsync(
            new() { RecordId = record.Id, At = at, LanguageCode = "en", Formats = { SummaryFormat.Text, SummaryFormat.Ips } },
            cancellationToken: Token);
        Assert.EndsWith("Documents may exist that are not visible here.\n", english.Text, StringComparison.Ordinal);
        Assert.Contains("Vitamin K antagonist", english.Text, StringComparison.Ordinal);
        Assert.Contains("Documents may exist that are not visible here.", english.Ips.ToStringUtf8(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_letter_that_is_a_file_is_named_and_directives_are_found_by_their_type()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var letter = await api.UploadAsync(record.Id, intent =>
        {
            intent.Metadata.Type = new Coding { System = "2.16.840.1.113883.6.1", Code = "11490-0" };
            intent.Metadata.Title = "Lettre de sortie de cardiologie";
        });
        var patient = platform.As(record.Patient);
        var directives = await patient.UploadAsync(record.Id, intent =>
            intent.Metadata.Type = new Coding { System = "1.2.250.1.213.1.1.4.12", Code = "EXPPAT_3" });

        var page = (await GetAsync(patient, record.Id)).Summary;

        var visit = Assert.Single(page.Visits.Lines);
        Assert.Equal((VisitKind.DischargeLetter, letter.DocumentId), (visit.Kind, visit.Document.DocumentId));
        Assert.Contains("Lettre de sortie de cardiologie", visit.Line.Details);
        var line = Assert.Single(page.Wishes.Directives);
        Assert.Equal((directives.DocumentId, true), (line.Document.DocumentId, line.Line.ByPatient));
        Assert.Equal(2, page.NotFound.Unread.Sum(type => type.Count));
    }

    [Fact]
    public async Task Wishes_in_force_are_on_the_page_for_whom_they_are()
    {
        var record = await platform.RecordAsync();
        var (patient, physician) = (platform.As(record.Patient), platform.As(record.Physician));
        var signed = await patient.UploadAsync(record.Id, intent => intent.Metadata.Type = Wishing.DirectivesType);
        await patient.ContactsAsync(record.Id, ("Jeanne ESSAI", "+33600000002"));
        await patient.DonationAsync(record.Id, DonationPosition.OpposedInPart, "cornées");
        await patient.DirectivesAsync(record.Id, "phrase du patient", request => request.DocumentId = signed.DocumentId);
        await platform.As(TestPatient.New()).AcceptTrustAsync((await patient.NameAsync(record.Id)).Code);

        var answer = await GetAsync(physician, record.Id, SummaryFormat.Text);

        var page = answer.Summary;
        Assert.Equal(
            [
                (SummaryPersonKind.TrustedPerson, "Personne de confiance : Marie CONFIANCE", "+33600000001"),
                (SummaryPersonKind.EmergencyContact, "Contact d'urgence : Jeanne ESSAI", "+33600000002"),
            ],
            page.People.Lines.Select(line => (line.Kind, line.Line.Title, line.PhoneNumber)));
        Assert.Contains("sœur", page.People.Lines[0].Line.Details);
        Assert.Contains("cornées", page.Wishes.Donation.Title, StringComparison.Ordinal);
        var directives = Assert.Single(page.Wishes.Directives);
        Assert.Equal(signed.DocumentId, directives.Document.DocumentId);
        Assert.Contains("17/05/2024", directives.Line.Origin, StringComparison.Ordinal);
        Assert.DoesNotContain("phrase du patient", answer.Text, StringComparison.Ordinal);

        foreach (var type in new[] { Wishing.WishesType, Wishing.DirectivesType })
        {
            await patient.Consents.AddVisibilityRuleAsync(
                new AddVisibilityRuleRequest
                {
                    RecordId = record.Id,
                    Rule = new VisibilityRule { Effect = VisibilityEffect.Hide, Type = type, Actor = record.Physician.Actor },
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token);
        }

        var without = (await GetAsync(physician, record.Id)).Summary;
        Assert.Empty(without.People.Lines);
        Assert.Empty(without.Wishes.Directives);
        Assert.Null(without.Wishes.Donation);
        Assert.Equal(page.People, (await GetAsync(patient, record.Id)).Summary.People);
    }

    [Fact]
    public async Task Attending_physicians_are_people_to_call_and_a_secret_one_is_not_told_to_representatives()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (known, secret) = (TestProfessional.New(), TestProfessional.New() with { FamilyName = "SECRETE" });
        await platform.As(known).DeclareAsync(record.Id, attending: true);
        await platform.InSecretAs(secret).DeclareAsync(record.Id, attending: true);

        var page = (await GetAsync(platform.As(record.Physician), record.Id)).Summary;
        Assert.Equal(2, page.People.Lines.Count(line => line.Kind == SummaryPersonKind.AttendingPhysician));
        var told = (await GetAsync(platform.AsRepresentativeOf(record.Patient), record.Id)).Summary;
        var line = Assert.Single(told.People.Lines);
        Assert.Equal(SummaryPersonKind.AttendingPhysician, line.Kind);
        Assert.DoesNotContain("SECRETE", line.Line.Title, StringComparison.Ordinal);

        await platform.As(record.Patient).BlockAsync(record.Id, known.Actor);
        Assert.Empty((await GetAsync(platform.AsRepresentativeOf(record.Patient), record.Id)).Summary.People.Lines);
    }

    [Fact]
    public async Task What_is_asked_is_checked_and_strangers_learn_nothing()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await Refusals.FieldsAsync(() => GetAsync(api, "no id"), "record_id");
        await Refusals.FieldsAsync(
            async () => await api.Care.GetEmergencySummaryAsync(
                new()
                {
                    RecordId = record.Id,
                    LanguageCode = "de",
                    At = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(1)),
                    Formats = { (SummaryFormat)9 },
                },
                cancellationToken: Token),
            "at",
            "language_code",
            "formats[0]");
        var empty = (await GetAsync(api, record.Id)).Summary;
        Assert.Empty(empty.Allergies.Lines);
        Assert.Contains(empty.NotFound.Gaps, gap => gap is { Section: SummarySection.Allergies, Kind: GapKind.Nothing });
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => GetAsync(platform.As(TestProfessional.New()), record.Id));
        await platform.As(record.Patient).BlockAsync(record.Id, record.Physician.Actor);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => GetAsync(api, record.Id));
    }

    private static string Medicine(string name, string cis) =>
        $"""
        <structuredBody><component><section><code code="10160-0" codeSystem="2.16.840.1.113883.6.1"/><title>Traitements</title>
        <text>Voir.</text><entry><substanceAdministration classCode="SBADM" moodCode="EVN"><consumable><manufacturedProduct>
        <manufacturedMaterial><code code="{cis}" codeSystem="1.2.250.1.213.2.3.1"/><name>{name}</name></manufacturedMaterial>
        </manufacturedProduct></consumable></substanceAdministration></entry></section></component></structuredBody>
        """;

    private static (AuditBasis Basis, AccessMode Mode) RightOf(GetEmergencySummaryResponse answer) =>
        (answer.Summary.Strip.Basis, answer.Summary.Strip.Mode);

    private static async Task<(string Html, string Text, int Pdf)> WithoutFormsAsync(DmpApi api, string recordId)
    {
        var answer = await GetAsync(api, recordId);
        return (answer.Html, answer.Text, answer.Pdf.Length);
    }

    private static async Task<GetEmergencySummaryResponse> GetAsync(DmpApi api, string recordId, params SummaryFormat[] formats) =>
        await api.Care.GetEmergencySummaryAsync(new() { RecordId = recordId, At = at, Formats = { formats } }, cancellationToken: Token);

    private static async Task OpenAsync(DmpApi api, string recordId, EmergencyMode mode) =>
        await api.Emergencies.OpenEmergencyAccessAsync(
            new()
            {
                RecordId = recordId,
                Mode = mode,
                Reason = "Patient inconscient, détresse respiratoire",
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);

    private async Task SwitchAsync(OpenedRecord record, string path, Action<ConsentSettings> set)
    {
        var patient = platform.As(record.Patient);
        var settings = (await patient.Consents.GetConsentSettingsAsync(new() { RecordId = record.Id }, cancellationToken: Token)).Settings;
        set(settings);
        await patient.Consents.UpdateConsentSettingsAsync(
            new()
            {
                RecordId = record.Id,
                Settings = settings,
                UpdateMask = new() { Paths = { path } },
                Etag = settings.Etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
    }
}
