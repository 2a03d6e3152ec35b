using System.Globalization;

namespace Dmp.Fhir.Statements;

/// <summary>Numbers that keep every digit, or are none: a rounded result is another result.</summary>
internal static class FhirDecimals
{
    /// <summary>What the type holds exactly: 28 digits, wherever the point is.</summary>
    private const int DigitsMax = 28;

    public static bool TryRead(string written, out decimal value)
    {
        value = 0;
        if (written.Length == 0 || char.IsWhiteSpace(written[0]) || char.IsWhiteSpace(written[^1]) || !IsExact(written))
        {
            return false;
        }

        return decimal.TryParse(
            written,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture,
            out value);
    }

    private static bool IsExact(string written)
    {
        var mark = written.AsSpan().IndexOfAny('e', 'E');
        var mantissa = mark < 0 ? written.AsSpan() : written.AsSpan(0, mark);
        var exponent = 0;
        if (mark >= 0 && !int.TryParse(
            written.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
        {
            return false;
        }

        var (digits, behind, isBehind, significant) = (0, 0, false, 0);
        foreach (var letter in mantissa)
        {
            if (letter == '.')
            {
                isBehind = true;
            }
            else if (char.IsAsciiDigit(letter))
            {
                significant += significant > 0 || letter != '0' ? 1 : 0;
                digits++;
                behind += isBehind ? 1 : 0;
            }
        }

        return digits > 0 && significant <= DigitsMax && Math.Abs((long)exponent) <= DigitsMax && behind - exponent <= DigitsMax;
    }
}
