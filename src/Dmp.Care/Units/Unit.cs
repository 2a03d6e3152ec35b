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

    /// <summary>The number one.</summary>
    public static Unit One { get; } = new(ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal), 1, 0, 0);

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
        return Kind.SequenceEqual(other.Kind);
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
            : Times("g", 1).Times("mol", -1).IsLike(to) ? Scaled(number, to, mass)
            : null;
    }

    /// <inheritdoc/>
    public bool Equals(Unit? other) => other is not null && IsLike(other) && Same(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Kind.Aggregate(0, (hash, power) => hash ^ HashCode.Combine(power.Key, power.Value));

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
        var sum = Kind.GetValueOrDefault(name) + power;
        return this with { Kind = sum == 0 ? Kind.Remove(name) : Kind.SetItem(name, sum) };
    }

    private bool Same(Unit other) => Offset == other.Offset && Exponent == other.Exponent && Mantissa == other.Mantissa;

    private decimal? Scaled(decimal number, Unit to, decimal factor)
    {
        try
        {
            var result = (number + Offset) * (Mantissa / to.Mantissa * factor);
            for (var power = Exponent - to.Exponent; power != 0; power -= Math.Sign(power))
            {
                result = power > 0 ? result * 10 : result / 10;
                if (result != 0 && Math.Abs(result) < NumberMin)
                {
                    return null;
                }
            }

            return Bounded(result - to.Offset);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static decimal? Bounded(decimal number) =>
        number == 0 || Math.Abs(number) is >= NumberMin and <= NumberMax ? number : null;
}
