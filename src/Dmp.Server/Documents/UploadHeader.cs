using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Errors;
using Dmp.Server.Media;
using Dmp.Server.Pipeline;
using Dmp.Storage;
using Dmp.Type.V1;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>What the header of a CDA document adds to an upload.</summary>
internal sealed partial class DocumentService
{
    /// <summary>
    /// Documents up to this size are read to their end, so that nothing broken comes in: it costs half as much again as the header. Of
    /// larger ones the header is read and the end looked at; those that may carry files are read on by <see cref="ContentInspector"/>.
    /// </summary>
    private const long WholeBytesMax = 1024 * 1024;

    /// <summary>Most documents are smaller. A longer array is a large object to the garbage collector.</summary>
    private const int HeldBytesMax = 80 * 1024;

    /// <summary>
    /// The plan with what the header says, and the form of the content. Reads the bytes again, outside of any transaction: from memory, or
    /// from the cache of the disk, so that of large ones nothing is held in memory while they stream in.
    /// </summary>
    private async Task<(UploadPlan Plan, ContentForm Form)> WithHeaderAsync(
        Call call, UploadPlan plan, IContentReader reader, SniffedForm sniffed, CancellationToken ct)
    {
        var described = await ReadHeaderAsync(call, plan, reader, sniffed, ct);
        var odd = await inspector.InspectAsync(reader, sniffed, described.Plan.Header, plan.ContentId, call.ServerRequestId, ct);
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
        if (sniffed is not (SniffedForm.CdaR2 or SniffedForm.CdaSelfPresenting or SniffedForm.OtherXml))
        {
            RequireComplete(plan);
            var named = sniffed == SniffedForm.Dicom ? await KosPatient.ReadAsync(reader, ct) : null;
            return (plan with { NamedByContent = named }, UploadContentRules.ToContract(sniffed, null));
        }

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

        if (CdaRules.Ambiguity(read.Faults) is { } ambiguity)
        {
            throw Unreadable(ambiguity);
        }

        if (!await IsWholeAsync(reader, ct))
        {
            throw Unreadable(new CdaFault(CdaFaultKind.Truncated, "/", "The document ends before its last element does."));
        }

        return (Described(call, plan, header, read.Faults), FormOf(header));
    }

    private UploadPlan Described(Call call, UploadPlan plan, CdaDocument header, IReadOnlyList<CdaFault> faults)
    {
        var given = plan.Message.Metadata;
        List<Warning> warnings = [.. faults.Select(fault => new Warning { Field = fault.Place, Description = fault.Text })];
        var mapping = new CdaMapping(warnings);
        var derived = mapping.ToMetadata(header);
        var disagreements = new FieldFaults();
        CdaRules.CheckAgreement(given, header, derived, disagreements);
        disagreements.ThrowIfAny(ErrorReason.CdaMetadataMismatch);

        var merged = mapping.Merge(given, derived);
        var authorsOfHeader = given is null or { Authors: [] };
        var missing = new FieldFaults();
        CdaRules.RequireComplete(merged, faults, missing);
        missing.Require(
            merged.Confidentiality is not null || header.Confidentiality is null,
            "metadata.confidentiality",
            "Required, because what the header says at /ClinicalDocument/confidentialityCode is none of N, R and V of 2.16.840.1.113883.5.25.");
        DocumentRules.Check(merged, call.Caller, time.GetUtcNow(), authorsOfHeader, missing);
        missing.ThrowIfAny();

        if (authorsOfHeader)
        {
            warnings.AddRange(UploadPlan.Warnings(merged));
            if (call.Caller.StructureId is { } own && merged.Authors.All(author => author.Institution?.Id != own))
            {
                warnings.Add(new Warning { Field = "metadata.authors", Description = "No author in the header has the caller's own structure as institution." });
            }
        }

        return plan with
        {
            Metadata = UploadPlan.Complete(merged, call.Caller),
            Header = header,
            HeaderWarnings = warnings,
        };
    }

    /// <summary>
    /// Inside of the transaction: the patient of the header is the patient of the record, and what the header replaces is what
    /// the upload replaces. Returns the plan with the document found, and the warnings for the answer.
    /// </summary>
    private static async Task<(UploadPlan Plan, List<Warning> Warnings)> PlaceAsync(
        NpgsqlConnection connection, RecordAccess access, UploadFacts facts, UploadPlan plan, CancellationToken ct)
    {
        List<Warning> warnings = [.. plan.HeaderWarnings];
        var identity = facts.Identities[access.RecordId];
        RequireSamePatient(plan.Message, identity, warnings);
        if (plan.NamedByContent is { } patient && PatientRules.IsOther(patient, identity, warnings))
        {
            throw Failures.Of(ErrorReason.PatientMismatch, ("place", "document"));
        }

        if (plan.Header is not { } header)
        {
            return (plan, warnings);
        }

        if (!CdaRules.IsPatientOf(header, identity, warnings))
        {
            // What cannot be read agrees with nothing: whoever sent it must learn that.
            throw plan.HeaderWarnings.FirstOrDefault(warning => warning.Field.StartsWith("/ClinicalDocument/recordTarget", StringComparison.Ordinal)) is { } odd
                ? Failures.Of(ErrorReason.CdaPatientMismatch, ("place", odd.Field), ("description", odd.Description))
                : Failures.Of(ErrorReason.CdaPatientMismatch);
        }

        var replacedIds = CdaMetadata.From(header).ReplacedIds;
        if (replacedIds.Count == 0)
        {
            return (plan, warnings);
        }

        var found = await CdaSql.FindReplacedAsync(connection, access, UploadPlan.DepositorKey(access.Caller), [.. replacedIds.Select(CdaMapping.KeptId)], ct);
        // What the caller does not see is not known to anybody here, and a deleted document is nothing to go on from.
        var parent = found is null ? null : await DocumentSql.FindForChangeAsync(connection, access, found.DocumentId, ct);
        if (parent is null or { State: (short)DocumentStatus.Deleted })
        {
            if (plan.Replaces is null)
            {
                warnings.Add(new Warning
                {
                    Field = "/ClinicalDocument/relatedDocument",
                    Description = "The document that this one replaces was not added to this record by the same depositor; this one is stored as new.",
                });
            }

            return (plan, warnings);
        }

        if (plan.Replaces is { } named)
        {
            var faults = new FieldFaults();
            faults.Require(named == parent.DocumentId, "replaces_document_id", "The header of the document says that it replaces another one.");
            faults.ThrowIfAny(ErrorReason.CdaMetadataMismatch);
        }
        else if (!found!.IsCurrent)
        {
            throw Failures.Of(ErrorReason.DocumentStateConflict, ("state", nameof(DocumentStatus.Deprecated).ToUpperInvariant()));
        }

        return (plan with { Replaces = parent.DocumentId }, warnings);
    }

    private static void RequireSamePatient(UploadIntent intent, RecordIdentity identity, List<Warning> warnings)
    {
        if (PatientRules.FindOther(intent, identity, warnings) is { } place)
        {
            throw Failures.Of(ErrorReason.PatientMismatch, ("place", place));
        }
    }

    private static void RequireComplete(UploadPlan plan)
    {
        var faults = new FieldFaults();
        DocumentRules.RequireComplete(plan.Message.Metadata, "Required, because the content is no CDA document.", faults);
        faults.ThrowIfAny();
    }

    private static async Task<bool> IsWholeAsync(IContentReader reader, CancellationToken ct)
    {
        var tail = new byte[Math.Min(CdaTail.BytesMax, reader.Length)];
        var read = await reader.ReadAsync(reader.Length - tail.Length, tail, ct);
        return CdaTail.IsWhole(tail.AsSpan(0, read));
    }

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
