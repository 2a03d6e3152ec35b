using System.Text;
using System.Xml;
using Dmp.Fhir.Parts;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir;

/// <summary>
/// Looks at what a document carries besides data: its files, and narratives that would act. It goes over the bytes, because the tree of
/// the other readers drops values that are long.
/// </summary>
public static class FhirParts
{
    /// <summary>
    /// The parts in the order in which they end, found one at a time while they are asked for. Whatever the bytes are, nothing is thrown:
    /// what cannot be looked through ends with a <see cref="FhirUnseenPart"/>.
    /// </summary>
    /// <param name="content">The whole document.</param>
    /// <param name="options">
    /// Limits; null for the usual ones. Those of bytes, nesting and time hold, the last one without what the caller does between parts.
    /// </param>
    public static IEnumerable<FhirPart> Read(ReadOnlyMemory<byte> content, FhirReaderOptions? options = null)
    {
        options ??= new FhirReaderOptions();
        if (Open(content, options, out var refused) is not { } walk)
        {
            yield return new FhirUnseenPart("Bundle", refused);
            yield break;
        }

        using (walk)
        {
            while (walk.Next() is { } part)
            {
                yield return part;
            }
        }
    }

    private static PartWalk? Open(ReadOnlyMemory<byte> content, FhirReaderOptions options, out FhirFaultKind refused)
    {
        refused = FhirFaultKind.DocumentTooLong;
        if (content.Length > options.DocumentBytesMax)
        {
            return null;
        }

        try
        {
            return FhirSource.FormatOf(content) == FhirFormat.Json ? new JsonParts(content, options) : new XmlParts(content, options);
        }
        catch (FhirRefusedException other)
        {
            refused = other.Kind;
            return null;
        }
        catch (Exception broken) when (broken is XmlException or DecoderFallbackException)
        {
            // A reader of XML looks at the first bytes when it is made.
            refused = FhirFaultKind.NotWellFormed;
            return null;
        }
    }
}
