using System.Text;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Geometry;
using UglyToad.PdfPig.Graphics;
using UglyToad.PdfPig.Graphics.Operations;
using UglyToad.PdfPig.Parser;
using UglyToad.PdfPig.PdfFonts;
using UglyToad.PdfPig.Tokenization.Scanner;
using UglyToad.PdfPig.Tokens;

namespace Dmp.Search.Text;

/// <summary>
/// The glyphs of a page as words, in the order in which they are shown. A gap or a new line between two glyphs is told by where they
/// stand, because many programs place words without writing blanks.
/// </summary>
internal sealed class PdfGlyphs(
    int pageNumber,
    IResourceStore resourceStore,
    IPdfTokenScanner pdfScanner,
    IPageContentParser pageContentParser,
    ILookupFilterProvider filterProvider,
    CropBox cropBox,
    UserSpaceUnit userSpaceUnit,
    PageRotationDegrees rotation,
    in TransformationMatrix initialMatrix,
    ParsingOptions parsingOptions,
    TextDraft draft)
    : BaseStreamProcessor<string>(
        pageNumber, resourceStore, pdfScanner, pageContentParser, filterProvider, cropBox, userSpaceUnit, rotation, initialMatrix,
        parsingOptions)
{
    /// <summary>Parts of the height of a letter: less is the space between letters of one word.</summary>
    private const double Gap = 0.18;

    private const int GlyphsBetweenLooks = 255;

    // Each state that is put aside is held; drawings nest a few dozen.
    private const int StatesMax = 1_000;

    private readonly StringBuilder words = new();
    private PdfPoint end;
    private bool isBegun;
    private bool isFull;
    private int glyphs;

    public override string Process(int pageNumberCurrent, IReadOnlyList<IGraphicsStateOperation> operations)
    {
        CloneAllStates();
        ProcessOperations(operations);
        if (isFull)
        {
            draft.Miss(UnreadReason.TooLong);
        }

        return words.ToString().Trim();
    }

    public override void RenderGlyph(
        IFont font,
        CurrentGraphicsState currentState,
        double fontSize,
        double pointSize,
        int code,
        string? unicode,
        long currentOffset,
        in TransformationMatrix renderingMatrix,
        in TransformationMatrix textMatrix,
        in TransformationMatrix transformationMatrix,
        CharacterBoundingBox characterBoundingBox)
    {
        if ((++glyphs & GlyphsBetweenLooks) == 0)
        {
            draft.Look();
        }

        if (isFull || string.IsNullOrEmpty(unicode))
        {
            return;
        }

        var toPage = renderingMatrix.Multiply(textMatrix).Multiply(transformationMatrix);
        var start = toPage.Transform(new PdfPoint(0, 0));
        var width = toPage.Transform(new PdfPoint(characterBoundingBox.Width, 0));
        var top = toPage.Transform(new PdfPoint(0, 1));
        Separate(start, width, Distance(start, top));
        (end, isBegun) = (width, true);
        isFull = !Letters.Append(words, unicode, draft.CharsLeft);
    }

    /// <summary>The blank or line end between the last glyph and the next one, as the next one is written.</summary>
    private void Separate(PdfPoint start, PdfPoint next, double height)
    {
        if (!isBegun)
        {
            return;
        }

        var (x, y) = (next.X - start.X, next.Y - start.Y);
        var length = Math.Sqrt((x * x) + (y * y));
        (x, y) = length > 0 ? (x / length, y / length) : (1, 0);
        var (right, up) = (start.X - end.X, start.Y - end.Y);
        var along = (right * x) + (up * y);
        var across = Math.Abs((up * x) - (right * y));
        if (across > height * 0.6 || along < -height * 2)
        {
            Letters.EndLine(words);
        }
        else if (Math.Abs(along) > height * Gap)
        {
            Letters.Append(words, " ", draft.CharsLeft);
        }
    }

    private static double Distance(PdfPoint one, PdfPoint other) =>
        Math.Sqrt(((one.X - other.X) * (one.X - other.X)) + ((one.Y - other.Y) * (one.Y - other.Y)));

    public override void PushState()
    {
        if (StackSize > StatesMax)
        {
            throw new TextStoppedException(UnreadReason.TooLong);
        }

        base.PushState();
    }

    // A form may show others many times over, so each is a place to stop.
    protected override void ProcessFormXObject(StreamToken formStream, NameToken xObjectName)
    {
        draft.Look();
        if (!isFull)
        {
            base.ProcessFormXObject(formStream, xObjectName);
        }
    }

    protected override void RenderXObjectImage(XObjectContentRecord xObjectContentRecord)
    {
        // Pictures have no words.
    }

    protected override void RenderInlineImage(InlineImage inlineImage)
    {
    }

    protected override void ClipToRectangle(PdfRectangle rectangle, FillingRule clippingRule)
    {
    }

    public override void BeginSubpath()
    {
    }

    public override PdfPoint? CloseSubpath() => null;

    public override void StrokePath(bool close)
    {
    }

    public override void FillPath(FillingRule fillingRule, bool close)
    {
    }

    public override void FillStrokePath(FillingRule fillingRule, bool close)
    {
    }

    public override void MoveTo(double x, double y)
    {
    }

    public override void BezierCurveTo(double x2, double y2, double x3, double y3)
    {
    }

    public override void BezierCurveTo(double x1, double y1, double x2, double y2, double x3, double y3)
    {
    }

    public override void LineTo(double x, double y)
    {
    }

    public override void Rectangle(double x, double y, double width, double height)
    {
    }

    public override void EndPath()
    {
    }

    public override void ClosePath()
    {
    }

    public override void ModifyClippingIntersect(FillingRule clippingRule)
    {
    }

    public override void BeginMarkedContent(NameToken name, NameToken? propertyDictionaryName, DictionaryToken? properties)
    {
    }

    public override void EndMarkedContent()
    {
    }

    public override void PaintShading(NameToken shadingName)
    {
    }
}
