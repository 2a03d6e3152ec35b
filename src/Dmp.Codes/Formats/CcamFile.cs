using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>
/// The acts of CCAM: <c>R_ACTE.dbf</c> of the complete tables that the health insurance offers (ameli.fr). It has a row for each change of
/// an act; the last one counts.
/// </summary>
internal static class CcamFile
{
    // A column of this form has 254 characters at the most; a name goes on in the next one.
    private static readonly string[] nameColumns = ["NOM_LONG", .. "0123456789ABCDE".Select(digit => $"NOM_LONG{digit}")];

    /// <exception cref="InvalidDataException">The file is no table of acts.</exception>
    public static CodeList Read(PublishedFile file, List<ReadingNotice> notices)
    {
        DbfTable table = new(file);
        table.Require("COD_ACTE", "DT_MODIF", "NOM_LONG", "DT_CREATIO", "DT_FIN");
        CodeListBuilder builder = new(CodeKinds.Ccam.Oid, file.Name, notices);
        Dictionary<string, (DateOnly Changed, DbfRow Row)> last = new(StringComparer.Ordinal);
        List<string> order = [];
        foreach (var row in table.Rows())
        {
            var code = row["COD_ACTE"];
            if (!PublishedDate.TryRead(row["DT_MODIF"], out var day) || day is not { } changed)
            {
                builder.Fault(row.Number, $"{code} has no date of change: which of its rows counts is not known");
                continue;
            }

            if (!last.TryGetValue(code, out var known))
            {
                order.Add(code);
            }
            else if (changed == known.Changed)
            {
                builder.Odd(row.Number, $"{code} was changed on the day of row {known.Row.Number} too; the later row counts");
            }

            if (known.Row is null || changed >= known.Changed)
            {
                last[code] = (changed, row);
            }
        }

        foreach (var code in order)
        {
            var row = last[code].Row;
            Concept concept = new()
            {
                SystemOid = CodeKinds.Ccam.Oid,
                Code = code,
                Display = string.Concat(nameColumns.Select(row.Padded)).Trim(' ', '\0'),
                Line = row.Number,
            };
            builder.Add(concept, row["DT_CREATIO"], row["DT_FIN"]);
        }

        return builder.Build(CodeKinds.Ccam.OtherOids, CodeKinds.Ccam.Title, "");
    }
}
