using System.Text.Json;
using System.Text.Json.Nodes;
using Dmp.Document.V1;
using Dmp.Type.V1;
using Google.Protobuf;

namespace Dmp.Cli.Import;

/// <summary>
/// What the file <c>NAME.json</c> beside a document says about it: the patient (<c>ins</c>) or the record (<c>recordId</c>), <c>metadata</c>,
/// <c>visibilityCodes</c>, <c>replacesDocumentId</c> with <c>etag</c>, as the contract's JSON.
/// </summary>
/// <param name="Intent">All but the patient.</param>
/// <param name="Patient">The patient.</param>
internal sealed record Sidecar(UploadIntent Intent, Ins? Patient)
{
    public const string Extension = ".json";

    private const int BytesMax = 64 * 1024;

    private static readonly JsonNodeOptions nodes = new() { PropertyNameCaseInsensitive = false };

    private static readonly JsonDocumentOptions limits = new() { MaxDepth = 16 };

    /// <summary>Reads the file; a <see cref="FormatException"/> says what is wrong with it, without a value.</summary>
    public static async Task<Sidecar> ReadAsync(Stream content, CancellationToken ct)
    {
        var buffer = new byte[BytesMax + 1];
        var length = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        if (length > BytesMax)
        {
            throw new FormatException($"It has more than {BytesMax} bytes.");
        }

        try
        {
            if (JsonNode.Parse(buffer.AsSpan(0, length), nodes, limits) is not JsonObject root)
            {
                throw new FormatException("It is no JSON object.");
            }

            Ins? patient = null;
            if (root.Remove("ins", out var ins) && ins is not null)
            {
                patient = JsonParser.Default.Parse<Ins>(ins.ToJsonString());
            }

            var intent = JsonParser.Default.Parse<UploadIntent>(root.ToJsonString());
            return intent.RequestId.Length + intent.ExpectedSha256.Length > 0 || intent.HasExpectedSizeBytes || intent.ValidateOnly
                ? throw new FormatException("requestId, expectedSha256, expectedSizeBytes and validateOnly are set by the command.")
                : new Sidecar(intent, patient);
        }
        catch (Exception malformed) when (malformed is JsonException or ArgumentException)
        {
            throw new FormatException("It is no JSON.");
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or InvalidJsonException)
        {
            // The parser's own sentence may quote a value.
            throw new FormatException("A field is not known or has the wrong type: ins, recordId, metadata, visibilityCodes, replacesDocumentId and etag are, as in the contract's JSON.");
        }
    }
}
