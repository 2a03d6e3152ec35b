using PdfSharp.Drawing;
using PdfSharp.UniversalAccessibility;

namespace Dmp.Care.Emergencies;

/// <summary>Words in one font at one place.</summary>
internal sealed record PdfRun(string Words, XFont Font, XBrush Brush, double X, double Y);

/// <summary>A line or a bar beside words.</summary>
internal sealed record PdfMark(XRect Place, XBrush Brush);

/// <summary>A heading or a paragraph, on one page.</summary>
internal sealed record PdfPart(PdfBlockLevelElementTag Tag, IReadOnlyList<PdfRun> Runs, PdfMark? Mark);

/// <summary>Where everything stands on A4, at one size of letters.</summary>
internal sealed class PdfFlow
{
    // Points.
    private const double Width = 595;
    private const double Height = 842;
    private const double Margin = 26;
    private const double Indent = 6;

    private static readonly XBrush black = new XSolidBrush(XColor.FromArgb(17, 17, 17));
    private static readonly XBrush grey = new XSolidBrush(XColor.FromArgb(60, 60, 60));
    private static readonly XBrush red = new XSolidBrush(XColor.FromArgb(109, 0, 0));

    private readonly XGraphics measure = XGraphics.CreateMeasureContext(
        new XSize(Width, Height), XGraphicsUnit.Point, XPageDirection.Downwards);

    private readonly Dictionary<(string, XFont), double> widths = [];
    private readonly List<List<PdfPart>> pages = [[]];
    private readonly XFont regular;
    private readonly XFont bold;
    private readonly double lineHeight;
    private double top = Margin;

    public PdfFlow(PageLayout layout, double size)
    {
        (Title, LanguageCode) = (layout.Title, layout.LanguageCode);
        regular = PdfFonts.Font(size, isBold: false);
        bold = PdfFonts.Font(size, isBold: true);
        SmallFont = PdfFonts.Font(size * 0.9, isBold: false);
        lineHeight = size * 1.18;
        var large = PdfFonts.Font(size * 1.25, isBold: true);
        Add(PdfBlockLevelElementTag.Heading1, [(layout.Title.ToUpperInvariant(), bold, black)], Margin);
        Add(PdfBlockLevelElementTag.Paragraph, [(layout.Name, large, black), (layout.Traits, regular, black)], Margin);
        Add(PdfBlockLevelElementTag.Paragraph, [(layout.Strip, SmallFont, grey)], Margin);
        Add(PdfBlockLevelElementTag.Paragraph, [(layout.Warning, SmallFont, grey)], Margin);
        foreach (var alert in layout.Alerts)
        {
            Add(PdfBlockLevelElementTag.Paragraph, [("⚠ " + alert, bold, red)], Margin);
        }

        foreach (var block in layout.Blocks)
        {
            Add(block, size);
        }

        measure.Dispose();
        widths.Clear();
    }

    public string Title { get; }

    public string LanguageCode { get; }

    public XFont SmallFont { get; }

    /// <summary>What stands on each page, in the order of reading.</summary>
    public IReadOnlyList<IReadOnlyList<PdfPart>> Pages => pages;

    private void Add(PageBlock block, double size)
    {
        var brush = block.IsCritical ? red : black;
        top += size * 0.35;

        // A heading does not stay behind alone.
        if (top + (3 * lineHeight) > Height - Margin)
        {
            Break();
        }

        Add(
            PdfBlockLevelElementTag.Heading2, [((block.IsCritical ? "⚠ " : "") + block.Heading, bold, brush)], Margin,
            place => new PdfMark(new XRect(Margin, place + 1.5, Width - (2 * Margin), 0.6), brush));
        top += 1.5;
        foreach (var line in block.Lines)
        {
            List<(string, XFont, XBrush)> words = [(line.Title, bold, black)];
            words.AddRange(line.Details.Select(detail => (PageLayout.Separator + detail, regular, black)));
            if (line.Origin.Length > 0)
            {
                words.Add(($" — {line.Origin}", SmallFont, grey));
            }

            Add(PdfBlockLevelElementTag.Paragraph, words, Margin + Indent);
        }

        if (block.More.Length > 0)
        {
            Add(PdfBlockLevelElementTag.Paragraph, [(block.More, bold, black)], Margin + Indent);
        }

        foreach (var note in block.Notes)
        {
            Add(PdfBlockLevelElementTag.Paragraph, [(note, SmallFont, black)], Margin + Indent);
        }
    }

    /// <summary>A paragraph, whole on the page where it begins.</summary>
    private void Add(
        PdfBlockLevelElementTag tag, IReadOnlyList<(string Words, XFont Font, XBrush Brush)> words, double left,
        Func<double, PdfMark>? mark = null)
    {
        var height = words.Max(one => one.Font.Size) * 1.18;
        var lines = Break(words, left, Width - Margin - left);
        if (top + (lines.Count * height) > Height - Margin && pages[^1].Count > 0)
        {
            Break();
        }

        List<PdfRun> runs = [];
        foreach (var line in lines)
        {
            top += height;
            runs.AddRange(line.Select(run => run with { Y = top - (height * 0.2) }));
        }

        pages[^1].Add(new PdfPart(tag, runs, mark?.Invoke(top - (height * 0.2))));
    }

    private void Break()
    {
        pages.Add([]);
        top = Margin;
    }

    /// <summary>Lines of runs: broken at blanks, and within a word that is longer than a line.</summary>
    private List<List<PdfRun>> Break(IReadOnlyList<(string Words, XFont Font, XBrush Brush)> words, double left, double width)
    {
        List<List<PdfRun>> lines = [[]];
        var used = 0.0;
        foreach (var (text, font, brush) in words)
        {
            var blank = WidthOf(" ", font);
            var isFirst = true;
            foreach (var word in PdfFonts.Shown(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var before = used > 0 && (!isFirst || text[0] == ' ') ? blank : 0;
                isFirst = false;
                foreach (var part in Parts(word, font, width))
                {
                    var length = WidthOf(part, font);
                    if (used > 0 && used + before + length > width)
                    {
                        lines.Add([]);
                        (used, before) = (0, 0);
                    }

                    Place(lines[^1], part, font, brush, left + used, before);
                    used += before + length;
                    before = 0;
                }
            }
        }

        return lines;
    }

    /// <summary>Behind words of the same font, one run becomes longer.</summary>
    private static void Place(List<PdfRun> line, string words, XFont font, XBrush brush, double x, double before)
    {
        if (before > 0 && line.Count > 0 && ReferenceEquals(line[^1].Font, font) && ReferenceEquals(line[^1].Brush, brush))
        {
            line[^1] = line[^1] with { Words = $"{line[^1].Words} {words}" };
            return;
        }

        line.Add(new PdfRun(words, font, brush, x + before, 0));
    }

    private IEnumerable<string> Parts(string word, XFont font, double width)
    {
        while (WidthOf(word, font) > width)
        {
            var length = word.Length;
            while (length > 1 && WidthOf(word[..length], font) > width)
            {
                length = Math.Max(1, length * 3 / 4);
            }

            length -= length > 1 && char.IsHighSurrogate(word[length - 1]) ? 1 : 0;
            yield return word[..length];
            word = word[length..];
        }

        yield return word;
    }

    private double WidthOf(string words, XFont font)
    {
        if (!widths.TryGetValue((words, font), out var width))
        {
            widths[(words, font)] = width = measure.MeasureString(words, font).Width;
        }

        return width;
    }
}
