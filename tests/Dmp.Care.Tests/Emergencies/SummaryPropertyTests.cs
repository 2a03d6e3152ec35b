using CsCheck;
using Dmp.Care.Emergencies;
using Dmp.Facts.V1;
using Google.Protobuf;
using Xunit;
using static Dmp.Care.Tests.Emergencies.Pages;
using Fact = Dmp.Facts.V1.Fact;

namespace Dmp.Care.Tests.Emergencies;

/// <summary>What holds of all records.</summary>
public sealed class SummaryPropertyTests
{
    private static readonly string[] days = ["20180101", "20240601", "20260901", "20261001", "202610301200", "202610311200"];
    private static readonly string[] written = ["", "2019", "20260105", "202610091030", "20271231", "31/02/2026", "NA"];
    private static readonly string[] names = ["Latex", "COUMADINE 5 mg", "LANTUS", "DOLIPRANE", "Angine", "Stimulateur cardiaque", ""];
    private static readonly string[] statuses = ["", "active", "inactive", "resolved"];
    private static readonly string[] types = ["60591-5", "11490-0", "15507-7", "11502-2", "34112-3"];

    private static readonly Gen<Fact> facts =
        from kind in Gen.Int[0, 8]
        from name in Gen.Int[0, names.Length - 1].Select(place => names[place])
        from status in Gen.Int[0, statuses.Length - 1].Select(place => statuses[place])
        from low in Gen.Int[0, written.Length - 1].Select(place => written[place])
        from high in Gen.Int[0, written.Length - 1].Select(place => written[place])
        from odd in Gen.Int[0, 12]
        select Odd(odd, kind switch
        {
            0 => Allergy(name, status, odd % 2 == 0 ? "A1" : ""),
            1 => NoAllergy(),
            2 => Problem(name, odd % 3 == 0 ? "11348-0" : "11450-4", odd % 2 == 0 ? "I10" : "", status, low, high),
            3 => Listed(name, low: low, high: high, dose: "1 par jour"),
            4 => Visit(odd % 2 == 0 ? "IMP" : "EMER", low, high),
            5 => Device(name, low, odd % 2 == 0 ? "IRM possible" : ""),
            6 => Measured(odd % 2 == 0 ? "14682-9" : "6301-6", $"{odd}.5", "umol/L", low),
            7 => Observed("882-1", Coded("1", odd % 2 == 0 ? "A positif" : "O négatif"), low, ObservationKind.BloodGroup),
            _ => Observed("82810-3", Coded(odd % 2 == 0 ? "77386006" : "60001007", ""), low, ObservationKind.Pregnancy),
        });

    private static readonly Gen<CareDocument[]> records =
        from documents in Gen.Select(
            facts.Array[0, 5],
            Gen.Int[0, days.Length - 1].Select(place => days[place]),
            Gen.Int[0, types.Length - 1].Select(place => types[place]),
            Gen.Bool).Array[0, 7]
        select documents.Select((one, place) => Made($"{place}", one.Item2, one.Item3, one.Item1, one.Item4)).ToArray();

    [Fact]
    public void P20_Documents_in_another_order_give_the_same_bytes() =>
        (from record in records from shuffled in Gen.Shuffle(record.ToArray()) select (record, shuffled)).Sample(
            both => Assert.Equal(Bytes(both.record), Bytes(both.shuffled)), iter: 500);

    [Fact]
    public void P20_Of_a_document_that_is_not_there_nothing_is_left() => records.Where(record => record.Length > 0).Sample(
        record =>
        {
            // The same documents, made anew: what the first page knew of the hidden one must not be in the second.
            var rest = record[..^1];
            var before = Bytes(rest);
            Bytes(record);
            Assert.Equal(before, Bytes(rest));
            Assert.DoesNotContain($"Auteur{record.Length - 1}", HtmlPage.Write(Page(rest)), StringComparison.Ordinal);
        },
        iter: 300);

    [Fact]
    public void P2_P3_Every_line_has_a_source_and_an_age_and_no_allergy_or_dangerous_medicine_is_lost() => records.Sample(
        record =>
        {
            var page = Page(record);
            var lines = page.Allergies.Lines.Select(line => line.Line)
                .Concat(page.DangerousMedicines.Lines.Select(line => line.Line))
                .Concat(page.OtherMedicines.Lines.Select(line => line.Line))
                .Concat(page.Problems.Lines.Select(line => line.Line))
                .Concat(page.Visits.Lines.Select(line => line.Line))
                .Concat(page.Results.Lines.Select(line => line.Line))
                .Concat(page.Devices.Lines.Select(line => line.Line));
            Assert.All(lines, line =>
            {
                Assert.NotEmpty(line.Sources);
                Assert.NotEqual("", line.Age);
                Assert.NotEqual("", line.Title);
                Assert.Equal(line.ByPatient, line.Title.StartsWith("Patient : ", StringComparison.Ordinal));
            });
            var text = TextPage.Write(page).ReplaceLineEndings(" ");
            Assert.All(
                page.DangerousMedicines.Lines,
                line => Assert.Contains(line.Line.Title.Split(' ')[0], text, StringComparison.Ordinal));
            Assert.Equal(
                record.SelectMany(document => document.Facts).Any(IsAllergy), page.Allergies.Lines.Count > 0);
            Assert.EndsWith("Des documents peuvent exister sans être visibles ici.\n", TextPage.Write(page), StringComparison.Ordinal);
        },
        iter: 500);

    private static bool IsAllergy(Fact fact) => fact.KindCase == Fact.KindOneofCase.Allergy && fact.Subject is null && !fact.Negated
        && SummaryFacts.IsSo(fact) && fact.Absence == FactAbsence.Unspecified && (fact.Allergy.Agent?.Display ?? "").Length > 0;

    private static CareDocument Made(string id, string day, string type, Fact[] facts, bool byPatient)
    {
        var document = type == Laboratory ? Results(id, day, facts) : Paper(id, day, type, facts);
        return document with { ByPatient = byPatient };
    }

    private static Fact Odd(int odd, Fact fact)
    {
        fact.Negated = odd == 10;
        fact.Subject = odd == 11 ? new CodedValue { Code = "CHILD" } : null;
        fact.Mood = odd == 12 ? "RQO" : "EVN";
        if (fact.KindCase == Fact.KindOneofCase.Allergy && fact.Allergy.Agent is { Display.Length: 0 })
        {
            fact.Allergy.Agent = null;
        }

        return fact;
    }

    private static string Bytes(params CareDocument[] record)
    {
        var page = Page(record);
        return Convert.ToHexString(page.ToByteArray()) + HtmlPage.Write(page) + TextPage.Write(page);
    }
}
