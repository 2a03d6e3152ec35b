using Dmp.Care.Medications;
using Xunit;

namespace Dmp.Care.Tests.Medications;

/// <summary>Which group a medicine is in, and what a table of an operator must be.</summary>
public sealed class DangerousMedicinesTests
{
    private const string Row = "vka\tAntivitamine K\tVitamin K antagonist\tB01AA\twarfarine; coumadine\t\tours\t\n";

    [Theory]
    [InlineData("B01AA03", "", "", "vka")]
    [InlineData("L01BA01", "", "", "methotrexate")]
    [InlineData("L01XA01", "", "", "antineoplastic")]
    [InlineData("", "warfarine", "", "vka")]
    [InlineData("", "insuline glargine", "", "insulin")]
    [InlineData("", "", "COUMADINE 5mg", "vka")]
    [InlineData("", "", "Insuline lente du soir", "insulin")]
    [InlineData("", "", "Colchimaxine", null)]
    [InlineData("N02BE01", "paracetamol", "DOLIPRANE", null)]
    public void A_medicine_is_found_by_code_then_by_substance_then_by_words(string atc, string substance, string text, string? group) =>
        Assert.Equal(group, DangerousMedicines.Embedded.Find([atc], [substance], [text])?.Code);

    [Fact]
    public void The_code_comes_before_the_substance() =>
        Assert.Equal("doac", DangerousMedicines.Embedded.Find(["B01AF02"], ["warfarine"], [])?.Code);

    [Theory]
    [InlineData("", "there is no group")]
    [InlineData("vka\tAntivitamine K\n", "line 1: 2 columns where 8 are expected")]
    [InlineData(Row + Row, "line 2: the group vka is there twice")]
    [InlineData("V K\ta\tb\tB01AA\t\t\t\t\n", "line 1: the code of a group has 1 to 64 small letters, digits and underscores")]
    [InlineData("vka\ta\tb\t\t\t\t\t\n", "line 1: a group needs a beginning of an ATC code or a name")]
    [InlineData("vka\ta\t\tB01AA\t\t\t\t\n", "line 1: a group needs a French and an English name")]
    [InlineData("vka\ta\tb\tb01\t\t\t\t\n", "line 1: the beginning of an ATC code has 1 to 7 characters, the first a capital letter")]
    [InlineData("# ours\nvka\ta\tb\tB01\t\t-1\t\t\n", "line 2: days are a number of at most 3650")]
    public void A_faulty_table_says_where(string table, string fault) =>
        Assert.Equal(fault, Assert.Throws<InvalidDataException>(() => DangerousMedicines.Read(new StringReader(table))).Message);

    [Fact]
    public void A_table_of_an_operator_replaces_the_embedded_one()
    {
        var table = DangerousMedicines.Read(new StringReader("# ours\n" + Row));
        Assert.Equal("vka", table.Find([], ["warfarine"], [])?.Code);
        Assert.Null(table.Find(["A10AB01"], ["insuline"], []));
        Assert.Equal(30, Assert.Single(table.Groups).ShownDays);
    }
}
