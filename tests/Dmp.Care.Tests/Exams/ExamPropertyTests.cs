using CsCheck;
using Dmp.Care.Exams;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Exams.Examined;

namespace Dmp.Care.Tests.Exams;

/// <summary>What must hold of every record.</summary>
public sealed class ExamPropertyTests
{
    private static readonly string[] members = ["2093-3", "2085-9", Tsh];

    private static readonly Gen<Fact> fact = Gen.Select(
        OneOf(members),
        OneOf("1", "2", ""),
        OneOf("20260621080000+0000", "20260620", "2026", "99990101", "", null),
        OneOf("completed", "preliminary", "cancelled", "final"),
        OneOf<string?>("119364003", "122575003", null),
        (code, value, time, state, specimen) => Result(code, value, time: time, state: state, specimen: specimen, panels: "57698-3"));

    private static readonly Gen<Fact> act = OneOf("ZBQK001", "ACQH004", "ZBQK002").Select(code => Act(code));

    private static readonly Gen<Fact[][]> records = Gen.OneOf(fact, act).Array[0, 4].Array[1, 6];

    [Fact]
    public void The_order_of_the_documents_changes_nothing() => Gen.Select(records, Gen.Int).Sample((facts, seed) =>
    {
        var documents = Record(facts);
        var shuffled = documents.ToArray();
        new Random(seed).Shuffle(shuffled);
        foreach (var question in Questions())
        {
            Assert.Equal(Find(documents, question), Find(shuffled, question));
        }
    });

    [Fact]
    public void What_is_like_nothing_that_was_asked_changes_nothing() => records.Sample(facts =>
    {
        var documents = Record(facts);
        var other = new Examined().Reports("20260629", Result("1988-5"), Act("NZQN001")).Documents[0] with { DocumentId = "other" };
        foreach (var question in Questions())
        {
            Assert.Equal(Find(documents, question), Find([.. documents, other], question));
        }
    });

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(place => values[place]);

    private static V1.ComparableExams Find(IReadOnlyList<CareDocument> documents, ExamQuestion question) =>
        new ExamFinder(ExamTables.Embedded).Find(documents, question);

    private static IReadOnlyList<CareDocument> Record(Fact[][] facts)
    {
        Examined record = new();
        for (var i = 0; i < facts.Length; i++)
        {
            record.Reports($"202606{10 + i}", [.. facts[i].Select(one => one.Clone())]);
        }

        return record.Documents;
    }

    private static IEnumerable<ExamQuestion> Questions()
    {
        ExamQuestion tsh = new(Now, Code(Tsh));
        yield return tsh;
        yield return tsh with { Window = TimeSpan.FromDays(9), Specimen = Code("119364003", Snomed) };
        yield return new(Now, Code("57698-3"));
        yield return new(Now, Code("57698-3")) { Members = [.. members.Select(code => Code(code))] };
        yield return new(Now, Code("ZBQK001", Ccam)) { WithRelated = true };
    }
}
