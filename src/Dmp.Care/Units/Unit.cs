using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Dmp.Care.Units;

/// <summary>
/// A unit of measure: what kind it is of, and how much of the base units one of it is. Units of UCUM that laboratories write, some habits
/// of theirs besides (rule T3), and no others.
/// </summary>
/// <param name="Kind">The powers of base units, by their names; a unit of no other one (<c>[IU]</c>) is a base unit of its own.</param>
/// <param name="Mantissa">One of it in base units is this ...</param>
/// <param name="Exponent">... times this power of ten.</param>
/// <param name="Offset">What is added to a number before it is multiplied: of temperatures.</param>
public sealed record Unit(ImmutableSortedDictionary<string, int> Kind, decimal Mantissa, int Exponent, decimal Offset)
{
    /// <summary>A larger number, or a smaller one that is not zero, is not computed with.</summary>
    private const decimal NumberMax = 1e18m;
    private const decimal NumberMin = 1e-15m;

    private const char Pair = '/';

    /// <summary>Of a smaller one too few digits are left to compute with.</summary>
    private const decimal MantissaMin = 1e-12m;

    /// <summary>
    /// What cancels without a trace. Of all else that cancels, a pair stays: moles of moles are another quantity than grams of grams, and
    /// 48 mmol/mol of HbA1c are not 4.8 %.
    /// </summary>
    private static readonly FrozenSet<string> dimensions = new[] { "m", "g", "s", "K", "V" }.ToFrozenSet();

    /// <summary>The number one.</summary>
    public static Unit One { get; } = new(ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal), 1, 0, 0);

    /// <summary>A share of a whole: in percent, grams of grams, litres of litres.</summary>
    internal static Unit Fraction { get; } = Base("%");

    /// <summary>It counts powers of ten: a thousand times as much is three more, and no factor makes one of it another.</summary>
    private bool IsLogarithm => Kind.Keys.Any(name => name.StartsWith(UnitAnnotations.Logarithm, StringComparison.Ordinal));

    /// <summary>Reads a unit as documents write it; false when it is not known here.</summary>
    /// <param name="written">The unit.</param>
    /// <param name="unit">What it is.</param>
    public static bool TryRead(string written, [NotNullWhen(true)] out Unit? unit)
    {
        ArgumentNullException.ThrowIfNull(written);
        unit = UnitReader.Read(written);
        return unit is not null;
    }

    /// <summary>Whether both measure the same.</summary>
    /// <param name="other">Another unit.</param>
    public bool IsLike(Unit other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Kind.SequenceEqual(other.Kind) && (!IsLogarithm || Same(other));
    }

    /// <summary>A number of this unit in another one; null when they are of different kinds, or it is too large or too small.</summary>
    /// <param name="number">The number.</param>
    /// <param name="to">The other unit.</param>
    /// <param name="molarMass">Grams of a mole of the substance; null when it is not known: then moles stay moles.</param>
    public decimal? Convert(decimal number, Unit to, decimal? molarMass = null)
    {
        ArgumentNullException.ThrowIfNull(to);
        if (IsLike(to))
        {
            return this == to ? Bounded(number) : Scaled(number, to, 1);
        }

        return molarMass is not { } mass || mass <= 0 ? null
            : Times("g", -1).Times("mol", 1).IsLike(to) ? Scaled(number, to, 1 / mass)
            : to.Times("g", -1).Times("mol", 1).IsLike(this) ? Scaled(number, to, mass)
            : null;
    }

    /// <inheritdoc/>
    public bool Equals(Unit? other) => other is not null && IsLike(other) && Same(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Kind.Aggregate(0, (hash, power) => hash ^ HashCode.Combine(power.Key, power.Value));

    /// <summary>A unit that is made of no other one.</summary>
    internal static Unit Base(string name) => One with { Kind = One.Kind.Add(name, 1) };

    /// <summary>
    /// The unit that was written: grams of grams are a share, and not the number one, which may be a count. Null when digits of it were
    /// lost.
    /// </summary>
    internal Unit? Written(bool hasDimensions) => Mantissa < MantissaMin ? null
        : hasDimensions && Kind.IsEmpty ? this with { Kind = Fraction.Kind }
        : this;

    /// <summary>Both together.</summary>
    internal Unit Times(Unit other, int power)
    {
        var (mantissa, exponent) = (Mantissa, Exponent);
        for (var i = 0; i < Math.Abs(power); i++)
        {
            mantissa = power > 0 ? mantissa * other.Mantissa : mantissa / other.Mantissa;
            exponent += power > 0 ? other.Exponent : -other.Exponent;
        }

        return other.Kind.Aggregate(
            this with { Mantissa = mantissa, Exponent = exponent },
            (unit, one) => unit.Times(one.Key, one.Value * power));
    }

    private Unit Times(string name, int power)
    {
        // A pair is no quantity that another pair can cancel.
        var isPair = name[0] == Pair;
        var before = Kind.GetValueOrDefault(name);
        var sum = before + (isPair ? Math.Abs(power) : power);
        var unit = this with { Kind = sum == 0 ? Kind.Remove(name) : Kind.SetItem(name, sum) };
        var pairs = isPair || before * power >= 0 || dimensions.Contains(name) ? 0 : Math.Min(Math.Abs(before), Math.Abs(power));
        return pairs == 0 ? unit : unit.Times($"{Pair}{name}", pairs);
    }

    private bool Same(Unit other) => Offset == other.Offset && Exponent == other.Exponent && Mantissa == other.Mantissa;

    private decimal? Scaled(decimal number, Unit to, decimal factor)
    {
        try
        {
            var ratio = Mantissa / to.Mantissa * factor;
            var result = (number + Offset) * ratio;
            var isNought = number + Offset == 0;
            if (ratio < MantissaMin || (result == 0 && !isNought))
            {
                return null;
            }

            for (var power = Exponent - to.Exponent; power != 0; power -= Math.Sign(power))
            {
                result = power > 0 ? result * 10 : result / 10;
                if (!isNought && Math.Abs(result) < NumberMin)
                {
                    return null;
                }
            }

            return Bounded(result - to.Offset);
        }
        catch (ArithmeticException)
        {
            return null;
        }
    }

    private static decimal? Bounded(decimal number) =>
        number == 0 || Math.Abs(number) is >= NumberMin and <= NumberMax ? number : null;
}
