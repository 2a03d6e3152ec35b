using System.Text;
using System.Text.Json;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Parts;

/// <summary>
/// A value where it stands: a string of JSON with its quotes, or the text of an attribute of XML. It is decoded when it
/// is asked for.
/// </summary>
internal readonly struct RawValue
{
    private readonly ReadOnlyMemory<byte> quoted;
    private readonly string? text;
    private readonly bool isEscaped;

    public RawValue(ReadOnlyMemory<byte> quoted, bool isEscaped) => (this.quoted, this.isEscaped) = (quoted, isEscaped);

    public RawValue(string text) => this.text = text;

    /// <exception cref="FhirRefusedException">It holds half a character.</exception>
    public string Text()
    {
        if (text is not null)
        {
            return text;
        }

        try
        {
            var json = new Utf8JsonReader(quoted.Span);
            json.Read();
            return json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new FhirRefusedException(FhirFaultKind.Encoding, "Bundle", "A text holds half a character.");
        }
    }

    /// <summary>
    /// The value in UTF-8, without escapes; null when it holds half a character. What is no ASCII in XML becomes a question
    /// mark.
    /// </summary>
    public ReadOnlyMemory<byte>? Bytes()
    {
        if (text is not null)
        {
            return Encoding.ASCII.GetBytes(text);
        }

        if (!isEscaped)
        {
            return quoted[1..^1];
        }

        try
        {
            var json = new Utf8JsonReader(quoted.Span);
            json.Read();
            var bytes = new byte[quoted.Length];
            return bytes.AsMemory(0, json.CopyString(bytes));
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
