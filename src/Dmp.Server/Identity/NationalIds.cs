using System.Globalization;

namespace Dmp.Server.Identity;

/// <summary>The check digits of French national identifiers. Pure.</summary>
internal static class NationalIds
{
    private const int InsKeyModulus = 97;

    /// <summary>
    /// The key of an INS (NIR or NIA, 13 characters and 2 digits of key): 97 minus the number modulo 97, where the Corsican
    /// departments 2A and 2B count as 19 and 18 (<i>Référentiel INS</i>, format of the matricule).
    /// </summary>
    public static bool InsKeyIsValid(ReadOnlySpan<char> ins)
    {
        if (ins.Length != 15)
        {
            return false;
        }

        Span<char> number = stackalloc char[13];
        ins[..13].CopyTo(number);
        if (number[5] == '2' && number[6] is 'A' or 'B')
        {
            number[6] = number[6] == 'A' ? '9' : '8';
            number[5] = '1';
        }

        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            && int.TryParse(ins[13..], NumberStyles.None, CultureInfo.InvariantCulture, out var key)
            && key == InsKeyModulus - (int)(value % InsKeyModulus);
    }

    /// <summary>An RPPS number: 11 digits, the last of which is the Luhn key.</summary>
    public static bool RppsIsValid(ReadOnlySpan<char> rpps) => rpps.Length == 11 && LuhnHolds(rpps);

    /// <summary>
    /// A FINESS number: 9 characters, the last of which is the Luhn key. In Corsica the second is <c>A</c> or <c>B</c>; how it
    /// counts is not published, so those are checked for their shape only.
    /// </summary>
    public static bool FinessIsValid(ReadOnlySpan<char> finess) => finess is ['2', 'A' or 'B', .. { Length: 7 } rest]
        ? rest.IndexOfAnyExceptInRange('0', '9') < 0
        : finess.Length == 9 && LuhnHolds(finess);

    private static bool LuhnHolds(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            if (!char.IsAsciiDigit(digits[i]))
            {
                return false;
            }

            var digit = digits[i] - '0';
            if ((digits.Length - i) % 2 == 0)
            {
                digit = digit > 4 ? (2 * digit) - 9 : 2 * digit;
            }

            sum += digit;
        }

        return sum % 10 == 0;
    }
}
