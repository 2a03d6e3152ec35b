using Dmp.Care.V1;
using PdfSharp;
using PdfSharp.Drawing;
using PdfSharp.Pdf;
using PdfSharp.UniversalAccessibility;

namespace Dmp.Care.Emergencies;

/// <summary>
/// The page as PDF/A: text as text, tagged, with its own fonts, nothing to run and nothing from elsewhere. On one A4: smaller, and then
/// shorter where that may be, and on a second page rather than without a dangerous medicine or an allergy.
/// </summary>
public static class PdfPage
{
    private static readonly double[] sizes = [9, 8.5, 8, 7.5, 7];

    // The fonts of the library are shared by all documents, and it promises nothing for several threads.
    private static readonly Lock oneAtATime = new();

    /// <summary>The whole file. The same page gives the same bytes.</summary>
    public static byte[] Write(EmergencySummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        lock (oneAtATime)
        {
            return PdfArchive.Finish(Draw(summary, Fit(summary)));
        }
    }

    /// <summary>The first way in which it fits on one page; what never does is told whole, on several.</summary>
    private static PdfFlow Fit(EmergencySummary summary)
    {
        var whole = PageLayout.Of(summary, PageLimits.A4);
        var flows = sizes.Select(size => new PdfFlow(whole, size))
            .Append(new PdfFlow(PageLayout.Of(summary, PageLimits.Tight), sizes[^1]));
        return flows.FirstOrDefault(flow => flow.Pages.Count == 1) ?? new PdfFlow(whole, sizes[1]);
    }

    private static byte[] Draw(EmergencySummary summary, PdfFlow flow)
    {
        using PdfDocument document = new();
        document.SetPdfA();
        document.Info.Title = flow.Title;
        document.Info.CreationDate = summary.Strip.At.ToDateTime();
        document.Info.ModificationDate = summary.Strip.At.ToDateTime();
        document.ViewerPreferences.DisplayDocTitle = true;
        var access = UAManager.ForDocument(document);
        access.SetDocumentLanguage(flow.LanguageCode);
        for (var number = 0; number < flow.Pages.Count; number++)
        {
            var page = document.AddPage();
            page.Size = PageSize.A4;
            using var graphics = XGraphics.FromPdfPage(page);
            foreach (var part in flow.Pages[number])
            {
                Draw(access.StructureBuilder, graphics, part);
            }

            if (flow.Pages.Count > 1)
            {
                access.StructureBuilder.BeginArtifact();
                graphics.DrawString(
                    $"{number + 1} / {flow.Pages.Count}", flow.SmallFont, XBrushes.Black, page.Width.Point - 60, page.Height.Point - 14);
                access.StructureBuilder.End();
            }
        }

        using MemoryStream stream = new();
        document.Save(stream, closeStream: false);
        return stream.ToArray();
    }

    private static void Draw(StructureBuilder structure, XGraphics graphics, PdfPart part)
    {
        structure.BeginElement(part.Tag);
        foreach (var run in part.Runs)
        {
            graphics.DrawString(run.Words, run.Font, run.Brush, run.X, run.Y);
        }

        structure.End();
        if (part.Mark is { } mark)
        {
            structure.BeginArtifact();
            graphics.DrawRectangle(mark.Brush, mark.Place);
            structure.End();
        }
    }
}
