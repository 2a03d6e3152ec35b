using System.Globalization;
using System.Security;
using System.Text;
using Dmp.Care.V1;
using Dmp.Type.V1;

namespace Dmp.Care.Trends;

/// <summary>
/// Values over time as SVG that prints: black on white, 10 cm wide, marks that differ by their form, a range as a grey band with dashed
/// edges. No script, no style sheet, nothing from elsewhere; every word of a document is escaped (rule T8).
/// </summary>
internal static class TrendPlot
{
    public const int PointsMax = 200;

    private const double Width = 400, Height = 240, Left = 62, Right = 388, Top = 40, Bottom = 180;
    private const int WordsMax = 60;
    private const int Ticks = 4;
    private const int TickCharsMax = 9;

    /// <summary>Draws a series that has a point.</summary>
    /// <param name="series">The series.</param>
    /// <param name="code">What is measured.</param>
    /// <param name="missed">Values of the same specimen that are in no series.</param>
    public static string Draw(TrendSeries series, Coding code, int missed)
    {
        var points = series.Points.Skip(Math.Max(0, series.Points.Count - PointsMax)).ToList();
        var frame = Frame.Of(points);
        var lacks = LacksOf(series.OlderPoints + series.Points.Count - points.Count, missed);
        var name = Words(code.Display.Length > 0 ? code.Display : code.Code);
        var title = series.Unit.Length > 0 ? $"{name} ({Words(series.Unit)})" : name;
        StringBuilder svg = new();
        Add(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="100mm" height="60mm" viewBox="0 0 400 240" """);
        Add(svg, $"""role="img" font-family="sans-serif" font-size="12" fill="#000">""");
        Add(svg, $"<title>{title}</title><desc>{Describe(points)}{(lacks.Length > 0 ? $" {lacks}." : "")}</desc>");
        Add(svg, $"""<rect x="0" y="0" width="400" height="240" fill="#fff"/><text x="8" y="20" font-size="13">{title}</text>""");
        Bands(svg, points, frame);
        Axes(svg, points, frame);
        var line = string.Join(' ', points.Where(point => point.Bound == ValueBound.Unspecified).Select(frame.At));
        Add(svg, $"""<polyline points="{line}" fill="none" stroke="#000" stroke-width="1"/>""");
        foreach (var point in points)
        {
            Mark(svg, point, frame);
        }

        if (lacks.Length > 0)
        {
            Add(svg, $"""<text x="8" y="211" font-size="11">{lacks}</text>""");
        }

        Add(svg, $"""<text x="8" y="224" font-size="11">● mesuré  ▲ élevé  ▼ bas  ◆ anormal (selon les documents)</text>""");
        Add(svg, $"""<text x="8" y="236" font-size="11">○ borne : &lt; au plus, &gt; au moins   ▒ intervalle de référence</text>""");
        Add(svg, $"</svg>");
        return svg.ToString();
    }

    private static string Describe(List<TrendPoint> points)
    {
        var (first, last) = (points[0], points[^1]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{points.Count} valeurs, du {DayOf(first)} ({SignOf(first)}{first.Value}) au {DayOf(last)} ({SignOf(last)}{last.Value}).");
    }

    /// <summary>What is not in the picture, which is read without the answer that it came with.</summary>
    private static string LacksOf(int older, int missed)
    {
        List<string> parts = [];
        if (older > 0)
        {
            parts.Add(older == 1 ? "1 plus ancienne" : $"{older} plus anciennes");
        }

        if (missed > 0)
        {
            parts.Add(missed == 1 ? "1 non tracée" : $"{missed} non tracées");
        }

        return parts.Count == 0 ? "" : $"+ {string.Join(", ", parts)}";
    }

    private static void Bands(StringBuilder svg, List<TrendPoint> points, Frame frame)
    {
        // Laboratories differ: each value has the range that was stated with it, and one band where all are the same.
        var isOne = points.All(point => point.Low == points[0].Low && point.High == points[0].High);
        foreach (var point in isOne ? points.Take(1) : points)
        {
            if (point.Low.Length == 0 && point.High.Length == 0)
            {
                continue;
            }

            var top = point.High.Length > 0 ? Math.Clamp(frame.Y(Number(point.High)), Top, Bottom) : Top;
            var bottom = point.Low.Length > 0 ? Math.Clamp(frame.Y(Number(point.Low)), Top, Bottom) : Bottom;
            var (left, right) = isOne ? (Left, Right) : (frame.X(point) - 5, frame.X(point) + 5);
            var height = Math.Max(0, bottom - top);
            Add(svg, $"""<rect x="{left:0.#}" y="{top:0.#}" width="{right - left:0.#}" height="{height:0.#}" fill="#ddd" """);
            Add(svg, $"""stroke="#000" stroke-width="0.5" stroke-dasharray="3 2"/>""");
        }
    }

    private static void Axes(StringBuilder svg, List<TrendPoint> points, Frame frame)
    {
        Add(svg, $"""<path d="M{Left} {Top}V{Bottom}H{Right}" fill="none" stroke="#000" stroke-width="1"/>""");
        var step = StepOf((frame.High - frame.Low) / Ticks);
        var first = Math.Ceiling(frame.Low / step);
        for (var i = 0; i <= 2 * Ticks && (first + i) * step <= frame.High; i++)
        {
            var value = (first + i) * step;
            var y = frame.Y(value);
            Add(svg, $"""<path d="M{Left - 4} {y:0.#}H{Left}" stroke="#000"/>""");
            Add(svg, $"""<text x="{Left - 7}" y="{y + 4:0.#}" font-size="11" text-anchor="end">{Tick(value, step)}</text>""");
        }

        var (from, to) = (DayOf(points[0]), DayOf(points[^1]));
        Add(svg, $"""<text x="{Left}" y="198" font-size="11">{from}</text>""");
        if (to != from)
        {
            Add(svg, $"""<text x="{Right}" y="198" font-size="11" text-anchor="end">{to}</text>""");
        }
    }

    /// <summary>In full where there is room for it, with the digits in which it differs from the next one.</summary>
    private static string Tick(double value, double step)
    {
        var decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 15);
        var full = value.ToString($"F{decimals}", CultureInfo.InvariantCulture);
        if (full.Length <= TickCharsMax)
        {
            return full;
        }

        var power = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        return string.Create(CultureInfo.InvariantCulture, $"{value / Math.Pow(10, power):0.###}×10^{power}");
    }

    /// <summary>The next of 1, 2, 5, 10, … that is no smaller.</summary>
    private static double StepOf(double rough)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power * (rough <= power ? 1 : rough <= 2 * power ? 2 : rough <= 5 * power ? 5 : 10);
    }

    private static void Mark(StringBuilder svg, TrendPoint point, Frame frame)
    {
        var (x, y) = (frame.X(point), frame.Y(Number(point.Value)));
        Add(svg, $"<g><title>{DayOf(point)} : {SignOf(point)}{point.Value}</title>");
        if (point.Bound != ValueBound.Unspecified)
        {
            Add(svg, $"""<circle cx="{x:0.#}" cy="{y:0.#}" r="4" fill="#fff" stroke="#000" stroke-width="1.5"/>""");
            Add(svg, $"""<text x="{x:0.#}" y="{y - 7:0.#}" font-size="11" text-anchor="middle">{SignOf(point)}</text></g>""");
            return;
        }

        var form = point.Interpretations.Select(one => one.Code).FirstOrDefault(one => one.Length > 0) switch
        {
            "H" or "HH" or "HU" or "HX" or ">" => $"M{x:0.#} {y - 5:0.#}l5 9h-10z",
            "L" or "LL" or "LU" or "LX" or "<" => $"M{x:0.#} {y + 5:0.#}l5 -9h-10z",
            "A" or "AA" => $"M{x:0.#} {y - 5:0.#}l5 5l-5 5l-5 -5z",
            _ => "",
        };
        Add(svg, form.Length > 0
            ? (FormattableString)$"""<path d="{form}"/></g>"""
            : $"""<circle cx="{x:0.#}" cy="{y:0.#}" r="3.5"/></g>""");
    }

    private static string SignOf(TrendPoint point) => point.Bound switch
    {
        ValueBound.Below => "&lt; ",
        ValueBound.Above => "&gt; ",
        _ => "",
    };

    /// <summary>The day in Paris, or as much of it as is known.</summary>
    private static string DayOf(TrendPoint point)
    {
        var time = point.Time.Time.ToDateTimeOffset();
        var (day, form) = point.Time.Precision switch
        {
            TimePrecision.Year => (time, "yyyy"),
            TimePrecision.Month => (time, "yyyy-MM"),
            TimePrecision.Day => (time, "yyyy-MM-dd"),
            _ => (FrenchClock.Of(time), "yyyy-MM-dd"),
        };
        return day.ToString(form, CultureInfo.InvariantCulture);
    }

    private static double Number(string number) => double.Parse(number, CultureInfo.InvariantCulture);

    /// <summary>Words of a document: short, without what XML cannot hold, escaped.</summary>
    private static string Words(string text)
    {
        StringBuilder plain = new();
        foreach (var rune in text.EnumerateRunes().Take(WordsMax))
        {
            var isGood = rune.Value is >= 0x20 and not (>= 0x7F and <= 0x9F) and not 0xFFFE and not 0xFFFF;
            plain.Append(isGood ? rune.ToString() : " ");
        }

        return SecurityElement.Escape(plain.ToString());
    }

    private static void Add(StringBuilder svg, FormattableString part) => svg.Append(part.ToString(CultureInfo.InvariantCulture));

    /// <summary>From values and times to places.</summary>
    private sealed record Frame(double Low, double High, DateTimeOffset From, DateTimeOffset To)
    {
        public static Frame Of(List<TrendPoint> points)
        {
            var numbers = points.Select(point => Number(point.Value)).ToList();
            var (low, high) = (numbers.Min(), numbers.Max());
            var span = high - low;

            // Ranges are shown where they are near, and never make the values small.
            foreach (var end in points.SelectMany(point => new[] { point.Low, point.High }).Where(end => end.Length > 0).Select(Number))
            {
                var room = Math.Max(span, Math.Abs(high)) * 1.5;
                low = end < low && low - end <= room ? end : low;
                high = end > high && end - high <= room ? end : high;
            }

            var margin = high > low ? (high - low) * 0.08 : Math.Max(Math.Abs(high) * 0.1, 0.1);
            return new Frame(
                low >= 0 ? Math.Max(0, low - margin) : low - margin,
                high + margin,
                points[0].Time.Time.ToDateTimeOffset(),
                points[^1].Time.Time.ToDateTimeOffset());
        }

        public double Y(double value) => Bottom - (value - Low) / (High - Low) * (Bottom - Top);

        public double X(TrendPoint point) => To == From
            ? (Left + Right) / 2
            : Left + 8 + (point.Time.Time.ToDateTimeOffset() - From) / (To - From) * (Right - Left - 16);

        public string At(TrendPoint point) =>
            string.Create(CultureInfo.InvariantCulture, $"{X(point):0.#},{Y(Number(point.Value)):0.#}");
    }
}
