using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Geometry;
using UglyToad.PdfPig.Graphics.Operations;
using UglyToad.PdfPig.Outline.Destinations;
using UglyToad.PdfPig.Parser;
using UglyToad.PdfPig.Tokenization.Scanner;
using UglyToad.PdfPig.Tokens;

namespace Dmp.Search.Text;

/// <summary>Makes the words of a page of its operations, and nothing else: no letters, paths or pictures are kept.</summary>
/// <remarks>The library calls the constructor by its parameters; the draft comes with the filters, which are the document's own.</remarks>
internal sealed class PdfPageFactory(
    IPdfTokenScanner pdfScanner,
    IResourceStore resourceStore,
    ILookupFilterProvider filterProvider,
    IPageContentParser pageContentParser,
    ParsingOptions parsingOptions)
    : BasePageFactory<string>(
        pdfScanner,
        new BoundedResources(resourceStore, pdfScanner, (BoundedFilters)parsingOptions.FilterProvider!),
        filterProvider,
        pageContentParser,
        parsingOptions)
{
    protected override string ProcessPage(
        int pageNumber,
        DictionaryToken dictionary,
        NamedDestinations namedDestinations,
        MediaBox mediaBox,
        CropBox cropBox,
        UserSpaceUnit userSpaceUnit,
        PageRotationDegrees rotation,
        TransformationMatrix initialMatrix,
        IReadOnlyList<IGraphicsStateOperation> operations)
    {
        var filters = (BoundedFilters)ParsingOptions.FilterProvider!;
        return new PdfGlyphs(
            pageNumber, ResourceStore, PdfScanner, PageContentParser, FilterProvider, cropBox, userSpaceUnit, rotation, initialMatrix,
            ParsingOptions, filters.Draft).Process(pageNumber, operations);
    }
}
