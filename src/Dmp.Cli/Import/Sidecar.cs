using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Type.V1;
using Google.Protobuf;

namespace Dmp.Cli.Import;

/// <summary>
/// What the file <c>NAME.json</c> beside a document says about it: the patient (<c>ins</c>) or the record (<c>recordId</c>),
/// <c>metadata</c>,
/// <c>statedPatient</c>, <c>visibilityCodes</c>, <c>replacesDocumentId</c> with <c>etag</c>, as the contract's JSON.
/// </summary>
/// <param name="Intent">All but the patient.</param>
/// <param name="Patient">The patient.</param>
/// <param name="Warnings">Times that were written without an offset.</param>
internal sealed record Sidecar(UploadIntent Intent, Ins? Patient, IReadOnlyList<Warning> Warnings)
{
    public const string Extension = ".json";

    private const int BytesMax = 64 * 1024;

    private static readonly JsonNodeOptions nodes = new() { PropertyNameCaseInsensitive = false };

    private static readonly JsonDocumentOptions limits = new() { MaxDepth = 16 };

    private static readonly string[] times =
        ["creationTime", "creation_time", "serviceStartTime", "service_start_time", "serviceStopTime", "service_stop_time"];

    /// <summary>Whom it names, for the platform to compare with the record; null when it names nobody.</summary>
    public StatedPatient? Stated => Patient is null || Intent.StatedPatient is { Ins: not null }
        ? Intent.StatedPatient
        : new StatedPatient(Intent.StatedPatient ?? new()) { Ins = Patient };

    /// <summary>Reads the file; times without an offset are those of a clock. A <see cref="FormatException"/> says what is wrong with it,
    /// without a value.</summary>
    public static async Task<Sidecar> ReadAsync(Stream content, TimeZoneInfo clock, CancellationToken ct)
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

            List<Warning> warnings = [];
            if (root["metadata"] is JsonObject metadata)
            {
                foreach (var name in times)
                {
                    WithOffset(metadata, name, clock, warnings);
                }
            }

            var intent = JsonParser.Default.Parse<UploadIntent>(root.ToJsonString());
            return intent.RequestId.Length + intent.ExpectedSha256.Length > 0 || intent.HasExpectedSizeBytes || intent.ValidateOnly
                ? throw new FormatException("requestId, expectedSha256, expectedSizeBytes and validateOnly are set by the command.")
                : new Sidecar(intent, patient, warnings);
        }
        catch (Exception malformed) when (malformed is JsonException or ArgumentException)
        {
            throw new FormatException("It is no JSON.");
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or InvalidJsonException)
        {
            // The parser's own sentence may quote a value.
            throw new FormatException(
                "A field is not known or has the wrong type: ins, recordId, metadata, statedPatient, visibilityCodes, "
                + "replacesDocumentId and etag are, as in the contract's JSON.");
        }
    }

    /// <summary>Writes a time as the contract's JSON wants it.</summary>
    private static void WithOffset(JsonObject metadata, string name, TimeZoneInfo clock, List<Warning> warnings)
    {
        if (metadata[name] is not JsonValue value || !value.TryGetValue<string>(out var text))
        {
            return;
        }

        // ISO 8601 alone: what HL7 writes looks like a number to everybody else.
        if (!text.Contains('-', StringComparison.Ordinal) || !CdaTime.TryRead(text, out var time) || time.Precision < CdaPrecision.Day)
        {
            throw new FormatException($"metadata.{name} is malformed: no time as in ISO 8601, such as 2026-05-04T10:00:00+02:00.");
        }

        var taken = time.In(clock);
        metadata[name] = taken.Time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        if (!time.HasOffset)
        {
            var local = time.Time.DateTime;
            warnings.Add(new Warning
            {
                Field = $"metadata.{name}",
                Description = time.Precision == CdaPrecision.Day ? "The time is a day alone; its beginning in UTC was taken."
                    : $"The time has no offset; it was taken as {clock.Id}."
                        + (clock.IsAmbiguousTime(local) ? " It comes twice on that day, when clocks are put back: the first one was taken."
                            : clock.IsInvalidTime(local)
                                ? " It never comes on that day, because clocks are put forward: it was counted on from before."
                                : ""),
            });
        }
    }
}
