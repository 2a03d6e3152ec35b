using System.Net;
using System.Text;
using Dmp.Care.V1;

namespace Dmp.Care.Emergencies;

/// <summary>
/// The page as HTML: one file that needs nothing else, for a telephone and for printing on one A4. No script, no link, no picture; what
/// documents say is escaped, all of it. Colours have a contrast of 7 to 1 at least and are never the only mark.
/// </summary>
public static class HtmlPage
{
    private const string Style =
        """
        :root{color-scheme:light}
        *{box-sizing:border-box}
        body{margin:0;background:#fff;color:#111;font:1rem/1.4 system-ui,"DejaVu Sans",Arial,sans-serif;overflow-wrap:anywhere}
        header,main{max-width:72rem;margin:0 auto;padding:.5rem .75rem}
        h1{font-size:1rem;margin:0;text-transform:uppercase;letter-spacing:.04em}
        h2{font-size:1.05rem;margin:0 0 .2rem;border-bottom:2px solid #111}
        p{margin:.15rem 0}
        .identity{font-size:1.15rem;font-weight:700}
        .strip,.warning{font-size:.85rem;color:#333}
        .alert{border:2px solid #111;padding:.25rem .5rem;font-weight:700;margin:.3rem 0}
        section{break-inside:avoid-column;margin:0 0 .7rem;padding:.3rem .5rem;border-left:.3rem solid transparent}
        section.critical{border-left-color:#8b0000;background:#fdf3f2}
        section.critical h2{border-bottom-color:#8b0000;color:#6d0000}
        section.critical h2::before{content:"\26A0\FE0E  ";content:"\26A0\FE0E  "/""}
        ul{list-style:none;margin:0;padding:0}
        li{padding:.2rem 0;border-bottom:1px solid #bbb}
        li:last-child{border-bottom:0}
        .what{font-weight:700}
        .origin{display:block;font-size:.85rem;color:#333}
        .note{font-size:.9rem}
        summary{cursor:pointer;font-weight:700;padding:.4rem 0;min-height:1.5rem}
        summary:focus-visible{outline:3px solid #003a8c;outline-offset:2px}
        @media (min-width:60rem){main{columns:2;column-gap:1.2rem}}
        @media print{
        @page{size:A4;margin:8mm}
        body{font-size:7.6pt;line-height:1.22}
        header,main{max-width:none;padding:0}
        h1{font-size:8pt}
        h2{font-size:8.6pt;border-bottom-width:1px}
        .identity{font-size:9.5pt}
        .strip,.warning,.origin,.note{font-size:6.9pt}
        main{columns:2;column-gap:5mm;margin-top:1mm}
        section{margin-bottom:1.4mm;padding:.5mm 1mm;border-left-width:1mm;break-inside:auto}
        section.critical{background:none}
        h2{break-after:avoid}
        li{padding:.3mm 0;break-inside:avoid}
        summary{list-style:none;padding:0;min-height:0}
        summary::-webkit-details-marker{display:none}
        }
        """;

    /// <summary>The whole file.</summary>
    public static string Write(EmergencySummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        var layout = PageLayout.Of(summary, PageLimits.A4);
        StringBuilder html = new();
        html.Append("<!DOCTYPE html>\n<html lang=\"").Append(layout.LanguageCode).Append("\">\n<head>\n<meta charset=\"utf-8\"/>\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n")
            .Append("<meta name=\"referrer\" content=\"no-referrer\"/>\n<meta name=\"robots\" content=\"noindex\"/>\n")
            .Append("<title>").Append(WebUtility.HtmlEncode(layout.Title)).Append("</title>\n<style>\n").Append(Style)
            .Append("\n</style>\n</head>\n<body>\n");
        html.Append("<header>\n");
        Element(html, "h1", "", layout.Title);
        html.Append("<p><span class=\"identity\">").Append(Escape(layout.Name)).Append("</span>").Append(Escape(layout.Traits))
            .Append("</p>\n");
        Element(html, "p", "strip", layout.Strip);
        Element(html, "p", "warning", layout.Warning);
        foreach (var alert in layout.Alerts)
        {
            Element(html, "p", "alert", alert);
        }

        html.Append("</header>\n<main>\n");
        foreach (var block in layout.Blocks)
        {
            Add(html, block);
        }

        return html.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void Add(StringBuilder html, PageBlock block)
    {
        html.Append("<section id=\"").Append(block.Id).Append("\" aria-labelledby=\"").Append(block.Id).Append("-title\"")
            .Append(block.IsCritical ? " class=\"critical\">\n" : ">\n")
            .Append("<h2 id=\"").Append(block.Id).Append("-title\">").Append(Escape(block.Heading)).Append("</h2>\n");
        Add(html, block.Lines);
        if (block.More.Length > 0 && block.Rest.Count > 0)
        {
            html.Append("<details><summary>").Append(Escape(block.More)).Append("</summary>\n");
            Add(html, block.Rest);
            html.Append("</details>\n");
        }
        else
        {
            Element(html, "p", "note", block.More);
        }

        foreach (var note in block.Notes)
        {
            Element(html, "p", "note", note);
        }

        html.Append("</section>\n");
    }

    private static void Add(StringBuilder html, IReadOnlyList<PageLine> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        html.Append("<ul>\n");
        foreach (var line in lines)
        {
            html.Append("<li><span class=\"what\">").Append(Escape(line.Title)).Append("</span>");
            foreach (var detail in line.Details)
            {
                html.Append(PageLayout.Separator).Append(Escape(detail));
            }

            if (line.Origin.Length > 0)
            {
                html.Append(" <span class=\"origin\">").Append(Escape(line.Origin)).Append("</span>");
            }

            html.Append("</li>\n");
        }

        html.Append("</ul>\n");
    }

    private static void Element(StringBuilder html, string name, string style, string text)
    {
        if (text.Length > 0)
        {
            html.Append('<').Append(name).Append(style.Length > 0 ? $" class=\"{style}\">" : ">")
                .Append(Escape(text)).Append("</").Append(name).Append(">\n");
        }
    }

    /// <summary>
    /// Entities by number, as XML knows no others. What has letters that are written from right to left stands apart, so that it does not
    /// turn the numbers beside it.
    /// </summary>
    private static string Escape(string text) =>
        text.EnumerateRunes().Any(IsRightToLeft) ? $"<bdi>{WebUtility.HtmlEncode(text)}</bdi>" : WebUtility.HtmlEncode(text);

    // Hebrew to Arabic Extended-A, their presentation forms, and the old writings and Adlam of the first supplementary plane.
    private static bool IsRightToLeft(Rune rune) =>
        rune.Value is (>= 0x0590 and <= 0x08FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFC)
            or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF);
}
