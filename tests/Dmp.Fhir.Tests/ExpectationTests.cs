using Dmp.Facts.Model;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>The published samples, beside what was read in them without a program.</summary>
public sealed class ExpectationTests
{
    /// <summary>Each list of expectations with each of the documents that were read.</summary>
    public static TheoryData<string, string> Lists =>
    [
        .. from list in FactLines.Lists.Keys
           from document in Documents
           select (list, document),
    ];

    /// <summary>Everything that was not read is listed for every document that was looked at.</summary>
    private static IEnumerable<string> Documents => Expected("unread.tsv").Select(row => row[0]).Distinct();

    public static TheoryData<string> Headers => [.. Expected("headers.tsv").Select(row => row[0])];

    [Theory]
    [MemberData(nameof(Lists))]
    public void Every_statement_is_read_as_it_is_written(string list, string document)
    {
        var reading = FhirReader.ReadFacts(Tests.Documents.Sample(document)).Reading;
        Assert.Null(reading.Failure);
        Assert.Equal(
            Expected(list).Where(row => row[0] == document).Select(row => string.Join(" | ", row[1..])),
            FactLines.Lists[list](reading).Select(columns => string.Join(" | ", columns)));
    }

    [Theory]
    [MemberData(nameof(Headers))]
    public void Every_header_is_read_as_it_is_written(string document)
    {
        var result = FhirReader.ReadHeader(Tests.Documents.Sample(document));
        Assert.Empty(result.Faults);
        var header = result.Header!;
        string[] columns =
        [
            $"{header.Id}", $"{header.SetId}", $"{header.Type!.Code}", header.Category?.Code ?? "", header.Title!,
            $"{header.Status}", header.Confidentiality!.Code, $"{header.CreationTime!.Value.Time:yyyy-MM-ddTHH:mm:sszzz}",
            $"{header.ServiceStartTime!.Value.Time:yyyy-MM-dd}", header.Patient!.Names[0].BirthFamily!, header.Patient.Names[0].FirstGiven!,
            $"{header.Patient.BirthTime!.Value.Date:yyyy-MM-dd}", header.Patient.Sex!,
            string.Join(' ', header.Patient.Ids), header.Authors[0].Actor.Name?.BirthFamily ?? "",
            header.Authors[0].Actor.Organization?.Name ?? "", header.Custodian?.Name ?? "", string.Join(' ', header.Orders),
        ];
        Assert.Equal(string.Join(" | ", Expected("headers.tsv").Single(row => row[0] == document)[1..]), string.Join(" | ", columns));
    }

    [Fact]
    public void The_page_says_how_much_was_expected() => Assert.Contains(
        $"{Documents.Count()} documents: {Expected("medications.tsv").Count} medicines and vaccines, {Expected("allergies.tsv").Count} "
        + $"allergies, {Expected("problems.tsv").Count} problems, {Expected("observations.tsv").Count} observations, "
        + $"{Expected("acts.tsv").Count} acts, encounters and devices, {Expected("headers.tsv").Count} headers",
        Repository.Read("docs/fhir.md").Replace('\n', ' '),
        StringComparison.Ordinal);

    private static List<string[]> Expected(string file) =>
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Expected", file))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t')),
    ];
}
