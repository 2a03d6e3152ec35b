using Dmp.Care.Emergencies;
using Dmp.Care.Medications;
using Dmp.Facts.V1;
using Dmp.Fhir;
using Dmp.Server.Facts;
using Dmp.Server.Tests.Content;
using Xunit;
using static Dmp.Care.Tests.Emergencies.Pages;
using CdaFactReader = Dmp.Facts.CdaFactReader;
using Fact = Dmp.Facts.V1.Fact;

namespace Dmp.Care.Tests.Summaries;

/// <summary>The published summaries: of EPS beside the same rules, of France read, merged, written and read again.</summary>
public sealed class IpsSampleTests
{
    private static readonly DateTimeOffset at = new(2024, 4, 10, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> Samples => SharedSamples.Find("README.md") is { } page
        && Path.Combine(Path.GetDirectoryName(page)!, "samples/fhir/eps") is var folder && Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder, "*.json").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)]
        : ["missing"];

    [Theory]
    [MemberData(nameof(Samples))]
    public void The_published_summaries_pass_the_rules_that_ours_pass(string sample) =>
        Assert.Empty(IpsRules.Faults(File.ReadAllBytes(Path.Combine(SharedSamples.Folder("samples/fhir/eps"), sample))));

    [Fact]
    public void The_French_sample_is_valid_R4_and_a_patient_summary()
    {
        var bytes = Written(Sample());
        Assert.Empty(IpsRules.Faults(bytes));
        Assert.Empty(FhirValidation.Errors(bytes));
    }

    /// <summary>All published documents as one record: letters, laboratory reports, prescriptions, summaries.</summary>
    [Fact]
    public void All_published_documents_together_are_valid_R4_and_a_patient_summary()
    {
        CareDocument[] documents =
        [
            .. Directory.GetFiles(SharedSamples.Folder("samples/cda"), "*.xml").Order(StringComparer.Ordinal)
                .Select((file, number) => Read(file, $"{number + 1}"))
                .Where(document => document.Facts.Count > 0),
        ];
        Assert.InRange(documents.Length, 20, 200);
        var bytes = Written(documents);
        Assert.Empty(IpsRules.Faults(bytes));
        Assert.Empty(FhirValidation.Errors(bytes));
        Assert.Empty(FhirReader.ReadFacts(bytes).Faults);
    }

    /// <summary>Fact by fact: each of the sample that a summary tells is read again, with its codes, state, times and doses.</summary>
    [Fact]
    public void The_French_sample_written_and_read_again_states_the_same()
    {
        var sample = Sample();
        var read = FhirReader.ReadFacts(Written(sample));
        Assert.Empty(read.Faults);
        var told = sample.Facts.Where(IsTold).Select(SummaryFact.LineOf).Order(StringComparer.Ordinal).ToList();
        var again = read.Reading.Facts.Select(FactMapping.ToMessage).Where(IsTold).Select(SummaryFact.LineOf)
            .Order(StringComparer.Ordinal).ToList();
        var missing = told.Except(again).Select(line => $"- {line}").Concat(again.Except(told).Select(line => $"+ {line}")).ToList();
        Assert.True(missing.Count == 0, string.Join('\n', missing));
        Assert.Equal(told.Distinct().Count(), again.Count);
    }

    /// <summary>What a summary tells, by the rules of docs/care-ips.md.</summary>
    private static bool IsTold(Fact fact) => fact is { Subject: null, Negated: false, Absence: FactAbsence.Unspecified }
        && SummaryFacts.IsSo(fact) && fact.KindCase switch
        {
            Fact.KindOneofCase.Allergy or Fact.KindOneofCase.Device => true,
            Fact.KindOneofCase.Problem => fact.Source.SectionCode != "44939-7",
            Fact.KindOneofCase.Medication => fact.Medication.Immunization || fact.Medication.Role == MedicationRole.Listed,
            Fact.KindOneofCase.Observation => fact.Observation.Kind is ObservationKind.Laboratory or ObservationKind.Pregnancy
                or ObservationKind.SocialHistory,
            Fact.KindOneofCase.Act => fact.Act.Element == "procedure",
            _ => false,
        };

    private static byte[] Written(params CareDocument[] documents) => Summaries.Bytes(Input(documents) with
    {
        At = at,
        Medication = new MedicationMerge(null).Merge(documents, at, withEnded: true),
    });

    private static CareDocument Sample() => Read(Path.Combine(SharedSamples.Folder("samples/cda"), "IPS-FR_2024.01.xml"), "1");

    private static CareDocument Read(string file, string id)
    {
        using var content = File.OpenRead(file);
        Fact[] facts = [.. CdaFactReader.Read(content).Facts.Select(FactMapping.ToMessage)];
        return Paper(id, "20240402", Summary, facts);
    }
}
