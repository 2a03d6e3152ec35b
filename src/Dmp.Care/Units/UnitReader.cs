using System.Globalization;
using System.Text.RegularExpressions;

namespace Dmp.Care.Units;

/// <summary>Reads the grammar of UCUM (case sensitive): prefixes, products, quotients, powers, parentheses, annotations.</summary>
internal sealed partial class UnitReader
{
    private const int CharsMax = 100;
    private const int DepthMax = 8;
    private const int PowerMax = 30;

    private readonly string text;
    private int at;
    private int depth;
    private bool hasDimensions;

    private UnitReader(string text) => this.text = text;

    /// <summary>Null when it is none, or one that is not known here.</summary>
    public static Unit? Read(string written)
    {
        var plain = written.Trim().Replace('µ', 'u').Replace('μ', 'u');
        var text = UnitTable.Habits.GetValueOrDefault(plain, plain);
        if (text.Length is 0 or > CharsMax)
        {
            return null;
        }

        // What has an offset stands by itself.
        if (UnitTable.Temperatures.TryGetValue(text, out var temperature))
        {
            return temperature;
        }

        try
        {
            UnitReader reader = new(text);
            return reader.Term() is { } unit && reader.at == text.Length ? unit.Written(reader.hasDimensions) : null;
        }
        catch (ArithmeticException)
        {
            return null;
        }
    }

    private Unit? Term()
    {
        if (++depth > DepthMax)
        {
            return null;
        }

        var unit = Unit.One;
        var power = 1;
        if (Next('/'))
        {
            power = -1;
        }

        while (true)
        {
            if (Component() is not { } component)
            {
                return null;
            }

            unit = unit.Times(component, power);
            if (Next('.'))
            {
                power = 1;
            }
            else if (Next('/'))
            {
                power = -1;
            }
            else
            {
                depth--;
                return unit;
            }
        }
    }

    private Unit? Component()
    {
        if (Next('('))
        {
            return Term() is { } inner && Next(')') ? inner : null;
        }

        var unit = text.AsSpan(at).StartsWith("{", StringComparison.Ordinal) ? Unit.One : Symbol();
        if (unit is not null && Next('{'))
        {
            var end = text.IndexOf('}', at);
            if (end < 0)
            {
                return null;
            }

            unit = unit.Times(UnitAnnotations.Read(text[at..end]), 1);
            at = end + 1;
        }

        return unit;
    }

    private Unit? Symbol()
    {
        if (Factor().Match(text, at) is { Success: true } factor)
        {
            at += factor.Length;
            return Unit.One with { Mantissa = int.Parse(factor.ValueSpan, CultureInfo.InvariantCulture) };
        }

        if (Atom().Match(text, at) is not { Success: true, Length: > 0 } match || UnitTable.Find(match.Groups[1].Value) is not { } unit)
        {
            return null;
        }

        at += match.Length;
        hasDimensions |= !unit.Kind.IsEmpty;
        var power = match.Groups[2].Length == 0 ? 1 : int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
        return Math.Abs(power) > PowerMax ? null : Unit.One.Times(unit, power);
    }

    private bool Next(char sign)
    {
        if (at < text.Length && text[at] == sign)
        {
            at++;
            return true;
        }

        return false;
    }

    // "10*" and "10^" are atoms, whatever follows; a number before anything else is a factor. UCUM has no fractions: "1.73" is refused, and
    // not read as 1 times 73.
    [GeneratedRegex(@"\G[1-9][0-9]{0,5}(?![0-9*^]|\.[0-9])")]
    private static partial Regex Factor();

    [GeneratedRegex(@"\G((?:10[*^]|\[[^\[\]]*\]|[A-Za-z%'])+?)([+-]?[0-9]{1,2})?(?=[./(){)]|$)")]
    private static partial Regex Atom();
}
