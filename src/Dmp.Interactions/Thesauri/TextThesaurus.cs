using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsvHelper;
using CsvHelper.Configuration;

namespace Dmp.Interactions.Thesauri;

/// <summary>
/// Editions as the published text with its layout (<c>pdftotext -layout</c>): a heading in the first column, its members in parentheses,
/// and for each rule a line <c>+ other end</c> with the mechanism in a left and the level with the conduct in a right column.
/// </summary>
/// <remarks>
/// A table that somebody extracted from such a text is a check of it and no source: the one of September 2023 lacks 46 rules of several
/// levels, and has the weakest level for others.
/// </remarks>
public static partial class TextThesaurus
{
    /// <summary>Reads the text, and compares it with a table (<c>substance,interactant,niveau,…</c>) when there is one.</summary>
    /// <exception cref="InvalidDataException">The file has no rule: it is no text of this form.</exception>
    public static ThesaurusReading Read(string edition, PublishedFile text, PublishedFile? table = null)
    {
        var builder = new ThesaurusBuilder(edition, text.Name);
        var blocks = Blocks(Lines(text)).ToList();
        if (blocks.All(block => block.Other is null))
        {
            throw new InvalidDataException($"{text.Name}: no line begins with '+ '.");
        }

        List<ThesaurusRow> rows = [];
        foreach (var block in blocks)
        {
            if (block.Other is null)
            {
                ReadHeading(builder, block);
            }
            else if (ReadRule(builder, block) is { } row)
            {
                rows.Add(row);
                builder.Add(row);
            }
        }

        if (table is not null)
        {
            Compare(builder, rows, table);
        }

        return builder.Build();
    }

    private static IEnumerable<string> Lines(PublishedFile text)
    {
        using var reader = new StreamReader(text.Open());
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    /// <summary>A heading with what stands below it, or one of its rules.</summary>
    private sealed record Block(int Line, string Heading, string? Other, List<string> Lines);

    private static IEnumerable<Block> Blocks(IEnumerable<string> lines)
    {
        Block? block = null;
        var (number, isBehindName) = (0, false);
        foreach (var raw in lines)
        {
            number++;
            var line = raw.Replace("\f", "", StringComparison.Ordinal).TrimEnd();
            if (PageNumberPattern().IsMatch(line))
            {
                continue;
            }

            if (RulePattern().Match(line) is { Success: true } rule && block is not null)
            {
                yield return block;
                (block, isBehindName) = (new Block(number, block.Heading, rule.Groups[1].Value.Trim(), []), true);
            }
            else if (line.Length > 0 && !char.IsWhiteSpace(line[0]) && IsHeading(line))
            {
                // A heading, or the end of one that is longer than a line.
                var isContinued = isBehindName && block is { Other: null };
                if (block is not null && !isContinued)
                {
                    yield return block;
                }

                block = new Block(number, isContinued ? $"{block!.Heading} {line}" : line, null, []);
                isBehindName = true;
            }
            else if (block is not null)
            {
                if (isBehindName && block.Other is not null && NameEndPattern().IsMatch(line))
                {
                    block = block with { Other = $"{block.Other} {line.Trim()}" };
                }
                else
                {
                    block.Lines.Add(line);
                }

                isBehindName = false;
            }
        }

        if (block is not null)
        {
            yield return block;
        }
    }

    /// <summary>Headings are in capitals; what stands in the first column of the preface is not.</summary>
    private static bool IsHeading(string line) => !line.StartsWith('-') && !line.Any(char.IsLower) && line.Any(char.IsUpper);

    private static void ReadHeading(ThesaurusBuilder builder, Block block)
    {
        var text = new StringBuilder();
        foreach (var line in block.Lines)
        {
            if (text.Length > 0 || MembersPattern().IsMatch(line))
            {
                text.Append(' ').Append(line.Trim());
            }
        }

        var members = Members(text.ToString()).ToList();
        if (members.Count > 0)
        {
            builder.AddClass(block.Heading, members);
        }
    }

    /// <summary>The names between the outer parentheses; some lists lack the closing one. A name may have parentheses of its own.</summary>
    private static IEnumerable<string> Members(string text)
    {
        var end = text.LastIndexOf(')');
        var list = text.Trim().TrimStart('(');
        list = end > 0 ? list[..list.LastIndexOf(')')] : list;
        var (begin, depth) = (0, 0);
        for (var i = 0; i <= list.Length; i++)
        {
            if (i == list.Length || (list[i] == ',' && depth == 0))
            {
                var name = list[begin..i].Trim();
                begin = i + 1;
                if (name.Length > 0)
                {
                    yield return name;
                }
            }
            else
            {
                depth += list[i] == '(' ? 1 : list[i] == ')' ? -1 : 0;
            }
        }
    }

    private static ThesaurusRow? ReadRule(ThesaurusBuilder builder, Block block)
    {
        var at = block.Lines.Select(line => LevelPattern().Match(line)).FirstOrDefault(match => match.Success);
        var levels = at is null ? null : Levels.OfAll(at.Groups["level"].Value);
        if (at is null || levels is null)
        {
            // Two rules stand in the notes of a heading, and have their level in the first words of a text without columns.
            var note = Text(block.Lines.TakeWhile(line => !MembersPattern().IsMatch(line)));
            var words = "Il convient de prendre en compte";
            if (note.StartsWith(words, StringComparison.Ordinal))
            {
                ReadHeading(builder, block with { Other = null });
                return new ThesaurusRow(
                    block.Line, block.Heading, block.Other!, [new Severity(Levels.Of(words)!.Value, note)], note, "");
            }

            builder.Notice(block.Line, $"{block.Heading} + {block.Other}: no level", isFault: true);
            return null;
        }

        var column = at.Groups["level"].Index;
        List<string> left = [], right = [];
        foreach (var line in block.Lines)
        {
            var cut = Cut(line, column);
            left.Add(line[..cut].Trim());
            right.Add(line[cut..].Trim());
        }

        right[right.IndexOf(at.Groups["level"].Value)] = "";
        var conduct = Text(right);
        var mechanism = Text(left);
        return new ThesaurusRow(
            block.Line,
            block.Heading,
            block.Other!,
            levels.Count == 1 ? [new Severity(levels[0], conduct)] : Severities(levels, conduct),
            mechanism,
            conduct);
    }

    /// <summary>Where the right column of a line begins: at its place, or at the gap that is nearest to it.</summary>
    private static int Cut(string line, int column)
    {
        if (line.Length <= column)
        {
            // A short line is the left column, unless it begins near the right one.
            var begin = line.Length - line.TrimStart().Length;
            return line.Length > 0 && begin > column - 12 && begin > 60 ? begin : line.Length;
        }

        if (line[column - 1] == ' ')
        {
            return column;
        }

        var gaps = GapPattern().Matches(line).Where(gap => line[..gap.Index].Trim().Length > 0).ToList();
        return gaps.Count == 0 ? column : gaps.Select(gap => gap.Index + gap.Length).MinBy(place => Math.Abs(place - column));
    }

    /// <summary>Lines as one text: a new line only where the text has a paragraph or an item of a list.</summary>
    private static string Text(IEnumerable<string> lines)
    {
        var text = new StringBuilder();
        var isBehindGap = false;
        foreach (var line in lines.Select(line => line.Trim()))
        {
            if (line.Length == 0)
            {
                isBehindGap = text.Length > 0;
                continue;
            }

            if (text.Length > 0)
            {
                text.Append(isBehindGap || line.StartsWith("- ", StringComparison.Ordinal) || IsLevelTitle(line) ? '\n' : ' ');
            }

            text.Append(line);
            isBehindGap = false;
        }

        return text.ToString();
    }

    /// <summary>Each level with what stands below its title. One without a title has no text of its own: the conduct has it all.</summary>
    private static List<Severity> Severities(IReadOnlyList<InteractionLevel> levels, string conduct)
    {
        var texts = levels.ToDictionary(level => level, _ => new StringBuilder());
        StringBuilder? current = null;
        foreach (var line in conduct.Split('\n'))
        {
            if (TitlePattern().Match(line) is { Success: true } title && Levels.Of(title.Groups[1].Value) is { } level)
            {
                current = texts.GetValueOrDefault(level);
            }

            current?.Append(current.Length > 0 ? "\n" : "").Append(line);
        }

        return [.. levels.Select(level => new Severity(level, texts[level].ToString()))];
    }

    private static bool IsLevelTitle(string line) =>
        TitlePattern().Match(line) is { Success: true } title && Levels.Of(title.Groups[1].Value) is not null;

    /// <summary>What one of both has and the other has not is told, with the line of the text.</summary>
    private static void Compare(ThesaurusBuilder builder, List<ThesaurusRow> rows, PublishedFile file)
    {
        var table = ReadTable(file);
        foreach (var row in rows)
        {
            var key = (Names.Key(row.Heading), Names.Key(row.Other));
            if (!table.Remove(key, out var level))
            {
                builder.Notice(row.Line, $"{row.Heading} + {row.Other}: not in {file.Name}");
            }
            else if (row.Severities.Count > 1)
            {
                builder.Notice(row.Line, $"{row.Heading} + {row.Other}: several levels, and {level} in {file.Name}");
            }
            else if (Levels.Of(level) != row.Severities[0].Level)
            {
                builder.Notice(row.Line, $"{row.Heading} + {row.Other}: {level} in {file.Name}", isFault: true);
            }
        }

        foreach (var ((heading, other), _) in table)
        {
            builder.Notice(0, $"{heading} + {other}: in {file.Name} alone");
        }
    }

    private static Dictionary<(string, string), string> ReadTable(PublishedFile file)
    {
        using var reader = new StreamReader(file.Open());
        using var csv = new CsvReader(reader, new CsvConfiguration(CultureInfo.InvariantCulture));
        Dictionary<(string, string), string> table = [];
        csv.Read();
        csv.ReadHeader();
        while (csv.Read())
        {
            table.TryAdd((Names.Key(csv.GetField("substance")), Names.Key(csv.GetField("interactant"))), csv.GetField("niveau") ?? "");
        }

        return table;
    }

    [GeneratedRegex(@"^\s*\d{1,3}\s*$")]
    private static partial Regex PageNumberPattern();

    [GeneratedRegex(@"^ ?\+ (.+)$")]
    private static partial Regex RulePattern();

    [GeneratedRegex(@"^  ?[A-ZÀ-Ý][^a-z]*$")]
    private static partial Regex NameEndPattern();

    [GeneratedRegex(@"^ \((?!voir aussi)", RegexOptions.IgnoreCase)]
    private static partial Regex MembersPattern();

    [GeneratedRegex(
        @"  (?<level>CONTRE-INDICATION|Association DECONSEILLEE|Précaution d['’]emploi|A prendre en compte|"
        + "(?:CI|ASDEC|PE|APEC)(?: - (?:CI|ASDEC|PE|APEC))+)$")]
    private static partial Regex LevelPattern();

    [GeneratedRegex(
        @"^(Contre-indication|Association déconseillée|Précaution d['’]emploi|A prendre en compte)\b", RegexOptions.IgnoreCase)]
    private static partial Regex TitlePattern();

    [GeneratedRegex(@" {2,}")]
    private static partial Regex GapPattern();
}
