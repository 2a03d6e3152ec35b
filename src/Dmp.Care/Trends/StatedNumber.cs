using System.Globalization;
using Dmp.Care.Units;
using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Trends;

/// <summary>A number as a document states it.</summary>
/// <param name="Value">The number.</param>
/// <param name="Bound">How it stands to the true one.</param>
/// <param name="Stated">The quantity that it is from.</param>
internal sealed record StatedNumber(decimal Value, ValueBound Bound, Quantity Stated)
{
    private const int DigitsMax = 10;

    /// <summary>The number of an observation; null when it states none, or several.</summary>
    public static StatedNumber? Of(Observation observation) =>
        observation.Values is [{ ValueCase: ObservedValue.ValueOneofCase.Quantity, Per: null } only] && Of(only.Quantity) is { } number
            ? number with { Bound = number.Bound == ValueBound.Unspecified ? OffScale(observation) : number.Bound }
            : null;

    /// <summary>One end, or one number; null when it is none.</summary>
    public static decimal? Of(Quantity? quantity) =>
        quantity is not null && decimal.TryParse(quantity.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>A number as it is told: without an exponent, at most ten digits that say something.</summary>
    public static string Format(decimal number)
    {
        if (number == 0)
        {
            return "0";
        }

        // Digits in front of the point stay, however many there are.
        var size = (int)Math.Floor(Math.Log10((double)Math.Abs(number))) + 1;
        var rounded = decimal.Round(number, Math.Clamp(DigitsMax - size, 0, 28));
        return rounded.ToString("0.############################", CultureInfo.InvariantCulture);
    }

    /// <summary>In another unit, and how; null with the reason when it cannot be.</summary>
    public (decimal Value, UnitConversion Conversion)? In(string unit, decimal? molarMass, out UnplottedReason reason)
    {
        reason = UnplottedReason.Unspecified;
        if (Stated.Unit == unit)
        {
            return Bounded(Value, UnitConversion.Unspecified, ref reason);
        }

        foreach (var other in Stated.Translations)
        {
            if (other.Unit == unit && Of(other) is { } translated)
            {
                return Bounded(translated, UnitConversion.Stated, ref reason);
            }
        }

        if (!Unit.TryRead(Stated.Unit, out var from) || !Unit.TryRead(unit, out var to))
        {
            reason = UnplottedReason.UnitUnknown;
            return null;
        }

        if (from.Convert(Value, to, molarMass) is { } converted)
        {
            return (converted, from.IsLike(to) ? UnitConversion.Unit : UnitConversion.MolarMass);
        }

        reason = from.IsLike(to) || from.Convert(1, to, molarMass) is not null ? UnplottedReason.OutOfRange : UnplottedReason.UnitDiffers;
        return null;
    }

    /// <summary>HL7: off the scale of the instrument, whose end is the number.</summary>
    private static ValueBound OffScale(Observation observation)
    {
        var codes = observation.Interpretations.Select(one => one.Code).ToList();
        return (codes.Contains("<"), codes.Contains(">")) switch
        {
            (true, false) => ValueBound.Below,
            (false, true) => ValueBound.Above,
            _ => ValueBound.Unspecified,
        };
    }

    private static StatedNumber? Of(QuantityRange range) => (Of(range.Low), Of(range.High)) switch
    {
        ({ } value, _) when range.Single => new StatedNumber(value, ValueBound.Unspecified, range.Low),
        ({ } value, null) when range.High is null => new StatedNumber(value, ValueBound.Above, range.Low),
        (null, { } value) when range.Low is null => new StatedNumber(value, ValueBound.Below, range.High),
        _ => null,
    };

    private static (decimal, UnitConversion)? Bounded(decimal value, UnitConversion conversion, ref UnplottedReason reason)
    {
        if (value == 0 || Math.Abs(value) is >= 1e-15m and <= 1e18m)
        {
            return (value, conversion);
        }

        reason = UnplottedReason.OutOfRange;
        return null;
    }
}
