using System.Globalization;
using System.Text;
using Dmp.Facts;
using Dmp.Facts.Model;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>Documents made to harm, and documents that are none: bounded, told, and never thrown.</summary>
public sealed class HostileTests
{
    private const string Observation =
        """{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50,"unit":"g"}}""";

    [Fact]
    public void So_many_observations_are_read_up_to_the_limits_and_counted_behind_them()
    {
        var entry = $"{{\"resource\":{Observation}}}";
        var json = Documents.Raw("", []).Replace(
            "\"gender\":\"female\"}}",
            $"\"gender\":\"female\"}}}},{string.Join(',', Enumerable.Repeat(entry, 200_000))}",
            StringComparison.Ordinal);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = Documents.Facts(json);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Null(result.Reading.Failure);
        Assert.Equal(5_000, result.Reading.Facts.Count);

        // Two entries are the composition and the patient; 19,998 observations are kept, and each of all 200,000 is a fact or counted.
        Assert.Equal(200_000, 5_000 + Unread(result, UnreadReason.TooMany));
        Assert.Single(result.Faults, fault => fault.Kind == FhirFaultKind.PassedOver);
        Assert.InRange(allocated, 0, 400_000_000);
    }

    [Theory]
    [InlineData("{\"extension\":[", "]}")]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public void Nesting_without_end_is_told(string open, string close)
    {
        var deep = string.Concat(Enumerable.Repeat(open, 5_000)) + "{}" + string.Concat(Enumerable.Repeat(close, 5_000));
        var result = Documents.Facts(Documents.Bundle("30954-2", $"{{\"resourceType\":\"Observation\",\"extension\":{deep}}}"));
        Refused(FhirFaultKind.TooDeep, result);

        var xml = string.Concat(Enumerable.Repeat("<extension>", 5_000)) + string.Concat(Enumerable.Repeat("</extension>", 5_000));
        Refused(FhirFaultKind.TooDeep, Documents.Facts($"<Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"document\"/>{xml}</Bundle>"));
    }

    [Fact]
    public void A_text_of_ten_megabytes_is_left_out_and_told()
    {
        var large = new string('x', 10_000_000);
        var observation = Observation.Replace(
            "\"text\":\"x\"", $"\"text\":\"{large}\",\"coding\":[{{\"code\":\"1\"}}]", StringComparison.Ordinal);
        var result = Documents.Facts(Documents.Bundle("30954-2", observation, Observation));
        Assert.Equal(2, result.Reading.Facts.Count);
        Assert.Null(((Observation)result.Reading.Facts[0]).Code!.Text);
        Assert.Equal(1, Unread(result, UnreadReason.TooLarge));
        Assert.Equal("Bundle.entry[2]", Assert.Single(result.Faults, fault => fault.Kind == FhirFaultKind.ValueTooLong).Path);

        const string xml = "<Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"document\"/><entry><resource><Composition><title value=\"";
        var header = Documents.Header($"{xml}{large}\"/></Composition></resource></entry></Bundle>");
        Assert.Null(header.Header!.Title);
        Assert.Contains(header.Faults, fault => fault.Kind == FhirFaultKind.ValueTooLong);
    }

    [Fact]
    public void An_entry_that_is_too_large_is_told_and_the_next_one_is_read()
    {
        var large = string.Join(',', Enumerable.Repeat("{\"text\":\"x\"}", 30_000));
        var first = $"{{\"resourceType\":\"Observation\",\"note\":[{large}]}}";
        var result = Documents.Facts(Documents.Bundle("30954-2", first, Observation));
        Assert.Single(result.Reading.Facts);
        Assert.Equal(1, Unread(result, UnreadReason.TooLarge));
        Assert.Equal(0, Unread(result, UnreadReason.Linked));
    }

    [Fact]
    public void Resources_that_hold_each_other_are_read_once()
    {
        static string Member(int number, params int[] members) =>
            $"{{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{{\"text\":\"{number}\"}},\"hasMember\":["
            + string.Join(',', members.Select(member => $"{{\"reference\":\"{Documents.Address(member)}\"}}")) + "]}";
        var result = Documents.Facts(Documents.Bundle("30954-2", Member(0, 1), Member(1, 2), Member(2, 0, 2)));
        Assert.Equal(["0", "1", "2"], result.Reading.Of<Observation>().Select(fact => fact.Code!.Text));
        Assert.Contains(result.Faults, fault => fault.Kind == FhirFaultKind.Cyclic);

        // Three hundred levels, and each member of each: a walk that follows every path would never end.
        var all = Enumerable.Range(0, 300).ToArray();
        var dense = all.Select(number => Member(number, all)).ToArray();
        Assert.Equal(300, Documents.Facts(Documents.Bundle("30954-2", dense)).Reading.Facts.Count);
        var chain = Enumerable.Range(0, 6_000).Select(number => Member(number, number + 1)).ToArray();
        var chained = Documents.Facts(Documents.Bundle("30954-2", chain)).Reading.Of<Observation>();
        Assert.Equal(5_000, chained.Count);
        Assert.All(chained, fact => Assert.InRange(fact.Panels.Count, 0, 100));
    }

    /// <summary>Each of as many sections as a composition may have leads to as many observations as a bundle may have.</summary>
    [Fact]
    public void Sections_that_all_lead_to_everything_are_read_up_to_the_limits()
    {
        var members = string.Join(',', Enumerable.Range(1, 5_000).Select(number => $"{{\"reference\":\"{Documents.Address(number)}\"}}"));
        var panel = Observation.Replace("\"status\"", $"\"hasMember\":[{members}],\"status\"", StringComparison.Ordinal);
        var section = $"{{\"entry\":[{{\"reference\":\"{Documents.Address(0)}\"}}]}}";
        var result = Documents.Facts(Documents.Raw(
            string.Join(',', Enumerable.Repeat(section, 20_000)), [panel, .. Enumerable.Repeat(Observation, 5_000)]));
        Assert.Equal(5_000, result.Reading.Facts.Count);

        // 1,000 sections with 5,001 observations each, but for those that are facts; and the entries of 19,000 sections.
        Assert.Equal((1_000 * 5_001) - 5_000 + 19_000, Unread(result, UnreadReason.TooMany));
    }

    [Fact]
    public void Of_lists_that_are_too_long_the_beginning_is_kept_and_the_rest_is_counted()
    {
        var codings = string.Join(',', Enumerable.Range(0, 150).Select(number => $"{{\"code\":\"{number}\"}}"));
        var result = Documents.Facts(Documents.Bundle(
            "30954-2", Observation.Replace("\"text\":\"x\"", $"\"coding\":[{codings}]", StringComparison.Ordinal)));
        Assert.Equal(99, Assert.Single(result.Reading.Of<Observation>()).Code!.Translations.Count);
        Assert.Equal(50, Unread(result, UnreadReason.TooLarge));
    }

    [Fact]
    public void What_is_contained_in_what_is_contained_is_told_and_not_read()
    {
        var result = Documents.Facts(Documents.Bundle(
            "10160-0",
            """
            {"resourceType":"MedicationStatement","status":"active","medicationReference":{"reference":"#inner","display":"Doliprane"},
            "contained":[{"resourceType":"Medication","id":"outer","contained":[{"resourceType":"Medication","id":"inner",
            "code":{"coding":[{"system":"urn:oid:1.2.250.1.213.2.3.1","code":"60234100"}]}}]}]}
            """));
        var medicine = Assert.Single(result.Reading.Of<Medication>()).Product;
        Assert.Equal(("Doliprane", 0), (medicine.Name, medicine.Codes.Count));
        Assert.Contains(result.Faults, fault => fault.Kind == FhirFaultKind.NestedContained);
        Assert.Contains(result.Faults, fault => fault.Kind == FhirFaultKind.Unresolved);
    }

    [Fact]
    public void Of_two_entries_with_one_address_references_lead_to_the_first()
    {
        var json = Documents.Bundle("30954-2", Observation, Observation.Replace("1.50", "2", StringComparison.Ordinal))
            .Replace(Documents.Address(1), Documents.Address(0), StringComparison.Ordinal);
        var result = Documents.Facts(json);
        Assert.Contains(result.Faults, fault => fault is { Kind: FhirFaultKind.RepeatedAddress, Path: "Bundle.entry[3]" });

        // The second one is not lost: no section refers to it.
        Assert.Equal([("30954-2", 1.50m), (null, 2m)], result.Reading.Of<Observation>().Select(
            fact => (fact.Source.Section, fact.Values[0].Quantity!.Low!.Value!.Value)));
    }

    [Theory]
    [InlineData("1e999")]
    [InlineData("-1E-999")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890")]
    [InlineData("0.123456789012345678901234567890123456789012345678901234567890")]
    [InlineData("1.5e-28")]
    [InlineData("1e2147483648")]
    public void A_number_that_cannot_be_kept_exactly_is_kept_as_it_is_written(string number)
    {
        var result = Documents.Facts(Documents.Bundle("30954-2", Observation.Replace("1.50", number, StringComparison.Ordinal)));
        var quantity = Assert.Single(result.Reading.Of<Observation>()).Values[0].Quantity!.Low!;
        Assert.Equal((null, number, "g"), (quantity.Value, quantity.Written, quantity.Unit));
    }

    [Theory]
    [InlineData("1.50", "1.50")]
    [InlineData("-0.0", "0.0")]
    [InlineData("1.5e3", "1500")]
    [InlineData("1234567890123456789012345678", "1234567890123456789012345678")]
    public void Every_digit_of_a_number_is_kept(string number, string kept)
    {
        var result = Documents.Facts(Documents.Bundle("30954-2", Observation.Replace("1.50", number, StringComparison.Ordinal)));
        var value = Assert.Single(result.Reading.Of<Observation>()).Values[0].Quantity!.Low!.Value!.Value;
        Assert.Equal(kept, value.ToString(CultureInfo.InvariantCulture).TrimStart('-'));
    }

    [Fact]
    public void A_unit_that_is_a_sentence_is_kept_as_words()
    {
        var unit = string.Join(' ', Enumerable.Repeat("gouttes dans un verre d'eau", 1_000));
        var result = Documents.Facts(Documents.Bundle("30954-2", Observation.Replace("\"g\"", $"\"{unit}\"", StringComparison.Ordinal)));
        var kept = Assert.Single(result.Reading.Of<Observation>()).Values[0].Quantity!.Low!.Unit!;
        Assert.StartsWith("gouttes dans un verre", kept, StringComparison.Ordinal);
        Assert.InRange(kept.Length, 3_900, 4_000);
    }

    [Fact]
    public void Bytes_time_names_and_sections_have_their_limits()
    {
        var json = Documents.Bundle("30954-2", Observation);
        Refused(FhirFaultKind.DocumentTooLong, Documents.Facts(json, new FhirReaderOptions { DocumentBytesMax = 500 }));
        var many = string.Concat(Enumerable.Range(0, 3_000).Select(number => $",\"a{number}\":1"));
        var named = Documents.Bundle(
            "30954-2", Observation.Replace("\"status\":\"final\"", $"\"status\":\"final\"{many}", StringComparison.Ordinal));
        Refused(FhirFaultKind.TooManyNames, Documents.Facts(named, new FhirReaderOptions { NamesMax = 1_000 }));
        Refused(FhirFaultKind.TooSlow, Documents.Facts(named, new FhirReaderOptions { TimeMax = TimeSpan.Zero }));
        Assert.Single(Documents.Facts(named).Reading.Facts);

        var sections = string.Join(',', Enumerable.Range(0, 30).Select(number =>
            $"{{\"title\":\"{number}\",\"text\":{{\"div\":\"<div>mots</div>\"}}}}"));
        var reading = Documents.Facts(
            Documents.Raw(sections), new FhirReaderOptions { Facts = new FactLimits { SectionsMax = 10 } }).Reading;
        Assert.Equal((11, 30), (reading.Unread.Count, reading.Unread.Sum(unread => unread.Count)));
    }

    [Fact]
    public async Task A_stream_is_read_up_to_the_limit_and_stays_open()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(Documents.Bundle("30954-2", Observation)));
        Assert.Single((await FhirReader.ReadFactsAsync(stream, null, TestContext.Current.CancellationToken)).Reading.Facts);
        stream.Position = 0;
        var header = await FhirReader.ReadHeaderAsync(
            stream, new FhirReaderOptions { DocumentBytesMax = 100 }, TestContext.Current.CancellationToken);
        Assert.Equal(FhirFaultKind.DocumentTooLong, Assert.Single(header.Faults).Kind);
        Assert.True(stream.CanRead);
    }

    private static int Unread(FhirFactResult result, UnreadReason reason) =>
        result.Reading.Unread.Where(unread => unread.Reason == reason).Sum(unread => unread.Count);

    internal static void Refused(FhirFaultKind kind, FhirFactResult result)
    {
        Assert.Equal(kind, result.Faults[^1].Kind);
        Assert.True(result.Faults[^1].IsRefusal);
        Assert.NotNull(result.Reading.Failure);
        Assert.Empty(result.Reading.Facts);
    }
}
