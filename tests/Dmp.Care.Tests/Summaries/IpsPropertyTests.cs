using System.Text.Json.Nodes;
using System.Xml.Linq;
using CsCheck;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Emergencies.Pages;
using Fact = Dmp.Facts.V1.Fact;

namespace Dmp.Care.Tests.Summaries;

/// <summary>What holds of all summaries.</summary>
public sealed class IpsPropertyTests
{
    private static readonly string[] hostile =
    [
        "Latex", "<script>alert(1)</script>", "]]>&lt;\"'`", "\u202E05 gm\u202C", "a\0b\u0001c\u001Fd", "\uFFFE\uFFFF",
        "{\"resourceType\":\"Patient\"}", new string('x', 100_000), "", "  ", "\u2028\u2029", "né(e) 😀",
    ];

    private static readonly string[] times =
    [
        "", "2019", "202601", "20260105", "2026010510", "202601051030", "20260105103000+0100", "31/02/2026", "NA", "<b>",
        "9".PadLeft(60, '9'),
    ];

    private static readonly string[] elements = ["ul", "li"];

    private static readonly string[] numbers = ["", "1", "0.50", "-3", "1e9", "007", "NaN", "<5", new string('9', 60)];

    private static readonly Gen<Fact> facts =
        from kind in Gen.Int[0, 9]
        from name in Gen.Int[0, hostile.Length - 1].Select(place => hostile[place])
        from code in Gen.Int[0, hostile.Length - 1].Select(place => hostile[place])
        from low in Gen.Int[0, times.Length - 1].Select(place => times[place])
        from high in Gen.Int[0, times.Length - 1].Select(place => times[place])
        from number in Gen.Int[0, numbers.Length - 1].Select(place => numbers[place])
        from status in Gen.Int[0, 3].Select(place => new[] { "", "active", "resolved", "peut-être" }[place])
        select kind switch
        {
            0 => Allergy(
                name, status, code, allergy => allergy.Reactions.Add(new Reaction { Manifestation = new CodedValue { Text = name } })),
            1 => NoAllergy(name),
            2 => Problem(name, number.Length % 2 == 0 ? "11348-0" : "11450-4", code, status, low, high),
            3 => Listed(name, code, low, high, name),
            4 => Device(name, low, name),
            5 => Measured("2823-3", number, name, low, name),
            6 => Observed("82810-3", Coded(code, name), low, ObservationKind.Pregnancy),
            7 => Observed(code, new ObservedValue { Text = name }, low, ObservationKind.SocialHistory),
            8 => Vaccine(name, code, low, number),
            _ => Act(name, code, low, high),
        };

    private static readonly Gen<CareDocument[]> records =
        from documents in Gen.Select(facts.Array[0, 4], Gen.Int[1, 28], Gen.Bool).Array[0, 5]
        select documents.Select((one, place) => Letter($"{place}", $"202610{one.Item2:00}", one.Item1) with { ByPatient = one.Item3 })
            .ToArray();

    [Fact]
    public void S1_Documents_in_another_order_give_the_same_bytes() =>
        (from record in records from shuffled in Gen.Shuffle(record.ToArray()) select (record, shuffled)).Sample(
            both => Assert.Equal(Summaries.Bytes(both.record), Summaries.Bytes(both.shuffled)), iter: 100);

    [Fact]
    public void S13_No_words_of_a_document_break_the_json_or_the_narrative() => records.Sample(
        record =>
        {
            var bytes = Summaries.Bytes(record);
            var bundle = JsonNode.Parse(bytes)!;
            Assert.InRange(bytes.Length, 1, 3_500_000);
            Assert.Empty(IpsRules.Faults(bytes));
            FhirValidation.Read(bytes);
            foreach (var section in bundle.Composition()["section"]!.AsArray())
            {
                var div = XElement.Parse(section!.Div());
                Assert.All(div.Descendants(), element => Assert.Contains(element.Name.LocalName, elements));
                Assert.DoesNotContain('\u202E', div.Value);
            }
        },
        iter: 150);

    /// <summary>The validator is slow: a few records, each with much in it.</summary>
    [Fact]
    public void S13_Whatever_documents_say_the_validator_finds_no_error() => facts.Array[30].Sample(
        stated => Assert.Empty(FhirValidation.Errors(Summaries.Bytes(Letter("1", "20261001", stated)))), iter: 6, threads: 1);

    private static Fact Vaccine(string name, string code, string low, string number) => new()
    {
        Mood = "EVN",
        State = "completed",
        Source = new FactSource { SectionCode = "11369-6" },
        Medication = new Medication
        {
            Role = MedicationRole.Administered,
            Immunization = true,
            Name = name,
            Lot = name,
            Codes = { new CodedValue { Code = code, System = "2.16.840.1.113883.6.73", Display = name } },
            Period = new Stretch { Low = new Moment { Written = low }, Single = true },
            Dosages =
            {
                new Dosage { Dose = new QuantityRange { Low = new Quantity { Value = number, Unit = name }, Single = true } },
            },
        },
    };

    private static Fact Act(string name, string code, string low, string high) => new()
    {
        Mood = "EVN",
        State = "completed",
        Act = new ClinicalAct
        {
            Element = "procedure",
            Code = new CodedValue { Code = code, System = name, Display = name },
            Period = new Stretch { Low = new Moment { Written = low }, High = new Moment { Written = high } },
        },
    };
}
