using System.Text;
using System.Xml;

namespace Dmp.Cda;

/// <summary>
/// Reads what the header of a CDA R2 document says, from a stream of any length, in bounded memory. Whatever the bytes are,
/// the answer is a result; only failures of the stream itself and cancellation are thrown.
/// </summary>
public static class CdaReader
{
    /// <summary>Characters that are decoded at once.</summary>
    internal const int DecodedChars = 16 * 1024;

    /// <summary>
    /// Reads one document from where the stream stands. The stream stays open. A <see cref="MemoryStream"/> is read without ever waiting.
    /// </summary>
    /// <param name="content">The bytes. Need not seek nor know its length.</param>
    /// <param name="options">Limits; null for the usual ones.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The stream failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<CdaReadResult> ReadAsync(
        Stream content, CdaReaderOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        options ??= new CdaReaderOptions();
        using var tooSlow = new CancellationTokenSource(options.TimeMax, options.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(tooSlow.Token, cancellationToken);
        var header = new CdaHeader(options);
        var reading = "/";
        try
        {
            await using var input = new CdaInput(content, options);
            var (encoding, skipped) = CdaEncoding.Detect((await input.PeekAsync(stop.Token)).Span);
            input.Skip(skipped);
            using var text = new StreamReader(input, encoding, detectEncodingFromByteOrderMarks: false, bufferSize: DecodedChars);
            using var xml = XmlReader.Create(text, Settings(options, waits: content.GetType() != typeof(MemoryStream)));
            var walk = new CdaWalk(xml, input, header, options, stop.Token);
            try
            {
                await walk.RunAsync();
            }
            finally
            {
                reading = walk.Place;
            }

            return new CdaReadResult(header.Conclude(), header.Faults);
        }
        catch (CdaRefusedException refused)
        {
            return Refused(header, refused.Kind, reading, refused.Message);
        }
        catch (OperationCanceledException) when (tooSlow.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Refused(header, CdaFaultKind.TooSlow, reading, $"Reading took more than {options.TimeMax.TotalSeconds:0} seconds.");
        }
        catch (XmlException broken)
        {
            var (kind, sentence) = Explain(broken);
            return Refused(header, kind, reading, sentence);
        }
        catch (DecoderFallbackException)
        {
            return Refused(
                header, CdaFaultKind.Encoding, reading,
                "Some bytes are no characters of the encoding that the document declares, or of UTF-8 when it declares none.");
        }
    }

    /// <summary>How the parser is set up for every document.</summary>
    internal static XmlReaderSettings Settings(CdaReaderOptions options, bool waits) => new()
    {
        Async = waits,
        CloseInput = false,
        DtdProcessing = DtdProcessing.Prohibit,
        // Nothing is left to the parser to ignore: its asynchronous methods call themselves for each node that they pass by, and a
        // run of a few thousand comments overflows the stack, which ends the process.
        IgnoreComments = false,
        IgnoreProcessingInstructions = false,
        IgnoreWhitespace = false,
        NameTable = new BoundedNames(options.NamesMax),
        XmlResolver = null,
    };

    /// <summary>
    /// Our own sentences, because those of the parser quote the document. It has no codes; where a beginning is not recognised
    /// the general sentence stands.
    /// </summary>
    private static (CdaFaultKind Kind, string Text) Explain(XmlException broken)
    {
        var at = $"(line {broken.LineNumber}, column {broken.LinePosition})";
        bool Begins(string text) => broken.Message.StartsWith(text, StringComparison.Ordinal);
        return Begins("For security reasons DTD") ? (CdaFaultKind.DocumentType, $"A document type declaration is not allowed {at}.")
            : Begins("Reference to undeclared entity")
                ? (CdaFaultKind.UndeclaredEntity, $"A reference to an entity that XML does not define {at}.")
            : Begins("Unexpected end of file") || Begins("There is an unclosed") || Begins("Root element is missing")
                ? (CdaFaultKind.Truncated, $"The document ends before its last element does {at}.")
            : (CdaFaultKind.NotWellFormed, $"The XML is not well formed {at}.");
    }

    private static CdaReadResult Refused(CdaHeader header, CdaFaultKind kind, string place, string text) =>
        new(null, [.. header.Faults, new CdaFault(kind, place, text)]);
}
