using System.Globalization;
using System.Text;
using Dmp.Annotations.V1;

namespace Dmp.Server.Errors;

/// <summary>
/// What a text of each kind may hold (<c>dmp.annotations.v1.TextKind</c>), character by character: nothing is kept of it. What is answered
/// says what is expected, never what came.
/// </summary>
internal struct TextRules(TextKind kind, int charactersMax)
{
    /// <summary>The most characters of a text whose field names no limit.</summary>
    public const int CharactersDefault = 64;

    private const string Blanks = "Must not begin or end with a blank.";

    private readonly TextKind kind = kind == TextKind.Unspecified ? TextKind.Identifier : kind;
    private readonly int charactersMax = charactersMax == 0 ? CharactersDefault : charactersMax;
    private int characters;
    private Rune last;
    private bool hasBlankEnd;
    private bool hasJoiner;
    private bool isVisible;

    /// <summary>What is wrong with a text; null when nothing is. Absent texts are good: whether one is required is another rule.</summary>
    public static string? FaultOf(string text, TextKind kind, int charactersMax)
    {
        var rules = new TextRules(kind, charactersMax);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rules.Add(rune) is { } fault)
            {
                return fault;
            }
        }

        return rules.End();
    }

    /// <summary>The same for a text as it is sent; <paramref name="isText"/> is false when the bytes are no UTF-8.</summary>
    public static string? FaultOf(ReadOnlySpan<byte> text, TextKind kind, int charactersMax, out bool isText)
    {
        isText = true;
        string? fault = null;
        var rules = new TextRules(kind, charactersMax);
        while (text.Length > 0)
        {
            if (Rune.DecodeFromUtf8(text, out var rune, out var length) != System.Buffers.OperationStatus.Done)
            {
                isText = false;
                return null;
            }

            fault ??= rules.Add(rune);
            text = text[length..];
        }

        return fault ?? rules.End();
    }

    /// <summary>The next character.</summary>
    private string? Add(Rune rune)
    {
        if (++characters > charactersMax)
        {
            return $"Must have at most {charactersMax} characters.";
        }

        var isBlank = TextCharacters.IsBlank(rune);
        if (Forbidden(rune, isBlank) is { } fault)
        {
            return fault;
        }

        hasBlankEnd |= isBlank && characters == 1;
        hasJoiner = rune.Value is 0x200C or 0x200D;
        isVisible |= !isBlank && !TextCharacters.IsJoiner(rune);
        last = rune;
        return null;
    }

    private readonly string? End()
    {
        if (characters == 0)
        {
            return null;
        }

        if (!isVisible)
        {
            return "Must not be blank.";
        }

        if (hasJoiner)
        {
            return "Must not contain invisible characters.";
        }

        return kind is TextKind.Line or TextKind.Lines || !(hasBlankEnd || TextCharacters.IsBlank(last)) ? null : Blanks;
    }

    private readonly string? Forbidden(Rune rune, bool isBlank)
    {
        if (kind == TextKind.Lines && (rune.Value is '\n' or '\r' or '\t' or 0x00AD || TextCharacters.IsLineBreak(rune)))
        {
            return null;
        }

        if (rune.Value is '\n' or '\r' || TextCharacters.IsLineBreak(rune))
        {
            return "Must be one line.";
        }

        if (hasJoiner && isBlank)
        {
            return "Must not contain invisible characters.";
        }

        if (kind is TextKind.Line or TextKind.Lines && characters > 1 && TextCharacters.IsJoiner(rune) && TextCharacters.TakesJoiner(last))
        {
            return null;
        }

        return TextCharacters.Of(rune) switch
        {
            TextCharacters.Fault.Control => "Must not contain control characters.",
            TextCharacters.Fault.Noncharacter => "Must not contain noncharacters of Unicode.",
            TextCharacters.Fault.Direction => "Must not contain characters that change the direction of writing.",
            TextCharacters.Fault.Invisible => "Must not contain invisible characters.",
            _ => OfKind(rune, isBlank),
        };
    }

    private readonly string? OfKind(Rune rune, bool isBlank) => kind switch
    {
        TextKind.Name when !IsOfName(rune) => "Must be a name: letters, digits, spaces, apostrophes, hyphens and . , ( ) / & + : _ only.",
        TextKind.UniqueId when isBlank => "Must not contain white space.",
        TextKind.Identifier or TextKind.UniqueId when Rune.GetUnicodeCategory(rune) == UnicodeCategory.PrivateUse =>
            "Must not contain characters for private use.",
        _ => null,
    };

    // Apostrophes and hyphens as people and typewriters write them; ° and · for "n°" and Catalan.
    private static bool IsOfName(Rune rune) =>
        Rune.IsLetter(rune) || TextCharacters.IsMark(rune) || Rune.IsDigit(rune)
        || rune.Value is ' ' or '\'' or '`' or 0xB4 or 0x2018 or 0x2019 or '-' or 0x2010 or 0x2011 or 0x2013
            or '.' or ',' or '(' or ')' or '/' or '&' or '+' or ':' or '_' or 0xB0 or 0xB7;
}
