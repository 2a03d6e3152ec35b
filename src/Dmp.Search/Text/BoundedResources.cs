using System.Diagnostics.CodeAnalysis;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Graphics.Colors;
using UglyToad.PdfPig.PdfFonts;
using UglyToad.PdfPig.Tokenization.Scanner;
using UglyToad.PdfPig.Tokens;

namespace Dmp.Search.Text;

/// <summary>
/// What a page uses, with its fonts looked at before the library loads them: it makes an entry for each character of a range of widths, and
/// twenty bytes can name a range of two thousand million.
/// </summary>
internal sealed class BoundedResources(IResourceStore inner, IPdfTokenScanner scanner, BoundedFilters filters) : IResourceStore
{
    // Codes have two bytes (ISO 32000-1 9.7.4.3); ranges may repeat.
    private const double CodesMax = 1_000_000;
    private const int DepthMax = 4;

    public void LoadResourceDictionary(DictionaryToken resourceDictionary)
    {
        if (resourceDictionary.Data.TryGetValue("Font", out var fonts) && Resolve(fonts) is DictionaryToken named)
        {
            foreach (var font in named.Data.Values)
            {
                Check(font, 0);
            }
        }

        inner.LoadResourceDictionary(resourceDictionary);
    }

    public void UnloadResourceDictionary() => inner.UnloadResourceDictionary();

    public IFont? GetFont(NameToken name) => inner.GetFont(name);

    public IFont GetFontDirectly(IndirectReferenceToken fontReferenceToken)
    {
        Check(fontReferenceToken, 0);
        return inner.GetFontDirectly(fontReferenceToken);
    }

    public bool TryGetXObject(NameToken name, [NotNullWhen(true)] out StreamToken? stream) => inner.TryGetXObject(name, out stream);

    public bool TryGetXObjectReference(NameToken name, out IndirectReference reference) =>
        inner.TryGetXObjectReference(name, out reference);

    public DictionaryToken? GetExtendedGraphicsStateDictionary(NameToken name) => inner.GetExtendedGraphicsStateDictionary(name);

    public bool TryGetNamedColorSpace(NameToken name, out ResourceColorSpace namedColorSpace) =>
        inner.TryGetNamedColorSpace(name, out namedColorSpace);

    public ColorSpaceDetails GetColorSpaceDetails(NameToken? name, DictionaryToken? dictionary) =>
        inner.GetColorSpaceDetails(name, dictionary);

    public ColorSpaceDetails GetDeviceColorSpaceDetails(ColorSpace deviceColorSpace) =>
        inner.GetDeviceColorSpaceDetails(deviceColorSpace);

    public DictionaryToken? GetMarkedContentPropertiesDictionary(NameToken name) => inner.GetMarkedContentPropertiesDictionary(name);

    public IReadOnlyDictionary<NameToken, PatternColor> GetPatterns() => inner.GetPatterns();

    public Shading GetShading(NameToken name) => inner.GetShading(name);

    private void Check(IToken token, int depth)
    {
        if (depth > DepthMax || Resolve(token) is not DictionaryToken font)
        {
            return;
        }

        foreach (var (key, value) in font.Data)
        {
            if (key is "W" or "W2" && Resolve(value) is ArrayToken widths)
            {
                CheckRanges(widths);
            }
            else if (Resolve(value) is StreamToken stream)
            {
                // Bytes that are packed are looked at where they are unpacked.
                if (FontBytes.AreTooMuch(stream.Data.Span))
                {
                    throw filters.Stopped();
                }
            }
            else if (key == "FontDescriptor")
            {
                Check(value, depth + 1);
            }
            else if (key == "DescendantFonts")
            {
                foreach (var descendant in Resolve(value) is ArrayToken several ? several.Data : [value])
                {
                    Check(descendant, depth + 1);
                }
            }
        }
    }

    /// <summary>Two numbers side by side may be the ends of a range; a width behind an end adds little.</summary>
    private void CheckRanges(ArrayToken widths)
    {
        var (codes, before) = (0.0, (double?)null);
        foreach (var token in widths.Data)
        {
            var number = (Resolve(token) as NumericToken)?.Data;
            codes += before is { } first && number > first ? number.Value - first : 0;
            before = number;
            if (codes > CodesMax)
            {
                throw filters.Stopped();
            }
        }
    }

    private IToken? Resolve(IToken? token)
    {
        for (var i = 0; i < DepthMax && token is IndirectReferenceToken reference; i++)
        {
            token = scanner.Get(reference.Data)?.Data;
        }

        return token;
    }
}
