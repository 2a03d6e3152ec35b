using CsCheck;
using Dmp.Care.Timelines;
using Dmp.Care.V1;
using Xunit;
using static Dmp.Care.Tests.Timelines.Dated;

namespace Dmp.Care.Tests.Timelines;

/// <summary>What must hold of every record.</summary>
public sealed class TimelinePropertyTests
{
    private static readonly string[] types = [Discharge, StayReport, Laboratory, Summary, Prescription, Consultation, "15507-7"];

    private static readonly Gen<(int Day, int Days, string Type, int Place, int Encounter, int Stated)> document = Gen.Select(
        Gen.Int[1, 20], Gen.Int[0, 4], Gen.Int[0, types.Length - 1].Select(place => types[place]), Gen.Int[1, 2], Gen.Int[0, 5],
        Gen.Int[0, 3]);

    private static readonly Gen<IReadOnlyList<DatedDocument>> records = document.Array[0, 9].Select(RecordOf);

    [Fact]
    public void The_order_of_the_documents_changes_nothing() => Gen.Select(records, Gen.Int).Sample((documents, seed) =>
    {
        var shuffled = documents.ToArray();
        new Random(seed).Shuffle(shuffled);
        Assert.All(Questions(), question =>
            Assert.Equal(TimelineBuilder.Build(documents, question), TimelineBuilder.Build(shuffled, question)));
    });

    [Fact]
    public void Each_document_stands_in_one_place() => records.Sample(documents => Assert.All(Questions(), question => Assert.Equal(
        documents.Select(one => one.Document.DocumentId).Order(StringComparer.Ordinal),
        TimelineBuilder.Build(documents, question).SelectMany(entry => entry.Documents).Select(one => one.Source.DocumentId)
            .Order(StringComparer.Ordinal))));

    [Fact]
    public void What_belongs_to_nothing_changes_nothing_but_its_own_place() => records.Sample(documents =>
    {
        var other = new Dated().Add("20260610", null, "89601-9", [], place: "elsewhere").Documents[0];
        other = other with { Document = other.Document with { DocumentId = "other" } };
        Assert.All(Questions(), question => Assert.Equal(
            TimelineBuilder.Build(documents, question),
            TimelineBuilder.Build([.. documents, other], question).Where(entry => entry.Documents[0].Source.DocumentId != "other")));
    });

    [Fact]
    public void Only_episodes_have_several_documents_and_say_why() => records.Sample(documents =>
        Assert.All(TimelineBuilder.Build(documents, new TimelineQuestion(Now)), entry =>
        {
            Assert.Equal(entry.Episode is null, entry.Documents.Count == 1);
            Assert.All(entry.Documents, one => Assert.Equal(entry.Episode is null, one.Tie == EpisodeTie.Unspecified));
            Assert.True(entry.Episode is null || entry.Episode.Source.DocumentId.Length > 0, "an episode without a source");
        }));

    private static IEnumerable<TimelineQuestion> Questions()
    {
        yield return new TimelineQuestion(Now);
        yield return new TimelineQuestion(Now, TimelineOrder.EssentialFirst, Day("20260101"));
    }

    private static IReadOnlyList<DatedDocument> RecordOf(
        (int Day, int Days, string Type, int Place, int Encounter, int Stated)[] documents)
    {
        Dated record = new();
        foreach (var (day, days, type, place, encounter, stated) in documents)
        {
            var (begin, end) = ($"202606{day:00}", $"202606{day + days:00}");
            var stay = Encounter(begin, end, stated > 1 ? $"1.2.9^{stated}" : "", $"{place}");
            record.Add(begin, end, type, stated > 0 ? [stay] : [], $"{place}", encounter < 2 ? $"{encounter}" : null);
        }

        return record.Documents;
    }
}
