using System.Text;
using System.Text.Json;
using Dmp.Facts.Model;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>All published samples: nothing in them is dropped in silence.</summary>
public sealed class SampleTests
{
    public static TheoryData<string> Samples => [.. Documents.Samples()];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Each_entry_is_a_fact_a_part_or_counted(string sample)
    {
        var bytes = Documents.Sample(sample);
        var result = FhirReader.ReadFacts(bytes);
        Assert.Null(result.Reading.Failure);

        // Counted in the bytes by another reader.
        using var json = JsonDocument.Parse(bytes);
        var there = json.RootElement.GetProperty("entry").EnumerateArray()
            .GroupBy(entry => entry.GetProperty("resource").GetProperty("resourceType").GetString()!)
            .ToDictionary(type => type.Key, type => type.Count());
        Assert.Equal(
            there.OrderBy(type => type.Key, StringComparer.Ordinal).Select(type => (type.Key, type.Value)),
            result.Resources.OrderBy(type => type.Type, StringComparer.Ordinal)
                .Select(type => (type.Type, type.Stated + type.Parts + type.Unread)));

        // Each resource that is stated has a fact under its own identifiers, or is a battery; each that is not read is in Unread.
        var places = result.Reading.Facts.Select(fact => (fact.Source.Entry, fact.Source.Place)).ToList();
        Assert.Equal(places.Count, places.Distinct().Count());
        var stated = result.Resources.Where(type => type.Type is not ("DiagnosticReport" or "List")).Sum(type => type.Stated);
        Assert.Equal(stated, result.Reading.Facts.Count(fact => fact.Source is { Within: null, Ids.Count: > 0 }));
        Assert.Equal(
            result.Resources.Sum(type => type.Unread),
            result.Reading.Unread.Where(unread => unread.Reason == UnreadReason.OtherKind).Sum(unread => unread.Count));
    }

    [Fact]
    public void As_much_is_read_as_the_page_says()
    {
        var page = Repository.Read("docs/fhir.md");
        List<string> missing = [];
        foreach (var folder in Documents.Samples().GroupBy(sample => sample.Split('/', '\\')[0]))
        {
            var results = folder.Select(sample => FhirReader.ReadFacts(Documents.Sample(sample)).Reading).ToList();
            int Count<T>()
                where T : Fact => results.Sum(reading => reading.Of<T>().Count);
            int[] read =
            [
                results.Count, Count<Medication>(), Count<Allergy>(), Count<Problem>(), Count<Observation>(), Count<ClinicalAct>(),
                Count<Encounter>(), Count<Device>(), results.Sum(reading => reading.Unread.Sum(unread => unread.Count)),
            ];
            var row = $"| {folder.Key} | {string.Join(" | ", read)} |";
            if (!page.Contains(row, StringComparison.Ordinal))
            {
                missing.Add(row);
            }
        }

        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    /// <summary>A fault names a place and a rule, and never a word of the document.</summary>
    [Theory]
    [MemberData(nameof(Samples))]
    public void No_fault_holds_content(string sample)
    {
        var bytes = Documents.Sample(sample);
        var text = Encoding.UTF8.GetString(bytes);
        var faults = FhirReader.ReadFacts(bytes).Faults.Concat(FhirReader.ReadHeader(bytes).Faults);
        foreach (var fault in faults)
        {
            Assert.False(fault.IsRefusal);
            Assert.StartsWith("Bundle", fault.Path, StringComparison.Ordinal);
            Assert.DoesNotContain(fault.Text, text, StringComparison.Ordinal);
        }
    }
}
