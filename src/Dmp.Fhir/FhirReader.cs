using Dmp.Facts;
using Dmp.Fhir.Statements;
using Dmp.Fhir.Header;
using Dmp.Fhir.Narratives;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir;

/// <summary>
/// Reads FHIR R4 documents: a <c>Bundle</c> of type <c>document</c>, in JSON or XML, told apart by their bytes. Whatever the bytes are, the
/// answer is a result; only failures of the stream itself and cancellation are thrown.
/// </summary>
public static class FhirReader
{
    /// <summary>Reads what a document says of itself, from where the stream stands. The stream stays open.</summary>
    /// <param name="content">The bytes. Need not seek nor know its length.</param>
    /// <param name="options">Limits; null for the usual ones.</param>
    /// <param name="cancellationToken">Gives up waiting for bytes.</param>
    /// <exception cref="IOException">The stream failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<FhirHeaderResult> ReadHeaderAsync(
        Stream content, FhirReaderOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        options ??= new FhirReaderOptions();
        return ReadHeader(await FhirSource.TakeAsync(content, options, cancellationToken), options);
    }

    /// <summary>Reads what a document says of itself.</summary>
    /// <param name="content">The whole document.</param>
    /// <param name="options">Limits; null for the usual ones.</param>
    public static FhirHeaderResult ReadHeader(ReadOnlyMemory<byte> content, FhirReaderOptions? options = null)
    {
        options ??= new FhirReaderOptions();
        var faults = new Faults(options);
        try
        {
            CheckLength(content, options);
            var header = HeaderReader.Read(FhirBundle.Read(content, options, faults));
            return new FhirHeaderResult(header, faults.Found);
        }
        catch (FhirRefusedException refused)
        {
            faults.Refuse(refused);
            return new FhirHeaderResult(null, faults.Found);
        }
    }

    /// <summary>Reads what a document says of itself and what it states, from where the stream stands. The stream stays open.</summary>
    /// <param name="content">The bytes. Need not seek nor know its length.</param>
    /// <param name="options">Limits; null for the usual ones.</param>
    /// <param name="cancellationToken">Gives up waiting for bytes.</param>
    /// <exception cref="IOException">The stream failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<FhirFactResult> ReadFactsAsync(
        Stream content, FhirReaderOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        options ??= new FhirReaderOptions();
        return ReadFacts(await FhirSource.TakeAsync(content, options, cancellationToken), options);
    }

    /// <summary>Reads what a document says of itself and what it states.</summary>
    /// <param name="content">The whole document.</param>
    /// <param name="options">Limits; null for the usual ones.</param>
    public static FhirFactResult ReadFacts(ReadOnlyMemory<byte> content, FhirReaderOptions? options = null)
    {
        options ??= new FhirReaderOptions();
        var faults = new Faults(options);
        try
        {
            CheckLength(content, options);
            var bundle = FhirBundle.Read(content, options, faults);

            // The header takes parts of the document that would else be counted as not read.
            var header = HeaderReader.Read(bundle);
            var (reading, resources) = FactWalk.Read(bundle);
            return new FhirFactResult(header, reading, resources, faults.Found);
        }
        catch (FhirRefusedException refused)
        {
            faults.Refuse(refused);
            return new FhirFactResult(null, new FactReading([], [], refused.Message), [], faults.Found);
        }
    }

    /// <summary>
    /// Reads the words that a document has for people: those of its sections, and those of resources that no section
    /// repeats.
    /// </summary>
    /// <param name="content">The whole document.</param>
    /// <param name="options">
    /// Limits; null for the usual ones. A narrative may have <see cref="FhirReaderOptions.ValueCharsMax"/>, in JSON as it is written.
    /// </param>
    public static FhirNarrativeResult ReadNarratives(ReadOnlyMemory<byte> content, FhirReaderOptions? options = null)
    {
        options ??= new FhirReaderOptions();
        var faults = new Faults(options);
        try
        {
            CheckLength(content, options);
            var bundle = FhirBundle.Read(content, NarrativeReader.Options(options), faults);
            return new FhirNarrativeResult(NarrativeReader.Read(bundle), bundle.PassedOver, faults.Found);
        }
        catch (FhirRefusedException refused)
        {
            faults.Refuse(refused);
            return new FhirNarrativeResult([], 0, faults.Found);
        }
    }

    private static void CheckLength(ReadOnlyMemory<byte> content, FhirReaderOptions options)
    {
        if (content.Length > options.DocumentBytesMax)
        {
            throw new FhirRefusedException(
                FhirFaultKind.DocumentTooLong, "Bundle", $"The document has more than {options.DocumentBytesMax} bytes.");
        }
    }
}
