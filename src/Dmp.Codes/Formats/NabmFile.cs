using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>The acts of laboratories: <c>NABM_FICHE_TOTnnn.dbf</c>, as the health insurance offers it (codage.ext.cnamts.fr).</summary>
internal static class NabmFile
{
    /// <exception cref="InvalidDataException">The file is no table of these acts.</exception>
    public static CodeList Read(PublishedFile file, List<ReadingNotice> notices)
    {
        DbfTable table = new(file);
        table.Require("CODE_NABM", "NOM_COURT", "NOM_LONG", "DATE_DEBUT", "DATE_FIN");
        CodeListBuilder builder = new(CodeKinds.Nabm.Oid, file.Name, notices);
        foreach (var row in table.Rows())
        {
            var name = row["NOM_LONG"];
            Concept concept = new()
            {
                SystemOid = CodeKinds.Nabm.Oid,

                // Four digits; a column of numbers has blanks for the zeros before them.
                Code = row["CODE_NABM"] is { Length: > 0 and < 4 } code && code.All(char.IsAsciiDigit)
                    ? code.PadLeft(4, '0')
                    : row["CODE_NABM"],
                Display = name.Length > 0 ? name : row["NOM_COURT"],
                Line = row.Number,
            };
            builder.Add(concept, row["DATE_DEBUT"], row["DATE_FIN"]);
        }

        return builder.Build(CodeKinds.Nabm.OtherOids, CodeKinds.Nabm.Title, "");
    }
}
