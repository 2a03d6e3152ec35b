using System.Xml;
using Dmp.Document.V1;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Media;
using Dmp.Server.Options;
using Google.Protobuf;

namespace Dmp.Server.Intake;

/// <summary>Rules on submission sets that need no I/O.</summary>
internal static class SubmissionSetRules
{
    public const int SignatureBytesMax = 64 * 1024;

    private const int DocumentsMax = 64;
    private const int MetadataBytesMax = 64 * 1024;
    private const int DepthMax = 64;

    /// <summary>
    /// As many documents as the window has room for beside their set, whatever their sizes: none of the window is ever lacking to a set
    /// that was taken.
    /// </summary>
    public static int DocumentsMaxOf(ImportOptions window) =>
        (int)Math.Min(DocumentsMax, Math.Min(window.WindowItems - 1, window.WindowBytes / UploadSink.SmallBytesMax));

    /// <summary>Checks what is said of a set; the ids are checked by whoever reads them.</summary>
    public static void Check(SubmissionSetIntent intent, DateTimeOffset now, FieldFaults faults)
    {
        faults.Require(intent.Signature.Length <= SignatureBytesMax, "signature", $"Must have at most {SignatureBytesMax} bytes.");
        if (intent.Signature.Length is > 0 and <= SignatureBytesMax)
        {
            faults.Require(IsXml(intent.Signature), "signature", "Must be well-formed XML without a document type.");
        }

        if (intent.Metadata is not { } metadata)
        {
            return;
        }

        faults.Require(metadata.CalculateSize() <= MetadataBytesMax, "metadata", $"Must have at most {MetadataBytesMax} bytes.");
        faults.Text(metadata.UniqueId, "metadata.unique_id", 128);
        faults.Require(!metadata.UniqueId.Any(char.IsWhiteSpace), "metadata.unique_id", "Must not contain white space.");
        faults.Require(
            metadata.SourceId.Length == 0 || IsOid(metadata.SourceId), "metadata.source_id", "Must be an OID of at most 64 characters.");
        faults.Text(metadata.Title, "metadata.title", 256);
        faults.Text(metadata.Comments, "metadata.comments", 1000);
        PartRules.CheckCoding(metadata.ContentType, "metadata.content_type", faults);
        faults.Require(
            metadata.ContentType is null or { System: "" } or { Code: "" } || ContentTypes.IsKnown(metadata.ContentType),
            "metadata.content_type",
            "Must be of value set J59: TRE_R209 1.2.250.1.213.2.2, TRE_R02 1.2.250.1.71.4.2.4, EXP_PATIENT, or 05, 11 or 12 of TRE_R276.");
        PartRules.CheckAuthors(metadata.Authors, faults);
        var submission = DocumentRules.CheckTime(metadata.SubmissionTime, "metadata.submission_time", faults);
        faults.Require(
            submission is null || submission <= now.AddDays(1), "metadata.submission_time", "Must not be more than a day in the future.");
        PartRules.CheckEntryUuid(metadata.EntryUuid, faults);
    }

    private static bool IsOid(string text) =>
        text.Length <= 64
        && text.Split('.') is { Length: > 1 } arcs
        && arcs.All(arc => arc.Length > 0 && arc.All(char.IsAsciiDigit) && (arc.Length == 1 || arc[0] != '0'))
        && arcs[0] is "0" or "1" or "2";

    private static bool IsXml(ByteString signature)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(signature.ToByteArray(), writable: false), HardenedXml.Settings());
            while (reader.Read())
            {
                if (reader.Depth > DepthMax)
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception broken) when (HardenedXml.IsBadXml(broken))
        {
            return false;
        }
    }
}
