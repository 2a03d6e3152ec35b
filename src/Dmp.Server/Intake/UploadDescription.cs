using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Fhir;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Media;
using Dmp.Server.Options;
using Dmp.Storage;
using Dmp.Type.V1;
using Google.Protobuf;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>What the bytes that have come say about themselves: form, header, and what is odd about them.</summary>
internal sealed class UploadDescription(
    ContentInspector inspector, FhirHeaders fhirHeaders, IOptions<UploadOptions> uploadOptions, TimeProvider time)
{
    /// <summary>
    /// Documents up to this size are read to their end, so that nothing broken comes in: it costs half as much again as the header. Of
    /// larger ones the header is read and the end looked at; those that may carry files are read on by <see cref="ContentInspector"/>.
    /// </summary>
    private const long WholeBytesMax = 1024 * 1024;

    /// <summary>Most documents are smaller. A longer array is a large object to the garbage collector.</summary>
    private const int HeldBytesMax = 80 * 1024;

    /// <summary>All that can be said about the bytes without the database; what is larger is durable behind this.</summary>
    public async Task<UploadArrival> DescribeAsync(Call call, UploadFinish finish, UploadReceiver receiver)
    {
        var (plan, sink, ct) = (receiver.Plan, receiver.Sink, receiver.LetGo);
        var content = sink.Digests();
        UploadContentRules.RequireAnnounced(finish, plan.Message, content);
        await using var reader = sink.Reader();

        // The cast keeps null what is null: without it, no bytes are none of a small document.
        var small = sink.IsSmall ? (ReadOnlyMemory<byte>?)sink.Small : null;
        var upload = await DescribeAsync(call, plan, content, sink.Form(), reader, small, sink.RecordKeyId, ct);
        await sink.CommitAsync(ct);
        return upload;
    }

    /// <summary>The same for a document whose bytes came in one message.</summary>
    public Task<UploadArrival> DescribeAsync(Call call, UploadPlan plan, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        var content = ContentDigest.Of(bytes.Span);
        UploadFinish finish = new() { SizeBytes = content.Size, Sha256 = UnsafeByteOperations.UnsafeWrap(content.Sha256) };
        UploadContentRules.RequireAnnounced(finish, plan.Message, content);
        var sniffer = new ContentSniffer();
        sniffer.Observe(bytes.Span);
        return DescribeAsync(call, plan, content, sniffer.Conclude(), new MemoryContent(bytes), bytes, recordKeyId: null, ct);
    }

    private async Task<UploadArrival> DescribeAsync(
        Call call,
        UploadPlan intent,
        ContentDigests content,
        SniffedForm sniffed,
        IContentReader reader,
        ReadOnlyMemory<byte>? small,
        Guid? recordKeyId,
        CancellationToken ct)
    {
        var mediaType = intent.Metadata.MediaType;
        if (mediaType.Length > 0 && !UploadContentRules.Agrees(mediaType, sniffed))
        {
            throw Failures.Of(ErrorReason.MediaTypeMismatch, ("media_type", mediaType));
        }

        var (described, form) = await WithHeaderAsync(call, intent, reader, UploadContentRules.As(mediaType, sniffed), ct);
        return new UploadArrival(call, described, content, form, small, recordKeyId);
    }

    /// <summary>
    /// The plan with what the header says, and the form of the content. Reads the bytes again, outside of any transaction: from memory, or
    /// from the cache of the disk, so that of large ones nothing is held in memory while they stream in.
    /// </summary>
    private async Task<(UploadPlan Plan, ContentForm Form)> WithHeaderAsync(
        Call call, UploadPlan plan, IContentReader reader, SniffedForm sniffed, CancellationToken ct)
    {
        var described = await ReadHeaderAsync(call, plan, reader, sniffed, ct);
        var odd = await inspector.InspectAsync(reader, sniffed, described.Plan.Header?.Cda, plan.ContentId, call.ServerRequestId, ct);
        var told = odd.Select(description => new Warning { Field = "content", Description = description });
        return (described.Plan with { HeaderWarnings = [.. described.Plan.HeaderWarnings, .. told] }, described.Form);
    }

    /// <summary>In memory when it is small: what need not wait is parsed in less time.</summary>
    private static async Task<Stream> OpenForReadingAsync(IContentReader reader, CancellationToken ct)
    {
        var stream = new ContentStream(reader, long.MaxValue);
        if (reader.Length > HeldBytesMax)
        {
            return stream;
        }

        await using (stream)
        {
            var bytes = new byte[reader.Length];
            await stream.ReadExactlyAsync(bytes, ct);
            return new MemoryStream(bytes, writable: false);
        }
    }

    private async Task<(UploadPlan Plan, ContentForm Form)> ReadHeaderAsync(
        Call call, UploadPlan plan, IContentReader reader, SniffedForm sniffed, CancellationToken ct)
    {
        switch (sniffed)
        {
            case SniffedForm.CdaR2 or SniffedForm.CdaSelfPresenting or SniffedForm.OtherXml:
                return await ReadCdaAsync(call, plan, reader, sniffed, ct);
            case SniffedForm.Json or SniffedForm.FhirXml:
                return await ReadFhirAsync(call, plan, reader, ct);
            default:
                RequireComplete(plan);
                var named = sniffed == SniffedForm.Dicom ? await KosPatient.ReadAsync(reader, ct) : null;
                return (plan with { NamedByContent = named }, UploadContentRules.ToContract(sniffed, null));
        }
    }

    private async Task<(UploadPlan Plan, ContentForm Form)> ReadFhirAsync(
        Call call, UploadPlan plan, IContentReader reader, CancellationToken ct)
    {
        var read = await fhirHeaders.ReadAsync(reader, ct);
        if (read.Header is { } header)
        {
            var form = header.Format == FhirFormat.Json ? ContentForm.FhirJson : ContentForm.FhirXml;
            return (Described(call, plan, DocumentHeader.Of(header, read.Faults)), form);
        }

        var refusal = read.Faults[^1];
        if (refusal.Kind == FhirFaultKind.WrongRoot && plan.Message.Metadata?.MediaType is null or "")
        {
            // JSON that is no FHIR and claims not to be: of no kind that describes itself.
            RequireComplete(plan);
        }

        throw Failures.Of(
            ErrorReason.FhirUnreadable, ("fault", $"{refusal.Kind}"), ("place", refusal.Path), ("description", refusal.Text));
    }

    private async Task<(UploadPlan Plan, ContentForm Form)> ReadCdaAsync(
        Call call, UploadPlan plan, IContentReader reader, SniffedForm sniffed, CancellationToken ct)
    {
        await using var stream = await OpenForReadingAsync(reader, ct);
        var options = new CdaReaderOptions
        {
            ReadWhole = reader.Length <= WholeBytesMax,
            DocumentBytesMax = uploadOptions.Value.DocumentBytesMax,
            TimeZone = uploadOptions.Value.TimeZoneOf(call.Caller.StructureId),
            Time = time,
        };
        var read = await CdaReader.ReadAsync(stream, options, ct);
        if (read.Document is not { } header)
        {
            var refusal = read.Faults[^1];
            if (refusal.Kind != CdaFaultKind.WrongRoot || sniffed != SniffedForm.OtherXml)
            {
                throw Unreadable(refusal);
            }

            // XML that is no CDA document and claims not to be one: described by hand, as any other format.
            RequireComplete(plan);
            return (plan, ContentForm.Xml);
        }

        if (Ambiguity(read.Faults) is { } ambiguity)
        {
            throw Unreadable(ambiguity);
        }

        if (!await IsWholeAsync(reader, ct))
        {
            throw Unreadable(new CdaFault(CdaFaultKind.Truncated, "/", "The document ends before its last element does."));
        }

        return (Described(call, plan, DocumentHeader.Of(header, read.Faults)), FormOf(header));
    }

    private UploadPlan Described(Call call, UploadPlan plan, DocumentHeader header)
    {
        var given = plan.Message.Metadata;
        List<Warning> warnings = [.. header.Faults.Select(fault => new Warning { Field = fault.Place, Description = fault.Text })];
        var mapping = new HeaderMapping(header, warnings);
        var derived = mapping.ToMetadata();
        var disagreements = new FieldFaults();
        HeaderRules.CheckAgreement(given, header, derived, disagreements);
        disagreements.ThrowIfAny(header.MetadataMismatch);

        var merged = mapping.Merge(given, derived);
        var authorsOfHeader = given is null or { Authors: [] };
        var missing = new FieldFaults();
        HeaderRules.RequireComplete(merged, header, missing);
        missing.Require(
            merged.Confidentiality is not null || header.Metadata.Confidentiality is null,
            "metadata.confidentiality",
            $"Required, because what the header says at {header.Places.Confidentiality} is none of N, R and V of "
                + "2.16.840.1.113883.5.25.");
        DocumentRules.Check(merged, call.Caller, time.GetUtcNow(), authorsOfHeader, missing);
        missing.ThrowIfAny();

        if (authorsOfHeader)
        {
            warnings.AddRange(UploadPlan.Warnings(merged));
            if (call.Caller.StructureId is { } own && merged.Authors.All(author => author.Institution?.Id != own))
            {
                const string None = "No author in the header has the caller's own structure as institution.";
                warnings.Add(new Warning { Field = "metadata.authors", Description = None });
            }
        }

        return plan with
        {
            Metadata = UploadPlan.Complete(merged, call.Caller),
            Header = header,
            HeaderWarnings = warnings,
        };
    }

    private static void RequireComplete(UploadPlan plan)
    {
        var faults = new FieldFaults();
        DocumentRules.RequireComplete(plan.Message.Metadata, "Required, because the content is neither a CDA nor a FHIR document.", faults);
        faults.ThrowIfAny();
    }

    private static async Task<bool> IsWholeAsync(IContentReader reader, CancellationToken ct)
    {
        var tail = new byte[Math.Min(CdaTail.BytesMax, reader.Length)];
        var read = await reader.ReadAsync(reader.Length - tail.Length, tail, ct);
        return CdaTail.IsWhole(tail.AsSpan(0, read));
    }

    /// <summary>
    /// The defect because of which a header cannot be believed: it says twice who or what it is. Null when there is none; other
    /// defects leave out a value, and are warnings.
    /// </summary>
    private static CdaFault? Ambiguity(IEnumerable<CdaFault> faults) => faults.FirstOrDefault(fault =>
        fault.Kind == CdaFaultKind.Repeated
        && fault.Place.Split('/', '[')[2] is "id" or "code" or "component");

    private static ContentForm FormOf(CdaDocument header) => (header.IsSelfPresenting, header.Body?.Level) switch
    {
        (true, _) => ContentForm.CdaSelfPresenting,
        (_, 1) => ContentForm.CdaUnstructured,
        (_, 3) => ContentForm.CdaStructured,
        _ => ContentForm.CdaOther,
    };

    private static Grpc.Core.RpcException Unreadable(CdaFault fault) => Failures.Of(
        ErrorReason.CdaUnreadable, ("fault", fault.Kind.ToString()), ("place", fault.Place), ("description", fault.Text));
}
