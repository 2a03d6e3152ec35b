using System.Diagnostics;
using CsCheck;
using Dmp.Care.Medications;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using static Dmp.Care.Tests.Medications.Made;
using static Dmp.Care.Tests.Medications.SmallMedicines;
using Fact = Dmp.Facts.V1.Fact;

namespace Dmp.Care.Tests.Medications;

/// <summary>What holds of all records.</summary>
public sealed class MergePropertyTests
{
    private static readonly MedicationMerge merge = new(Table);

    private static readonly string[] products =
        [Plavix, Clopidogrel, Keppra, Coumadine2, Coumadine5, Exforge, Amlor, Emulgel, Voltarene, "99999999", ""];

    private static readonly string[] days =
        ["20260101", "20260301", "20260601", "20260901", "20261001", "20261015", "20261101", "2026", "20620101", "31/02/2026", ""];

    private static readonly string[] numbers = ["1", "2", "0.5", "28", "-3", "0", "1000000000000000000000000000000", "x", ""];
    private static readonly string[] stretches = ["1 d", "8 h", "1 wk", "1 mo", "0 d", "-1 d", "3 x"];
    private static readonly string[] units = [Tablet, "{tbl}", "mg", "{box}", ""];

    private static readonly Gen<Fact> facts =
        from role in Gen.Int[1, 6]
        from product in Gen.Int[0, products.Length - 1].Select(place => products[place])
        from low in Gen.Int[0, days.Length - 1].Select(place => days[place])
        from high in Gen.Int[0, days.Length - 1].Select(place => days[place])
        from dose in Gen.Int[0, numbers.Length - 1].Select(place => numbers[place])
        from every in Gen.Int[0, stretches.Length - 1].Select(place => stretches[place])
        from unit in Gen.Int[0, units.Length - 1].Select(place => units[place])
        from route in Gen.Int[0, 2].Select(place => new[] { Oral, Cutaneous, "" }[place])
        from odd in Gen.Int[0, 11]
        select Make((MedicationRole)role, product, low, high, dose, every, unit, route, odd);

    private static readonly Gen<List<CareDocument>> records =
        from documents in Gen.Select(facts.Array[0, 4], Gen.Int[0, 6], Gen.Bool).Array[0, 8]
        select documents.Select((document, place) => Document(document.Item1, document.Item2, document.Item3, place)).ToList();

    [Fact]
    public void M42_Documents_in_another_order_give_the_same_bytes() =>
        (from record in records from shuffled in Gen.Shuffle(record.ToArray()) select (record, shuffled)).Sample(
            both => Assert.Equal(Bytes(both.record), Bytes(both.shuffled)),
            iter: 1_000);

    [Fact]
    public void M19_Of_a_document_that_is_not_there_nothing_is_left() => records.Where(record => record.Count > 0).Sample(
        record =>
        {
            var (hidden, rest) = (record[^1], record.Take(record.Count - 1).ToList());
            var statement = merge.Merge(rest, At("20261101"), withEnded: true);

            // One merge answers many callers: what it read for one is not there for the next.
            merge.Merge(record, At("20261101"), withEnded: true);
            Assert.Equal(new MedicationMerge(Table).Merge(rest, At("20261101"), true), merge.Merge(rest, At("20261101"), true));
            Assert.DoesNotContain($"\"{hidden.DocumentId}\"", statement.ToString(), StringComparison.Ordinal);
        },
        iter: 500);

    [Fact]
    public void Each_place_that_a_line_points_to_is_there_and_no_number_is_below_zero() => records.Sample(
        record =>
        {
            var statement = merge.Merge(record, At("20261101"), withEnded: true);
            var documents = record.ToDictionary(document => document.DocumentId);
            Assert.All(statement.Unused, unused => Assert.True(unused.Count > 0));
            Assert.All(statement.Findings.SelectMany(finding => finding.Lines), line => Assert.InRange(line, 0, statement.Lines.Count - 1));
            Assert.All(statement.Lines, line =>
            {
                Assert.InRange(line.Sources.Count, 1, 20);
                Assert.True(line.MoreSources >= 0);
                Assert.All(line.Sources, source => Assert.Equal(
                    1, documents[source.Source.DocumentId].Facts.Count(fact => fact.Source.Entry == source.Source.Entry)));
                var places = line.Conflicts.SelectMany(conflict => conflict.Sources)
                    .Concat(line.RunningReasons.SelectMany(reason => reason.Sources))
                    .Concat(line.Dose is { } dose ? [dose.Source] : []);
                Assert.All(places, place => Assert.InRange(place, 0, line.Sources.Count - 1));
                Assert.InRange(line.LastEvidence, -1, line.Sources.Count - 1);
                Assert.Equal(line.Status == TreatmentStatus.Running, line.RunningReasons.Count > 0);
                Assert.All(line.RunningReasons, reason =>
                    Assert.DoesNotContain("-", reason.Days + reason.PerDay + reason.PerWeek, StringComparison.Ordinal));
                Assert.True(line.BeginTime is null || line.EndTime is null || line.Status == TreatmentStatus.Stopped
                    || line.BeginTime <= line.EndTime);
            });
            var inLines = statement.Lines.Sum(line => line.Sources.Sum(source => 1 + source.Copies.Count) + line.MoreSources);
            Assert.Equal(record.Sum(document => document.Facts.Count), inLines + statement.Unused.Sum(unused => unused.Count));
        },
        iter: 1_000);

    [Fact]
    public void What_is_absurd_is_read_in_little_time()
    {
        List<CareDocument> record = [];
        for (var number = 0; number < 20; number++)
        {
            var many = Enumerable.Range(0, 5_000).Select(place => Make(
                (MedicationRole)(place % 5 + 1),
                place % 3 == 0 ? Keppra : $"{place:00000000}",
                days[place % days.Length],
                place % 2 == 0 ? "99991231" : days[(place + number) % days.Length],
                numbers[place % numbers.Length],
                stretches[place % stretches.Length],
                units[place % units.Length],
                Oral,
                place % 12)).ToArray();
            record.Add(Letter($"hostile-{number}", "20260101", many) with { CameAt = DateTimeOffset.MaxValue.AddDays(-2) });
            record[^1].Metadata.CreationTime = Timestamp.FromDateTimeOffset(DateTimeOffset.MaxValue);
            record[^1].Metadata.ServiceStartTime = number % 2 == 0 ? null : record[^1].Metadata.CreationTime;
            record[^1].Metadata.ServiceStopTime = record[^1].Metadata.CreationTime;
        }

        var watch = Stopwatch.StartNew();
        foreach (var at in new[] { At("20261101"), DateTimeOffset.MaxValue, DateTimeOffset.MinValue })
        {
            var statement = merge.Merge(record, at, withEnded: true);
            Assert.InRange(statement.Lines.Count, 0, 200);
            Assert.InRange(statement.CalculateSize(), 0, 4 * 1024 * 1024);
        }

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void An_answer_of_long_words_can_be_taken_by_every_client()
    {
        var words = new string('é', 300);
        var record = Enumerable.Range(0, 40).Select(number => Letter(
            $"{number:00}",
            "20261001",
            [
                .. Enumerable.Range(0, 300).Select(place =>
                {
                    var fact = Named(MedicationRole.Listed, $"{place} {words}").Saying(words);
                    fact.Medication.Codes.Add(Enumerable.Repeat(new CodedValue { Code = words, System = words, Display = words }, 100));
                    fact.Medication.Dosages.Add(Enumerable.Repeat(new Dosage { Text = words, Event = words }, 100));
                    fact.Medication.Period = new Stretch { Low = new Moment { Written = words }, High = new Moment { Written = words } };
                    return fact;
                }),
            ])).ToList();

        var statement = merge.Merge(record, At("20261101"), withEnded: true);

        Assert.InRange(statement.CalculateSize(), 1, 4 * 1024 * 1024 - 65_536);
        Assert.Equal(300, statement.Lines.Count + statement.MoreLines);
        Assert.NotEmpty(statement.Lines);
    }

    [Fact]
    public void Without_a_database_codes_and_names_bring_together()
    {
        var statement = new MedicationMerge(null).Merge(
            [
                Letter("a", "20261001", Listed(Plavix).Taking("1", "1 d"), Named(MedicationRole.Listed, "Coumadine 5 mg")),
                Letter("b", "20261002", Dispensed(Plavix, "20261002"), Named(MedicationRole.Listed, "COUMADINE 5mg")),
            ],
            At("20261010"),
            withEnded: false);
        Assert.Equal([2, 2], statement.Lines.Select(line => line.Sources.Count));
        Assert.Equal("vka", statement.Lines[0].DangerousGroup);
        Assert.StartsWith("COUMADINE", statement.Lines[0].Name, StringComparison.Ordinal);
    }

    private static byte[] Bytes(IReadOnlyList<CareDocument> record) => merge.Merge(record, At("20261101"), withEnded: true).ToByteArray();

    private static CareDocument Document(Fact[] facts, int day, bool byPatient, int place)
    {
        Fact[] own = [.. facts.Select(fact => fact.Clone())];
        return byPatient && place % 3 == 0 ? OfPatient($"document-{place}", days[day], own) : Letter($"document-{place}", days[day], own);
    }

    private static Fact Make(
        MedicationRole role, string product, string low, string high, string dose, string every, string unit, string route, int odd)
    {
        var fact = Listed(product, low, high).Taking(dose, every, unit, route);
        fact.Medication.Role = role;
        fact.Medication.Name = product.Length == 0 ? "Tisane" : "";
        fact.Medication.SupplyTime = new Moment { Written = low };
        fact.Medication.Supplied = new Quantity { Value = "28", Unit = unit };
        fact.Medication.Renewals = odd == 11 ? int.MaxValue : odd - 1;
        fact.State = odd switch { 1 => "aborted", 2 => "nullified", 3 => "suspended", _ => "completed" };
        fact.Negated = odd == 4;
        fact.Medication.PrescriptionItem = odd == 5 ? "1.2^3" : "";
        if (odd is 6 or 7)
        {
            fact.Source.Ids.Add("1.2^3");
        }

        return fact;
    }
}
