using System.Text.RegularExpressions;
using Dmp.Care.V1;
using Dmp.Server.Tests.Documentation;
using Xunit;
using static Dmp.Care.Tests.Timelines.Dated;

namespace Dmp.Care.Tests.Timelines;

/// <summary>The rules of a record by date (docs/care-timeline.md), each by its example.</summary>
public sealed partial class TimelineRuleTests
{
    [Fact]
    public void L1_the_newest_act_comes_first_and_not_what_came_last()
    {
        var entries = new Dated().Add("20260105").Add("20260301").Add("20250101").Came("20260629").Build();

        Assert.Equal(["Document 2", "Document 1", "Document 3"], Titles(entries));
        Assert.All(entries, entry => Assert.Equal(TimelineReason.ByDate, entry.Reason));
    }

    [Fact]
    public void L2_new_is_what_came_since_and_changed_what_changed_since()
    {
        var record = new Dated().Add("20260101").Came("20260620").Add("20260102").Came("20260103", "20260621").Add("20260103");

        var entries = record.Build(since: "20260610");
        Assert.Equal([Newness.Unchanged, Newness.Changed, Newness.New], entries.Select(entry => entry.Newness));
        Assert.Equal(Day("20260621"), entries[1].Documents[0].NewnessTime.ToDateTimeOffset());
        Assert.Null(entries[0].Documents[0].NewnessTime);
        Assert.Equal(["Document 2", "Document 1"], Titles(record.Build(since: "20260610", onlyNew: true)));
    }

    [Fact]
    public void L4_with_nothing_to_compare_with_nothing_is_called_new()
    {
        var record = new Dated().Add("20260101").Add("20260102");

        Assert.All(record.Build(), entry => Assert.Equal(Newness.Unspecified, entry.Newness));
        Assert.Equal(2, record.Build(onlyNew: true).Count);
    }

    [Fact]
    public void L5_what_names_one_encounter_is_one_episode()
    {
        var entry = Assert.Single(new Dated()
            .Add("20260101", null, Consultation, [], place: "1", encounter: "7")
            .Add("20260201", null, Laboratory, [], place: "2", encounter: "7")
            .Add("20260301", Discharge, Encounter("20260101", "20260228", "1.2.9^7"))
            .Build());

        Assert.Equal("1.2.9^7", entry.Episode.EncounterId);
        Assert.Equal(["Document 3", "Document 2", "Document 1"], entry.Documents.Select(one => one.Title));
        Assert.All(entry.Documents, one => Assert.Equal(EpisodeTie.Identifier, one.Tie));
        Assert.Equal((Day("20260101"), Day("20260301")), (entry.StartTime.ToDateTimeOffset(), entry.Time.ToDateTimeOffset()));

        // Other encounters are other episodes, whatever their times; a summary that names several is of none.
        Assert.Equal(3, new Dated()
            .Add("20260101", "20260105", StayReport, [Encounter("20260101", "20260105", "1^1")])
            .Add("20260101", "20260105", StayReport, [Encounter("20260101", "20260105", "1^2")])
            .Add("20260104", Summary, Encounter("20260101", "20260105", "1^1", "x"), Encounter("20260101", "20260105", "1^2", "x"))
            .Build().Count(entry => entry.Documents.Count == 1));
    }

    [Fact]
    public void L6_what_was_done_in_a_stay_of_the_same_structure_is_of_it()
    {
        var entries = new Dated()
            .Add("20260601", "20260605", StayReport, [])
            .Add("20260603", Laboratory)
            .Add("20260603", null, Laboratory, [], place: "1750000099")
            .Add("20260607", Consultation)
            .Build();

        Assert.Equal([1, 2, 1], entries.Select(entry => entry.Documents.Count));
        var episode = entries.Single(entry => entry.Episode is not null);
        Assert.Equal(["Document 2", "Document 1"], episode.Documents.Select(one => one.Title));
        Assert.All(episode.Documents, one => Assert.Equal(EpisodeTie.Stay, one.Tie));
        Assert.Equal(("", "Hôpital", Day("20260605")), (
            episode.Episode.EncounterId, episode.Episode.StructureName, episode.Episode.StayEndTime.ToDateTimeOffset()));
        Assert.Equal("1.2.3.1", episode.Episode.Source.UniqueId);
    }

    [Fact]
    public void L6_a_letter_and_a_report_of_one_stay_are_one_episode()
    {
        var letter = Encounter("20260601", "20260605");

        Assert.Equal(2, Assert.Single(new Dated()
            .Add("20260601", "20260605", StayReport, []).Add("20260606", Discharge, letter).Build()).Documents.Count);

        // A summary of years later mentions the stay, and is not of it.
        Assert.Equal(2, new Dated()
            .Add("20200601", "20200605", StayReport, []).Add("20260606", Summary, Encounter("20200601", "20200605")).Build().Count);
    }

    [Fact]
    public void L7_what_fits_two_stays_stands_by_itself()
    {
        var entries = new Dated()
            .Add("20260601", "20260605", StayReport, [Encounter("20260601", "20260604", "1^1")])
            .Add("20260601", "20260605", StayReport, [Encounter("20260601", "20260604", "1^2")])
            .Add("20260603", Laboratory)
            .Build();

        Assert.Equal(3, entries.Count);
        Assert.All(entries, entry => Assert.Null(entry.Episode));
    }

    [Fact]
    public void L8_a_visit_of_the_last_30_days_comes_first()
    {
        Assert.Equal(TimelineReason.RecentVisit, ReasonOf(new Dated().Add("20260615", "60280-5")));
        Assert.Equal(TimelineReason.ByDate, ReasonOf(new Dated().Add("20260515", "60280-5")));
        var entries = new Dated().Add("20260620", "20260625", Discharge, []).Add("20260622", Consultation).Add("20260629")
            .Build(TimelineOrder.EssentialFirst);
        Assert.Equal([TimelineReason.RecentVisit, TimelineReason.ByDate], entries.Select(entry => entry.Reason));
        Assert.Equal(2, entries[0].Documents.Count);
    }

    [Fact]
    public void L9_letters_of_a_year_and_the_newest_one_come_next()
    {
        var entries = new Dated().Add("20260101", Discharge).Add("20240101", Discharge).Build(TimelineOrder.EssentialFirst);
        Assert.Equal([TimelineReason.DischargeLetter, TimelineReason.ByDate], entries.Select(entry => entry.Reason));
        Assert.Equal(TimelineReason.DischargeLetter, ReasonOf(new Dated().Add("20100101", StayReport)));
    }

    [Fact]
    public void L10_the_newest_summary_of_a_professional_counts_and_no_other()
    {
        var entries = new Dated().Add("20260101", Summary).Add("20260201", Summary).Add("20260301", Summary).ByPatient()
            .Build(TimelineOrder.EssentialFirst);

        Assert.Equal("Document 2", entries[0].Documents[0].Title);
        Assert.Equal(
            [TimelineReason.Summary, TimelineReason.ByDate, TimelineReason.ByDate], entries.Select(entry => entry.Reason));
    }

    [Theory]
    [InlineData("H", "20260501", TimelineReason.AbnormalResult, 1)]
    [InlineData("H", "20260201", TimelineReason.ByDate, 1)]
    [InlineData("N", "20260501", TimelineReason.ByDate, 0)]
    [InlineData("N", "20260615", TimelineReason.RecentResult, 0)]
    public void L11_results_out_of_range_come_before_others(string judged, string day, TimelineReason reason, int abnormal)
    {
        var entry = Assert.Single(new Dated().Add(day, Laboratory, Result(judged)).Build(TimelineOrder.EssentialFirst));
        Assert.Equal((reason, abnormal), (entry.Reason, entry.Documents[0].AbnormalResults));
    }

    [Theory]
    [InlineData("20260101", "20260801", TimelineReason.RunningPrescription)]
    [InlineData("20260615", "20260620", TimelineReason.ByDate)]
    [InlineData("20260615", null, TimelineReason.RecentPrescription)]
    [InlineData("20260101", null, TimelineReason.ByDate)]
    public void L12_prescriptions_that_run_come_before_those_that_do_not_say(string day, string? end, TimelineReason reason) =>
        Assert.Equal(reason, ReasonOf(new Dated().Add(day, Prescription, Prescribed(end))));

    [Fact]
    public void L13_the_rest_comes_by_date_and_so_does_what_is_not_yet()
    {
        var entries = new Dated().Add("20260701", Discharge).Add("20260101").Add("20260501", Laboratory, Result("L"))
            .Build(TimelineOrder.EssentialFirst);

        Assert.Equal(["Document 3", "Document 1", "Document 2"], Titles(entries));
        Assert.Equal(
            [TimelineReason.AbnormalResult, TimelineReason.ByDate, TimelineReason.ByDate], entries.Select(entry => entry.Reason));
    }

    [Fact]
    public void Each_rule_stands_on_the_page_with_the_test_that_shows_it()
    {
        var tests = typeof(TimelineRuleTests).GetMethods().Select(method => method.Name).ToHashSet();
        var rules = Rule().Matches(Repository.Read("docs/care-timeline.md"))
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

        Assert.Equal(Enumerable.Range(1, 13).Select(number => $"L{number}").Order(), rules.Keys.Order());
        Assert.All(rules.Where(rule => rule.Key != "L3"), rule =>
        {
            Assert.StartsWith($"{rule.Key}_", rule.Value, StringComparison.Ordinal);
            Assert.Contains(rule.Value, tests);
        });

        // It needs the trace, and is shown where there is one.
        Assert.Contains(
            $"public async Task {rules["L3"]}()",
            Repository.Read("tests/Dmp.Server.Tests/Care/TimelineTests.cs"),
            StringComparison.Ordinal);
    }

    private static TimelineReason ReasonOf(Dated record) => Assert.Single(record.Build(TimelineOrder.EssentialFirst)).Reason;

    private static IEnumerable<string> Titles(IEnumerable<TimelineEntry> entries) =>
        entries.Select(entry => Assert.Single(entry.Documents).Title);

    [GeneratedRegex(@"^\| (L\d+) \|.*\| `(\w+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Rule();
}
