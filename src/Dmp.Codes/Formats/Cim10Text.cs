using System.Text.RegularExpressions;
using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>
/// ICD-10 as the French agency of hospital information (ATIH) offers it: <c>LIBCIM10MULTI.TXT</c>, six columns between bars: code without
/// its point, type, profile, type in psychiatry, short name, long name.
/// </summary>
internal static partial class Cim10Text
{
    private const int Columns = 6;

    // A father that is divided further, and must not be coded.
    private const string Father = "3";

    /// <exception cref="InvalidDataException">The file holds no code.</exception>
    public static CodeList Read(PublishedFile file, List<ReadingNotice> notices)
    {
        CodeListBuilder builder = new(CodeKinds.Cim10.Oid, file.Name, notices);
        foreach (var (number, line, isDamaged) in PublishedText.Lines(file))
        {
            var columns = line.Split('|');
            if (columns.Length != Columns)
            {
                builder.Fault(number, $"{columns.Length} columns, and not {Columns}");
                continue;
            }

            var name = columns[5].Trim();
            if (isDamaged)
            {
                builder.Odd(number, "bytes that are no text in UTF-8 or CP1252");
                name = string.Concat(name.Select(letter => char.IsControl(letter) ? '\ufffd' : letter));
            }

            var deleted = DeletedPattern().Match(name);
            builder.Add(new Concept
            {
                SystemOid = CodeKinds.Cim10.Oid,
                Code = WithPoint(columns[0].Trim()),
                Display = deleted.Success ? name[deleted.Length..] : name,
                Status = deleted.Success ? ConceptStatus.Retired : columns[1] == Father ? ConceptStatus.Heading : ConceptStatus.Active,
                Line = number,
            });
        }

        return builder.Build(CodeKinds.Cim10.OtherOids, CodeKinds.Cim10.Title, "");
    }

    /// <summary>I200 is I20.0. The extensions of French hospitals keep their sign: B24+0, C16.9+0.</summary>
    private static string WithPoint(string code) => code.Length > 3 && code[3] is not ('+' or '.') ? $"{code[..3]}.{code[3..]}" : code;

    // "*** SU09 *** Spondylite": deleted in 2009.
    [GeneratedRegex(@"^\*{3} SU\d{2} \*{3} ?", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex DeletedPattern();
}
