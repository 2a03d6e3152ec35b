using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>
/// The table of LOINC (<c>Loinc.csv</c>, <c>LoincTableCore.csv</c>) with a French variant (<c>frFR…LinguisticVariant.csv</c>), as
/// Regenstrief offers them.
/// </summary>
internal static class LoincFiles
{
    /// <exception cref="InvalidDataException">The file has none of the columns of the table.</exception>
    public static CodeList Read(PublishedFile table, PublishedFile? french, List<ReadingNotice> notices)
    {
        var names = french is null ? [] : FrenchNames(french, notices);
        CodeListBuilder builder = new(CodeKinds.Loinc.Oid, table.Name, notices);
        foreach (var (line, row) in Rows(table, ["LOINC_NUM", "LONG_COMMON_NAME", "STATUS"], notices))
        {
            var (code, english, status) = (row[0], row[1], row[2]);
            var name = names.GetValueOrDefault(code);
            builder.Add(new Concept
            {
                SystemOid = CodeKinds.Loinc.Oid,
                Code = code,
                Display = name ?? english,
                EnglishDisplay = name is null ? "" : english,
                Status = status switch
                {
                    "ACTIVE" or "TRIAL" => ConceptStatus.Active,
                    "DISCOURAGED" => ConceptStatus.Discouraged,
                    "DEPRECATED" => ConceptStatus.Retired,
                    _ => Unknown(builder, line, code, status),
                },
                Line = line,
            });
        }

        return builder.Build(CodeKinds.Loinc.OtherOids, CodeKinds.Loinc.Title, "");
    }

    private static ConceptStatus Unknown(CodeListBuilder builder, int line, string code, string status)
    {
        builder.Odd(line, $"{code} has the status '{status}', which is none of LOINC; it is taken as active");
        return ConceptStatus.Active;
    }

    /// <summary>Names in French by their code: the one for display where there is one, as few have.</summary>
    private static Dictionary<string, string> FrenchNames(PublishedFile file, List<ReadingNotice> notices)
    {
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (var (line, row) in Rows(file, ["LOINC_NUM", "LinguisticVariantDisplayName", "LONG_COMMON_NAME"], notices))
        {
            var name = row[1].Length > 0 ? row[1] : row[2];
            if (name.Length > 0 && !names.TryAdd(row[0], name))
            {
                notices.Add(new ReadingNotice(file.Name, line, $"{row[0]} stands here twice; the first name is kept", IsFault: false));
            }
        }

        return names;
    }

    /// <summary>The rows with the columns that are asked for, trimmed. One that is broken is told and left out.</summary>
    /// <exception cref="InvalidDataException">A column is missing, or it is no text in UTF-8.</exception>
    private static List<(int Line, string[] Row)> Rows(PublishedFile file, string[] columns, List<ReadingNotice> notices)
    {
        var isBroken = false;
        CsvConfiguration configuration = new(CultureInfo.InvariantCulture)
        {
            MissingFieldFound = null,
            BadDataFound = _ => isBroken = true,
        };
        using StreamReader reader = new(file.Open(), new UTF8Encoding(false, throwOnInvalidBytes: true));
        using CsvReader csv = new(reader, configuration);
        try
        {
            if (!csv.Read() || !csv.ReadHeader())
            {
                throw new InvalidDataException($"{file.Name} is empty.");
            }

            var places = columns.Select(column => Array.IndexOf(csv.HeaderRecord!, column)).ToArray();
            if (Array.FindIndex(places, place => place < 0) is var missing and >= 0)
            {
                throw new InvalidDataException($"{file.Name} has no column {columns[missing]}.");
            }

            List<(int, string[])> rows = [];
            while (csv.Read())
            {
                var line = csv.Parser.RawRow;
                string[] row = [.. places.Select(place => csv.GetField(place)?.Trim() ?? "")];
                var (count, wanted) = (csv.Parser.Count, csv.HeaderRecord!.Length);
                if (isBroken || count != wanted || csv.Parser.RawRecord.Count(letter => letter == '"') % 2 != 0)
                {
                    notices.Add(new ReadingNotice(
                        file.Name, line, $"{row[0]}: {count} columns and not {wanted}, or a quote that does not end", IsFault: true));
                    isBroken = false;
                }
                else
                {
                    rows.Add((line, row));
                }
            }

            return rows;
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException($"{file.Name} is no text in UTF-8.");
        }
    }
}
