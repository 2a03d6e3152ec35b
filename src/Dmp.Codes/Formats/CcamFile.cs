using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>
/// The acts of CCAM: <c>R_ACTE.dbf</c> of the complete tables that the health insurance offers (ameli.fr). It has a row for each change of
/// an act. The last one that holds on the day of the reading counts, and those behind it from their own day on.
/// </summary>
internal static class CcamFile
{
    // A column of this form has 254 characters at the most; a name goes on in the next one.
    private static readonly string[] nameColumns = ["NOM_LONG", .. "0123456789ABCDE".Select(digit => $"NOM_LONG{digit}")];

    /// <exception cref="InvalidDataException">The file is no table of acts.</exception>
    public static CodeList Read(PublishedFile file, DateOnly today, List<ReadingNotice> notices)
    {
        DbfTable table = new(file);
        table.Require("COD_ACTE", "DT_MODIF", "NOM_LONG", "DT_CREATIO", "DT_FIN");
        CodeListBuilder builder = new(CodeKinds.Ccam.Oid, file.Name, notices);
        Dictionary<string, SortedDictionary<DateOnly, DbfRow>> acts = new(StringComparer.Ordinal);
        List<string> order = [];
        foreach (var row in table.Rows())
        {
            var code = row["COD_ACTE"];
            if (!PublishedDate.TryRead(row["DT_MODIF"], out var day) || day is not { } changed)
            {
                builder.Fault(row.Number, $"{code} has no date of change: which of its rows counts is not known");
                continue;
            }

            if (!acts.TryGetValue(code, out var changes))
            {
                acts[code] = changes = [];
                order.Add(code);
            }

            if (changes.TryGetValue(changed, out var known))
            {
                builder.Odd(row.Number, $"{code} was changed on the day of row {known.Number} too; the later row counts");
            }

            changes[changed] = row;
        }

        foreach (var code in order)
        {
            AddAct(code, acts[code], today, builder);
        }

        return builder.Build(CodeKinds.Ccam.OtherOids, CodeKinds.Ccam.Title, "");
    }

    private static void AddAct(string code, SortedDictionary<DateOnly, DbfRow> changes, DateOnly today, CodeListBuilder builder)
    {
        List<KeyValuePair<DateOnly, DbfRow>> rows = [.. changes];
        var current = Math.Max(rows.FindLastIndex(row => row.Key <= today), 0);
        for (var i = current; i < rows.Count; i++)
        {
            var row = rows[i].Value;
            Concept concept = new()
            {
                SystemOid = CodeKinds.Ccam.Oid,
                Code = code,
                Display = string.Concat(nameColumns.Select(row.Padded)).Trim(' ', '\0'),
                Line = row.Number,
            };
            builder.Add(
                concept,
                i == current ? row["DT_CREATIO"] : row["DT_MODIF"],
                i + 1 < rows.Count ? rows[i + 1].Value["DT_MODIF"] : row["DT_FIN"]);
        }
    }
}
