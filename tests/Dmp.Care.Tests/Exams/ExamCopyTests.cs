using Dmp.Care.V1;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Exams.Examined;

namespace Dmp.Care.Tests.Exams;

/// <summary>Which documents state the very same (rule E13), and which only look like it.</summary>
public sealed class ExamCopyTests
{
    private const string Lipids = "57698-3";
    private static readonly string[] lipids = ["2093-3", "2085-9", "13457-7", "2571-8"];

    [Fact]
    public void E13_an_identifier_alone_makes_no_copy()
    {
        Fact[] facts = [Result(Tsh, "2"), Result(Tsh, "9"), Result(Tsh, "2", time: "20260622080000+0000")];
        var record = Identified(facts);

        Assert.Equal(["2", "9", "2"], record.Find(Tsh).Exams.OrderBy(exam => exam.Source.DocumentId).Select(ValueOf));
        Assert.All(record.Find(Tsh).Exams, exam => Assert.Empty(exam.Copies));
    }

    [Fact]
    public void E13_a_full_panel_is_no_copy_of_a_part_of_it()
    {
        var record = Identified([Result(lipids[0])], [.. lipids.Select(code => Result(code))]);

        Assert.Equal([PanelExtent.Partial, PanelExtent.Full], Panels(record).Select(exam => exam.Panel).OrderDescending());
    }

    [Fact]
    public void E13_one_identifier_and_one_content_are_one_even_of_a_day()
    {
        var record = Identified(Result(Tsh, time: "20260618"), Result(Tsh, time: "20260618"));

        Assert.Single(Assert.Single(record.Find(Tsh).Exams).Copies);
    }

    [Fact]
    public void E13_two_sides_are_two_acts()
    {
        var (left, right) = (Act("NFQK001"), Act("NFQK001"));
        left.Act.Sites.Add(new CodedValue { Qualifiers = { new CodeQualifier { Value = Coded("7771000", Snomed) } } });
        right.Act.Sites.Add(new CodedValue { Qualifiers = { new CodeQualifier { Value = Coded("24028007", Snomed) } } });

        Assert.Equal(2, Identified(left, right).Find("NFQK001", system: Ccam).Exams.Count);
    }

    /// <summary>A document of each, all statements under one identifier, as some programs do.</summary>
    private static Examined Identified(params Fact[][] documents)
    {
        Examined record = new();
        for (var i = 0; i < documents.Length; i++)
        {
            Array.ForEach(documents[i], fact => fact.Source = new FactSource { Ids = { "1.2.250.1" } });
            record.Reports($"2026062{i}", documents[i]);
        }

        return record;
    }

    private static Examined Identified(params Fact[] facts) => Identified([.. facts.Select(fact => new[] { fact })]);

    private static Google.Protobuf.Collections.RepeatedField<ComparableExam> Panels(Examined record) =>
        record.Find(Lipids, question => question with { Members = [.. lipids.Select(code => Code(code))] }).Exams;

    private static string ValueOf(ComparableExam exam) => exam.Results[0].Values[0].Quantity.Low.Value;
}
