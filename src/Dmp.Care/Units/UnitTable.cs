using System.Collections.Frozen;

namespace Dmp.Care.Units;

/// <summary>
/// Units of UCUM that laboratories and bedside devices write. Amount of substance, equivalents and osmoles are base units here, as UCUM's
/// numbers of things would turn one into another; so is every arbitrary unit.
/// </summary>
internal static class UnitTable
{
    private static readonly FrozenDictionary<string, int> prefixes = new Dictionary<string, int>
    {
        ["T"] = 12,
        ["G"] = 9,
        ["M"] = 6,
        ["k"] = 3,
        ["h"] = 2,
        ["da"] = 1,
        ["d"] = -1,
        ["c"] = -2,
        ["m"] = -3,
        ["u"] = -6,
        ["n"] = -9,
        ["p"] = -12,
        ["f"] = -15,
        ["a"] = -18,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, (Unit Unit, bool IsMetric)> atoms = Atoms();

    /// <summary>Degrees Celsius and Fahrenheit.</summary>
    public static FrozenDictionary<string, Unit> Temperatures { get; } = new Dictionary<string, Unit>
    {
        ["Cel"] = Unit.Base("K") with { Offset = 273.15m },
        ["[degF]"] = Unit.Base("K") with { Mantissa = 5m / 9, Offset = 459.67m },
    }.ToFrozenDictionary();

    /// <summary>What laboratories write that is not UCUM, where it can mean one thing only.</summary>
    public static FrozenDictionary<string, string> Habits { get; } = new Dictionary<string, string>
    {
        ["G/L"] = "10*9/L",
        ["G/l"] = "10*9/L",
        ["Giga/L"] = "10*9/L",
        ["T/L"] = "10*12/L",
        ["T/l"] = "10*12/L",
        ["Tera/L"] = "10*12/L",
        ["10^9/L"] = "10*9/L",
        ["10e9/L"] = "10*9/L",
        ["10E9/L"] = "10*9/L",
        ["x10^9/L"] = "10*9/L",
        ["UI/L"] = "[IU]/L",
        ["UI/l"] = "[IU]/L",
        ["UI/mL"] = "[IU]/mL",
        ["UI/ml"] = "[IU]/mL",
        ["IU/L"] = "[IU]/L",
        ["IU/mL"] = "[IU]/mL",
        ["mUI/L"] = "m[IU]/L",
        ["mUI/l"] = "m[IU]/L",
        ["mIU/L"] = "m[IU]/L",
        ["uUI/mL"] = "u[IU]/mL",
        ["uIU/mL"] = "u[IU]/mL",
        ["mEq/L"] = "meq/L",
        ["mEq/l"] = "meq/L",
        ["mmHg"] = "mm[Hg]",
        ["°C"] = "Cel",
        ["pH"] = "[pH]",
        ["mL/min/1.73m2"] = "mL/min/{1.73_m2}",
        ["mL/min/1,73m2"] = "mL/min/{1.73_m2}",
        ["ml/min/1.73m2"] = "mL/min/{1.73_m2}",
        ["mL/min/1.73 m2"] = "mL/min/{1.73_m2}",
        ["mL/min/{1.73_m2}"] = "mL/min/{1.73_m2}",
        ["g/24h"] = "g/(24.h)",
        ["mg/24h"] = "mg/(24.h)",
        ["mmol/24h"] = "mmol/(24.h)",
    }.ToFrozenDictionary();

    /// <summary>An atom, alone or with a prefix; null when it is not known.</summary>
    public static Unit? Find(string symbol)
    {
        if (atoms.TryGetValue(symbol, out var atom))
        {
            return atom.Unit;
        }

        foreach (var length in new[] { 2, 1 })
        {
            if (symbol.Length > length
                && prefixes.TryGetValue(symbol[..length], out var power)
                && atoms.TryGetValue(symbol[length..], out atom)
                && atom.IsMetric)
            {
                return atom.Unit with { Exponent = atom.Unit.Exponent + power };
            }
        }

        return null;
    }

    private static FrozenDictionary<string, (Unit Unit, bool IsMetric)> Atoms()
    {
        var (m, g, s, mol) = (Unit.Base("m"), Unit.Base("g"), Unit.Base("s"), Unit.Base("mol"));
        Unit litre = Of(1, -3, (m, 3));
        Unit pascal = Of(1, 3, (g, 1), (m, -1), (s, -2));
        Unit joule = Of(1, 3, (g, 1), (m, 2), (s, -2));
        Dictionary<string, (Unit Unit, bool IsMetric)> found = new(StringComparer.Ordinal)
        {
            ["m"] = (m, true),
            ["g"] = (g, true),
            ["s"] = (s, true),
            ["K"] = (Unit.Base("K"), true),
            ["mol"] = (mol, true),
            ["eq"] = (Unit.Base("eq"), true),
            ["osm"] = (Unit.Base("osm"), true),
            ["Bq"] = (Unit.Base("Bq"), true),
            ["V"] = (Unit.Base("V"), true),
            ["L"] = (litre, true),
            ["l"] = (litre, true),
            ["t"] = (Of(1, 6, (g, 1)), true),
            ["10*"] = (Of(1, 1), false),
            ["10^"] = (Of(1, 1), false),
            ["%"] = (Of(1, -2, (Unit.Fraction, 1)), false),
            ["[ppth]"] = (Of(1, -3, (Unit.Fraction, 1)), false),
            ["[ppm]"] = (Of(1, -6, (Unit.Fraction, 1)), false),
            ["[ppb]"] = (Of(1, -9, (Unit.Fraction, 1)), false),
            ["min"] = (Of(60, 0, (s, 1)), false),
            ["h"] = (Of(3600, 0, (s, 1)), false),
            ["d"] = (Of(86_400, 0, (s, 1)), false),
            ["wk"] = (Of(604_800, 0, (s, 1)), false),
            ["mo"] = (Of(2_629_800, 0, (s, 1)), false),
            ["a"] = (Of(31_557_600, 0, (s, 1)), false),
            ["Hz"] = (Of(1, 0, (s, -1)), true),
            ["U"] = (Of(1m / 60, -6, (mol, 1), (s, -1)), true),
            ["kat"] = (Of(1, 0, (mol, 1), (s, -1)), true),
            ["N"] = (Of(1, 3, (g, 1), (m, 1), (s, -2)), true),
            ["Pa"] = (pascal, true),
            ["bar"] = (pascal with { Exponent = 8 }, true),
            ["m[Hg]"] = (Of(133.322m, 3, (pascal, 1)), true),
            ["m[H2O]"] = (Of(9.80665m, 3, (pascal, 1)), true),
            ["J"] = (joule, true),
            ["cal"] = (Of(4.184m, 0, (joule, 1)), true),
            ["W"] = (Of(1, 0, (joule, 1), (s, -1)), true),
            ["Gy"] = (Of(1, 0, (m, 2), (s, -2)), true),
            ["[in_i]"] = (Of(2.54m, -2, (m, 1)), false),
            ["[ft_i]"] = (Of(0.3048m, 0, (m, 1)), false),
            ["[lb_av]"] = (Of(453.59237m, 0, (g, 1)), false),
            ["[oz_av]"] = (Of(28.349523125m, 0, (g, 1)), false),
            ["[diop]"] = (Of(1, 0, (m, -1)), false),
            ["[IU]"] = (Unit.Base("[IU]"), true),
            ["[iU]"] = (Unit.Base("[IU]"), true),
        };
        foreach (var arbitrary in (string[])
        [
            "[pH]", "[arb'U]", "[USP'U]", "[GPL'U]", "[MPL'U]", "[APL'U]", "[CFU]", "[PFU]", "[HPF]", "[LPF]", "[Ehrlich'U]", "[beth'U]",
            "[todd'U]", "[ELU]", "[EU]", "[BAU]", "[CCID_50]", "[TCID_50]", "deg",
        ])
        {
            found[arbitrary] = (Unit.Base(arbitrary), false);
        }

        return found.ToFrozenDictionary();
    }

    private static Unit Of(decimal mantissa, int exponent, params (Unit Unit, int Power)[] parts)
    {
        var unit = parts.Aggregate(Unit.One, (whole, part) => whole.Times(part.Unit, part.Power));
        return unit with { Mantissa = unit.Mantissa * mantissa, Exponent = unit.Exponent + exponent };
    }
}
