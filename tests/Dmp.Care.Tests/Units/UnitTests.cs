using System.Globalization;
using CsCheck;
using Dmp.Care.Units;
using Xunit;

namespace Dmp.Care.Tests.Units;

/// <summary>Units as laboratories write them.</summary>
public sealed class UnitTests
{
    private static readonly string[][] kinds =
    [
        ["g/L", "mg/dL", "ug/mL", "kg/m3", "ng/mL", "mg/L", "pg/mL"],
        ["mmol/L", "umol/L", "nmol/mL", "mol/m3", "pmol/L"],
        ["[IU]/L", "m[IU]/mL", "[iU]/L", "k[IU]/m3", "UI/L", "mUI/L"],
        ["10*9/L", "G/L", "10*3/uL", "/nL", "/mm3", "{cells}/uL", "10*6/mL", "10^9/L"],
        ["U/L", "kat/m3", "ukat/L", "umol/min/L", "nkat/mL"],
        ["mm[Hg]", "kPa", "mmHg", "bar", "cm[H2O]"],
        ["Cel", "K", "[degF]", "°C"],
        ["%", "[ppth]", "mg/g", "g/dg", "mL/L", "L/L"],
        ["1", "10*3", "{count}", "{cells}/10*2{WBC}"],
        ["mmol/mol", "mol/mol", "umol/mmol", "(mmol/L)/(mol/L)"],
        ["mL/min/{1.73_m2}", "L/h/{1.73m2}", "mL/min/1.73m2", "ml/min/1.73m2"],
        ["mg/g{creat}", "ug/mg{creat}"],
        ["/min", "{beats}/min", "Hz"],
        ["mL/min", "L/h", "L/d"],
        ["d", "h", "min", "wk", "s", "a", "mo"],
        ["kg", "[lb_av]", "t", "ug"],
        ["mg/(24.h)", "g/d", "mg/24h"],
    ];

    private static readonly Gen<decimal> numbers = Gen.Int[1, 1_000_000_000].Select(number => number / 1000m);

    [Theory]
    [InlineData("1", "g/L", "mg/dL", "100")]
    [InlineData("7.4", "10*3/uL", "G/L", "7.4")]
    [InlineData("2.05", "m[IU]/L", "u[IU]/mL", "2.05")]
    [InlineData("37", "Cel", "[degF]", "98.6")]
    [InlineData("98.6", "[degF]", "Cel", "37")]
    [InlineData("-40", "[degF]", "Cel", "-40")]
    [InlineData("120", "mm[Hg]", "kPa", "15.99864")]
    [InlineData("1", "U/L", "nkat/L", "16.6666666667")]
    [InlineData("6", "wk", "d", "42")]
    [InlineData("92", "fL", "um3", "92")]
    [InlineData("1.5", "g/(24.h)", "mg/24h", "1500")]
    public void T3_a_unit_becomes_another_one_of_its_kind(string number, string from, string to, string expected)
    {
        var (one, other) = (Of(from), Of(to));
        var converted = one.Convert(decimal.Parse(number, CultureInfo.InvariantCulture), other);
        Assert.Equal(decimal.Parse(expected, CultureInfo.InvariantCulture), decimal.Round(converted!.Value, 10));
    }

    [Theory]
    [InlineData("g/L", "mmol/L")]
    [InlineData("[IU]/L", "U/L")]
    [InlineData("[IU]/L", "[arb'U]/L")]
    [InlineData("[IU]/L", "g/L")]
    [InlineData("meq/L", "mmol/L")]
    [InlineData("mosm/kg", "mmol/kg")]
    [InlineData("10*9/L", "mmol/L")]
    [InlineData("[pH]", "1")]
    [InlineData("Cel", "%")]
    [InlineData("Bq", "Hz")]
    [InlineData("mmol/mol", "%")]
    [InlineData("mmol/mol", "1")]
    [InlineData("mmol/mol", "mg/g")]
    [InlineData("mmol/mol", "[ppth]")]
    [InlineData("umol/mmol", "10*-3")]
    [InlineData("meq/eq", "%")]
    [InlineData("mmol/mol", "meq/eq")]
    [InlineData("[IU]/[IU]", "1")]
    [InlineData("U/U", "%")]
    [InlineData("mmol/mol/L", "/L")]
    [InlineData("{Log_copies}/mL", "{copies}/mL")]
    [InlineData("{Log_copies}/mL", "{Log_copies}/L")]
    [InlineData("{Log_copies}/mL", "{Log_IU}/mL")]
    [InlineData("{Log_copies}/mL", "/mL")]
    [InlineData("%", "1")]
    [InlineData("%", "{INR}")]
    [InlineData("1", "{INR}")]
    [InlineData("%", "{ratio}")]
    [InlineData("{INR}", "{ratio}")]
    [InlineData("%", "10*-2")]
    [InlineData("mg/g", "1")]
    [InlineData("mL/min", "mL/min/{1.73_m2}")]
    [InlineData("mL/min", "mL/min/1.73m2")]
    [InlineData("ug{FEU}/mL", "ug{DDU}/mL")]
    [InlineData("mg/g{creat}", "mg/g")]
    [InlineData("{score}", "1")]
    public void T4_units_of_different_kinds_stay_apart(string from, string to)
    {
        var (one, other) = (Of(from), Of(to));
        Assert.Null(one.Convert(1, other));
        Assert.Null(other.Convert(1, one));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("mg/")]
    [InlineData("(mg")]
    [InlineData("mg)")]
    [InlineData("m{g")]
    [InlineData("1.73")]
    [InlineData("mL/min/1.73.m2")]
    [InlineData("furlong")]
    [InlineData("g99")]
    [InlineData("Cel/L")]
    [InlineData("((((((((((g))))))))))")]
    [InlineData("g30.g30.g30.g30.[lb_av]30.[lb_av]30")]
    [InlineData("1/999999/999999/999999/999999/999999")]
    [InlineData("g/(1/999999/999999/999999/999999/999999)")]
    [InlineData("g/999999/999999/999999/999999/999999")]
    [InlineData("[lb_av]-30")]
    public void T3_what_is_no_unit_is_none(string written) => Assert.False(Unit.TryRead(written, out _));

    [Fact]
    public void There_and_back_is_the_same() => Gen.Select(Pairs(), numbers).Sample((pair, number) =>
    {
        var there = pair.One.Convert(number, pair.Other);
        if (there is { } converted)
        {
            Near(number, pair.Other.Convert(converted, pair.One));
        }
    });

    [Fact]
    public void The_way_over_a_third_one_is_the_same() => Gen.Select(Triples(), numbers).Sample((units, number) =>
    {
        if (units.One.Convert(number, units.Other) is { } direct
            && units.One.Convert(number, units.Third) is { } between
            && units.Third.Convert(between, units.Other) is { } over)
        {
            Near(direct, over);
        }
    });

    [Fact]
    public void T5_moles_become_grams_by_the_substance_and_back() => Gen.Select(Gen.Int[0, 24], numbers).Sample((place, number) =>
    {
        var (moles, grams) = (Of("mmol/L"), Of("mg/dL"));
        var mass = MolarMasses.All.Values[place].Grams;
        var there = moles.Convert(number, grams, mass);
        Near(number * mass / 10, there);
        Near(number, grams.Convert(there!.Value, moles, mass));
        Assert.Null(moles.Convert(number, grams));
    });

    /// <summary>IUPAC, abridged standard atomic weights.</summary>
    [Fact]
    public void T5_the_mass_of_a_mole_is_that_of_its_formula()
    {
        Dictionary<string, decimal> atoms = new()
        {
            ["H"] = 1.008m,
            ["C"] = 12.011m,
            ["N"] = 14.007m,
            ["O"] = 15.999m,
            ["Ca"] = 40.078m,
        };
        Assert.All(MolarMasses.All.Values, mass =>
        {
            var sum = System.Text.RegularExpressions.Regex.Matches(mass.Formula, "([A-Z][a-z]?)([0-9]*)").Sum(atom =>
                atoms[atom.Groups[1].Value]
                * (atom.Groups[2].Length == 0 ? 1 : int.Parse(atom.Groups[2].Value, CultureInfo.InvariantCulture)));
            Assert.Equal((mass.Substance, sum), (mass.Substance, mass.Grams));
        });
    }

    [Fact]
    public void Whatever_is_written_is_read_or_not_and_nothing_else() =>
        Gen.String[Gen.Char["gLmol/.(){}[]109*^-'%IU <"], 0, 40].Sample(written =>
        {
            if (Unit.TryRead(written, out var unit))
            {
                Near(3, unit.Convert(3, unit));
            }
        });

    [Fact]
    public void What_is_too_large_or_too_small_is_not_computed()
    {
        var (large, small) = (Of("kg/L"), Of("fg/L"));
        Assert.Null(large.Convert(1e17m, small));
        Assert.Null(small.Convert(0.001m, large));
        Assert.Equal(0, small.Convert(0, large));
        Assert.Null(large.Convert(decimal.MaxValue, large));
    }

    [Fact]
    public void What_is_too_small_is_no_nought()
    {
        var (small, large) = (Of("g/999999/99999"), Of("[lb_av]8"));
        Assert.Null(Of("g").Convert(1e-28m, Of("kg")));
        Assert.Null(Of("g8").Convert(1e-9m, large));
        Assert.NotNull(small.Convert(1, Of("g")));
    }

    [Theory]
    [InlineData("48", "mmol/mol", "mol/mol", "0.048")]
    [InlineData("0.45", "L/L", "%", "45")]
    [InlineData("5", "mg/g", "%", "0.5")]
    [InlineData("90", "mL/min/1.73m2", "mL/min/{1.73_m2}", "90")]
    [InlineData("4.2", "{log_copies}/mL", "{Log10 copies}/ml", "4.2")]
    public void T4_what_is_of_one_kind_comes_together(string number, string from, string to, string expected) =>
        T3_a_unit_becomes_another_one_of_its_kind(number, from, to, expected);

    [Fact]
    public void T4_a_share_of_moles_becomes_grams_of_a_mole_and_back_by_the_mass_alone()
    {
        var (share, grams) = (Of("mmol/mol"), Of("g/mol"));
        Assert.Null(share.Convert(2, grams));
        Assert.Equal(0.36m, share.Convert(2, grams, 180));
        Assert.Equal(2, grams.Convert(0.36m, share, 180));
    }

    private static void Near(decimal expected, decimal? actual)
    {
        Assert.NotNull(actual);
        Assert.True(Math.Abs(expected - actual.Value) <= Math.Abs(expected) * 1e-12m + 1e-12m, $"{expected} is not {actual}");
    }

    private static Gen<(Unit One, Unit Other)> Pairs() => Triples().Select(units => (units.One, units.Other));

    private static Gen<(Unit One, Unit Other, Unit Third)> Triples() =>
        Gen.Select(Gen.Int[0, kinds.Length - 1], Gen.Int[0, 99], Gen.Int[0, 99], Gen.Int[0, 99]).Select((kind, one, other, third) =>
        {
            var units = kinds[kind];
            return (Of(units[one % units.Length]), Of(units[other % units.Length]), Of(units[third % units.Length]));
        });

    private static Unit Of(string written) => Unit.TryRead(written, out var unit) ? unit : throw new ArgumentException(written);
}
