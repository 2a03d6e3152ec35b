using System.Text;

namespace Dmp.Interactions;

/// <summary>The form of a name in which names are compared. It is never shown: what is shown is the name as published.</summary>
public static class Names
{
    /// <summary>
    /// Lower case, without accents, with open ligatures, one kind of apostrophe, single spaces, and none behind an opening or before a
    /// closing parenthesis or a comma. Null and blank names are the empty string.
    /// </summary>
    public static string Key(string? name)
    {
        var key = new StringBuilder(name?.Length ?? 0);
        foreach (var letter in name ?? "")
        {
            foreach (var plain in Plain(char.ToLowerInvariant(letter)))
            {
                var isSpace = char.IsWhiteSpace(plain);
                if (isSpace && (key.Length == 0 || key[^1] is ' ' or '('))
                {
                    continue;
                }

                if (plain is ')' or ',' && key.Length > 0 && key[^1] == ' ')
                {
                    key.Length--;
                }

                key.Append(isSpace ? ' ' : plain);
            }
        }

        return key.ToString().TrimEnd();
    }

    private static string Plain(char letter) => letter switch
    {
        'à' or 'á' or 'â' or 'ã' or 'ä' or 'å' => "a",
        'ç' => "c",
        'è' or 'é' or 'ê' or 'ë' => "e",
        'ì' or 'í' or 'î' or 'ï' => "i",
        'ñ' => "n",
        'ò' or 'ó' or 'ô' or 'õ' or 'ö' => "o",
        'ù' or 'ú' or 'û' or 'ü' => "u",
        'ý' or 'ÿ' => "y",
        'œ' => "oe",
        'æ' => "ae",
        '‘' or '’' or '´' or '`' => "'",
        '‐' or '‑' or '–' => "-",

        // A combining accent behind its letter, a soft hyphen, a mark of the byte order.
        >= '\u0300' and <= '\u036f' or '\u00ad' or '\ufeff' => "",
        _ => letter.ToString(),
    };
}
