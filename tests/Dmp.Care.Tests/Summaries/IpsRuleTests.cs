using System.Text.Json.Nodes;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Emergencies.Pages;
using Fact = Dmp.Facts.V1.Fact;

namespace Dmp.Care.Tests.Summaries;

/// <summary>The rules of docs/care-ips.md.</summary>
public sealed class IpsRuleTests
{
    private const string AbsentUnknown = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";
    private const string NoKnownAllergy = "716186003";
    private static readonly string[] required = ["11450-4", "48765-2", "10160-0"];

    [Fact]
    public void S1_A_summary_is_a_document_of_one_moment_made_by_software()
    {
        var bundle = Summaries.Ips();
        Assert.Equal(("document", "2026-11-01T11:00:00Z"), ((string)bundle["type"]!, (string)bundle["timestamp"]!));
        Assert.StartsWith("urn:uuid:", (string)bundle["identifier"]!["value"]!, StringComparison.Ordinal);
        var composition = bundle.Composition();
        Assert.Equal("60591-5", (string)composition["type"]!["coding"]![0]!["code"]!);
        Assert.Equal("Device", (string)bundle.At((string)composition["author"]![0]!["reference"]!)["resourceType"]!);
        Assert.Contains("non signé", (string)composition["title"]!, StringComparison.Ordinal);
        Assert.Null(composition["attester"]);
        Assert.Contains("Des documents peuvent exister sans être visibles ici.", composition.Div(), StringComparison.Ordinal);
        Assert.NotEqual(Summaries.Bytes(), Summaries.Bytes(Input() with { At = Now.AddSeconds(1) }));
    }

    [Fact]
    public void S2_The_patient_has_the_national_identity_and_its_traits()
    {
        var patient = Assert.Single(Summaries.Ips().All("Patient"));
        Assert.Equal(
            ("urn:oid:1.2.250.1.213.1.4.10", "248037512345678"),
            ((string)patient["identifier"]![0]!["system"]!, (string)patient["identifier"]![0]!["value"]!));
        Assert.Equal("Essai-Martin", (string)patient["name"]![0]!["family"]!);
        Assert.Equal("Durand", (string)patient["name"]![1]!["family"]!);
        Assert.Equal(("female", "1948-03-12"), ((string)patient["gender"]!, (string)patient["birthDate"]!));
    }

    [Fact]
    public void S3_What_is_not_known_is_no_information_and_none_only_where_a_code_says_so()
    {
        var empty = Summaries.Ips();
        Assert.Equal(
            ["no-problem-info", "no-allergy-info", "no-medication-info"],
            required.Select(section => Absent(empty, section)));
        Assert.Null(empty.Section("11369-6"));

        // Words alone are told as words, and the code stays "no information".
        var said = Summaries.Ips(Letter("1", "20261001", NoAllergy("Aucune allergie identifiée")));
        Assert.Equal("no-allergy-info", Absent(said, "48765-2"));
        Assert.Contains("Aucune allergie identifiée", said.Section("48765-2")!.Div(), StringComparison.Ordinal);

        var coded = Summaries.Ips(Letter("1", "20261001", NoneByCode()));
        Assert.Equal(NoKnownAllergy, (string)Assert.Single(coded.In("48765-2"))["code"]!["coding"]![0]!["code"]!);

        // Beside an allergy it takes nothing away, and is words.
        var both = Summaries.Ips(Letter("1", "20261001", NoneByCode()), Letter("2", "20250101", Allergy("Latex", "active", "111088007")));
        Assert.Equal("111088007", (string)Assert.Single(both.In("48765-2"))["code"]!["coding"]![0]!["code"]!);
        Assert.Contains("Documenté comme absent", both.Section("48765-2")!.Div(), StringComparison.Ordinal);
    }

    [Fact]
    public void S4_Statements_that_say_the_same_are_one_entry_and_others_stand_beside()
    {
        var bundle = Summaries.Ips(
            Letter("1", "20261001", Allergy("Latex", "active", "111088007")),
            Letter("2", "20250101", Allergy("Latex", "active", "111088007")),
            Letter("3", "20240101", Allergy("Latex", "inactive", "111088007")));
        Assert.Equal(
            ["active", "inactive"],
            bundle.In("48765-2").Select(allergy => (string)allergy["clinicalStatus"]!["coding"]![0]!["code"]!));
        Assert.Equal([2, 1], bundle.In("48765-2").Select(allergy => SourcesOf(bundle, allergy).Count));
    }

    [Fact]
    public void S5_Each_entry_names_its_documents_and_who_says_it_there()
    {
        var bundle = Summaries.Ips(
            Letter("1", "20261001", Problem("Asthme", code: "J45"), Measured("2823-3", "4.1", "mmol/L", "20260930")));
        var sources = SourcesOf(bundle, Assert.Single(bundle.In("11450-4")));
        var provenance = Assert.Single(sources);
        Assert.Equal("source", (string)provenance["entity"]![0]!["role"]!);
        var document = bundle.At((string)provenance["entity"]![0]!["what"]!["reference"]!);
        Assert.Equal("urn:oid:2.25.1", (string)document["masterIdentifier"]!["value"]!);
        Assert.Equal("author", (string)provenance["agent"]![1]!["type"]!["coding"]![0]!["code"]!);
        Assert.Equal("Anne Auteur1", (string)provenance["agent"]![1]!["who"]!["display"]!);

        // What was not found is stated by nobody.
        Assert.Empty(SourcesOf(bundle, Assert.Single(bundle.In("48765-2"))));
    }

    [Fact]
    public void S6_A_state_that_nobody_states_is_not_written()
    {
        var bundle = Summaries.Ips(Letter(
            "1", "20261001", Problem("Asthme", code: "J45"), Problem("Angine", status: "resolved"), Allergy("Latex", code: "111088007")));
        var asthma = Assert.Single(bundle.In("11450-4"));
        Assert.Null(asthma["clinicalStatus"]);
        Assert.Null(asthma["verificationStatus"]);
        var allergy = Assert.Single(bundle.In("48765-2"));
        Assert.Equal("active", (string)allergy["clinicalStatus"]!["coding"]![0]!["code"]!);
        Assert.Equal("état non précisé par le document", (string)allergy["note"]![0]!["text"]!);
        Assert.Equal("resolved", (string)Assert.Single(bundle.In("11348-0"))["clinicalStatus"]!["coding"]![0]!["code"]!);
    }

    [Fact]
    public void S7_Codes_keep_their_system_and_words_and_none_is_made_up()
    {
        var own = Problem("Asthme", code: "J45");
        own.Problem.Value.Translations.Add(new CodedValue { Code = "X1", System = "1.2.250.1.999", Display = "maison" });
        own.Problem.Value.Text = "asthme sévère";
        var bundle = Summaries.Ips(Letter("1", "20261001", own, Problem("mots seuls")));
        var problems = bundle.In("11450-4").ToDictionary(problem => (string)problem["code"]!["text"]!);
        var codings = problems["asthme sévère"]["code"]!["coding"]!.AsArray();
        Assert.Equal(
            [("http://hl7.org/fhir/sid/icd-10", "J45"), ("urn:oid:1.2.250.1.999", "X1")],
            codings.Select(coding => ((string)coding!["system"]!, (string)coding["code"]!)));
        Assert.Null(problems["mots seuls"]["code"]!["coding"]);
    }

    [Fact]
    public void S8_Times_and_numbers_are_as_precise_as_they_were_written()
    {
        var bundle = Summaries.Ips(Letter(
            "1", "20261001", Problem("Asthme", low: "2019"), Problem("Goutte", low: "31/02/2026"),
            Measured("2823-3", "4.10", "mmol/L", "202609300830"), Measured("2160-0", "90", "UI/l", "20260930083000+0200")));
        var problems = bundle.In("11450-4").ToDictionary(problem => CodeWordsOf(problem));
        Assert.Equal("2019", (string)problems["Asthme"]["onsetDateTime"]!);
        Assert.Equal("31/02/2026", (string)problems["Goutte"]["onsetString"]!);
        var results = bundle.In("30954-2").ToDictionary(result => (string)result["code"]!["coding"]![0]!["code"]!);
        Assert.Equal("4.10", results["2823-3"]["valueQuantity"]!["value"]!.ToJsonString());
        Assert.Equal(("2026-09-30", "mmol/L"), (
            (string)results["2823-3"]["effectiveDateTime"]!, (string)results["2823-3"]["valueQuantity"]!["code"]!));
        Assert.Equal("2026-09-30T08:30:00+02:00", (string)results["2160-0"]["effectiveDateTime"]!);

        // A habit of laboratories that is no UCUM is words.
        Assert.Equal("UI/l", (string)results["2160-0"]["valueQuantity"]!["unit"]!);
        Assert.Null(results["2160-0"]["valueQuantity"]!["code"]);
    }

    [Fact]
    public void S9_A_medicine_is_a_treatment_of_the_merged_list_with_all_its_sources()
    {
        var bundle = Summaries.Ips(
            Letter("1", "20261020", Listed("COUMADINE 5 mg", "B01AA03", low: "20260101", high: "20271231", dose: "1 par jour")),
            Letter("2", "20260601", Listed("COUMADINE 5 mg", "B01AA03", low: "20260101", dose: "1 par jour")));
        var statement = Assert.Single(bundle.In("10160-0"));
        Assert.Equal("active", (string)statement["status"]!);
        Assert.Equal(
            ("2026-01-01", "2027-12-31"),
            ((string)statement["effectivePeriod"]!["start"]!, (string)statement["effectivePeriod"]!["end"]!));
        Assert.Equal("1 par jour", (string)statement["dosage"]![0]!["text"]!);
        var medicine = bundle.At((string)statement["medicationReference"]!["reference"]!);
        Assert.Equal("http://www.whocc.no/atc", (string)medicine["code"]!["coding"]![0]!["system"]!);
        Assert.Equal(2, SourcesOf(bundle, statement).Count);
    }

    [Fact]
    public void S10_What_is_denied_or_intended_or_of_a_relative_is_no_entry()
    {
        var (denied, intended, relative) = (Problem("Embolie"), Problem("Opération"), Problem("Cancer"));
        denied.Negated = true;
        intended.Mood = "INT";
        relative.Subject = new CodedValue { Code = "MTH" };
        var bundle = Summaries.Ips(Letter(
            "1", "20261001", denied, intended, relative,
            Observed("882-1", Coded("1", "A positif"), "20260101", ObservationKind.BloodGroup)));
        Assert.Equal("no-problem-info", Absent(bundle, "11450-4"));
        Assert.Null(bundle.Section("30954-2"));
        var text = bundle.ToJsonString();
        Assert.All(["Embolie", "Cancer", "A positif"], word => Assert.DoesNotContain(word, text, StringComparison.Ordinal));
    }

    [Fact]
    public void S11_What_the_patient_says_is_the_patients()
    {
        var bundle = Summaries.Ips(OfPatient("1", "20261001", Allergy("Latex", "active", "111088007")));
        var allergy = Assert.Single(bundle.In("48765-2"));
        Assert.Equal("Patient", (string)bundle.At((string)allergy["asserter"]!["reference"]!)["resourceType"]!);
        Assert.Contains("Patient : Latex", bundle.Section("48765-2")!.Div(), StringComparison.Ordinal);
        Assert.DoesNotContain("Auteur1", bundle.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void S12_Directives_are_documents_to_open()
    {
        var bundle = Summaries.Ips(Paper("7", "20250301", "EXPPAT_3", [], FrenchTypes));
        var document = Assert.Single(bundle.In("42348-3"));
        Assert.Equal("DocumentReference", (string)document["resourceType"]!);
        Assert.Equal("urn:oid:2.25.7", (string)document["masterIdentifier"]!["value"]!);
    }

    [Fact]
    public void S13_What_has_no_room_is_counted_and_all_of_it_stays_small()
    {
        var many = Enumerable.Range(0, 1_000).Select(number => Allergy($"{number} {new string('é', 5_000)}", "active")).ToArray();
        var bytes = Summaries.Bytes(Letter("1", "20261001", many));
        Assert.InRange(bytes.Length, 10_000, 3_500_000);
        var bundle = JsonNode.Parse(bytes)!;
        var count = bundle.In("48765-2").Count;
        Assert.InRange(count, 1, 200);
        Assert.Contains($"+ {1_000 - count} autres", bundle.Section("48765-2")!.Div(), StringComparison.Ordinal);
    }

    private static string CodeWordsOf(JsonNode resource) => (string?)resource["code"]!["text"]
        ?? (string)resource["code"]!["coding"]![0]!["display"]!;

    private static Fact NoneByCode()
    {
        var fact = NoAllergy("");
        fact.Absence = FactAbsence.NoneKnown;
        fact.Allergy.Agent = new CodedValue { Code = NoKnownAllergy, System = "2.16.840.1.113883.6.96", Display = "No known allergy" };
        return fact;
    }

    private static string Absent(JsonNode bundle, string section)
    {
        var only = Assert.Single(bundle.In(section));
        var coding = (only["code"] ?? only["medicationCodeableConcept"])!["coding"]![0]!;
        Assert.Equal(AbsentUnknown, (string)coding["system"]!);
        return (string)coding["code"]!;
    }

    private static List<JsonNode> SourcesOf(JsonNode bundle, JsonNode resource) =>
    [
        .. bundle.All("Provenance").Where(one => one["target"]!.AsArray().Any(
            target => (string)target!["reference"]! == $"urn:uuid:{(string)resource["id"]!}")),
    ];
}
