using Dmp.Cda;
using Dmp.Type.V1;
using Dmp.Xdm;

namespace Dmp.Cli.Import;

/// <summary>The documents of an IHE XDM package, with the metadata that it says.</summary>
internal sealed class PackagePlan
{
    private const string SignatureFormat = "http://www.w3.org/2000/09/xmldsig#";

    /// <summary>What the platform keeps as the signature of a submission set.</summary>
    private const int SignatureBytesMax = 64 * 1024;

    private readonly FileTree tree;
    private readonly XdmPackage package;
    private readonly Dictionary<string, string> keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (PlannedSet Set, IReadOnlyList<Warning> Warnings)> sets = new(StringComparer.Ordinal);

    public PackagePlan(FileTree tree, string rootName)
    {
        this.tree = tree;
        package = XdmPackage.Read(tree, rootName);
        foreach (var (subset, submission) in package.Submissions)
        {
            var mapped = SetReading.ToContract(submission);
            sets[subset] = (new PlannedSet(subset, mapped.Metadata), mapped.Warnings);
        }

        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach (var document in package.Documents)
        {
            var place = document.File?.Name ?? $"{document.Subset}/METADATA.XML";
            keys[IdOf(document)] = taken.Add(place) ? place : $"{place}#{document.Entry.EntryUuid}";
        }
    }

    public IReadOnlyList<XdmDocument> Candidates => package.Documents;

    public async Task<PlannedDocument> PlanAsync(XdmDocument source, CancellationToken ct)
    {
        var mapped = EntryReading.ToContract(source.Entry);
        PlannedDocument document = new()
        {
            Key = keys[IdOf(source)],
            File = source.File,
            Metadata = mapped.Metadata,
            VisibilityCodes = mapped.VisibilityCodes,
            Patient = mapped.Patient,
            Stated = mapped.Stated,
            UniqueId = mapped.Metadata.UniqueId,
            Submission = sets[source.Subset].Set,
            IsSignature = IsSignature(source),

            // What is odd about the set is told once, with its first document.
            Warnings =
                [.. ReferenceEquals(source.Submission.Entries[0], source.Entry) ? sets[source.Subset].Warnings : [], .. mapped.Warnings],
        };
        if (document is { IsSignature: true, File.Length: > SignatureBytesMax })
        {
            return document with
            {
                Obstacle = new Obstacle(ImportResult.Skipped, "SIGNATURE_NOT_KEPT", "The signature has more than 64 KiB."),
            };
        }

        try
        {
            var (fault, sha256) = await package.VerifyAsync(source, ct);
            if (fault is not null)
            {
                return document.Blocked(fault.Code, fault.Text);
            }

            if (document.IsSignature)
            {
                return document with { Sha256 = sha256, Warnings = [] };
            }

            document = Related(document with { Sha256 = sha256 }, source);
            return Authored(
                document.Metadata.MediaType is "text/xml" or "application/xslt+xml" or "application/fhir+json" or "application/fhir+xml"
                    ? await DescribedTwiceAsync(document, mapped.Patient, ct)
                    : (document, null));
        }
        catch (XdmRefusedException refused)
        {
            return document.Blocked(refused.Fault.Code, refused.Fault.Text);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return document with { Obstacle = new Obstacle(ImportResult.Failed, "FILE_UNREADABLE", "The file cannot be read.") };
        }
    }

    /// <summary>Members of a submission set are added all or none: one that cannot be stops the others before anything is sent.</summary>
    public static List<PlannedDocument> AllOrNone(List<PlannedDocument> documents)
    {
        var broken = documents.Where(document => document.Obstacle is { Outcome: not ImportResult.Skipped })
            .Select(document => document.Submission).OfType<PlannedSet>().ToHashSet();
        return documents.ConvertAll(document => document.Obstacle is null && document.Submission is { } set && broken.Contains(set)
            ? document.Blocked(
                "SUBMISSION_SET_REFUSED",
                "Another document of the submission set cannot be added; the set is added as a whole or not at all.")
            : document);
    }

    /// <summary>
    /// The header of a document decides what it replaces and who wrote it, and must name the patient and the authors of the metadata.
    /// The authors are not sent: the platform takes them from the header, of whatever structure they are, and would ask of authors that are
    /// given to be of the caller's own.
    /// </summary>
    private async Task<(PlannedDocument Document, SourceHeader? Header)> DescribedTwiceAsync(
        PlannedDocument document, Ins? patient, CancellationToken ct)
    {
        var (read, header) = await ContentReading.WithHeaderAsync(tree, document, isDescribed: document.Metadata.Type is not null, ct);
        if (header is null || read.Obstacle is not null)
        {
            return (read, header);
        }

        if (patient is not null && read.Patient is not null && read.Patient.Number != patient.Number)
        {
            return (document.Blocked(
                "XDSPatientIdDoesNotMatch", "The header of the document names another patient than the metadata of the package."), header);
        }

        var written = header.Authors.Select(author => author.Actor.NationalId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        if (written.Count > 0
            && document.Metadata.Authors.Any(author => author.Person is { Id.Length: > 0 } person && !written.Contains(person.Id)))
        {
            var reason = document.Metadata.MediaType.StartsWith("application/fhir", StringComparison.Ordinal)
                ? "FHIR_METADATA_MISMATCH"
                : "CDA_METADATA_MISMATCH";
            return (document.Blocked(reason, "The metadata of the package name an author whom the header of the document "
                + "does not name."), header);
        }

        var metadata = document.Metadata.Clone();
        if (header.Authors.Any(NamesSomebody))
        {
            metadata.Authors.Clear();
        }

        if (header.UniqueId == metadata.UniqueId)
        {
            // The platform takes it from the header, also where it is longer than metadata may be.
            metadata.UniqueId = "";
        }

        return (read with { Metadata = metadata, ReplacesKey = read.ReplacedIds.Count > 0 ? null : read.ReplacesKey }, header);
    }

    private static bool NamesSomebody(CdaAuthor author) =>
        author.Actor is { Name: not null } or { DeviceName: not null } or { NationalId: not null }
            or { Organization: { Name: not null } or { NationalId: not null } };

    /// <summary>An author must be named somewhere: otherwise the platform would take the caller for one, who only brings the
    /// document.</summary>
    private static PlannedDocument Authored((PlannedDocument Document, SourceHeader? Header) read) =>
        read.Document.Obstacle is not null || read.Document.Metadata.Authors.Count > 0 || read.Header?.Authors.Any(NamesSomebody) == true
            ? read.Document
            : read.Document.Blocked(
                "AUTHOR_MISSING", "The metadata of the package name no author that can be read, and the caller is not taken for one.");

    private PlannedDocument Related(PlannedDocument document, XdmDocument source)
    {
        List<Warning> warnings = [.. document.Warnings];
        string? replaces = null;
        foreach (var association in source.Submission.Associations.Where(association => association.Source == source.Entry.EntryUuid))
        {
            if (association.Type == XdsAssociationTypes.Replaces && TargetOf(source, association.Target) is { } target)
            {
                replaces = keys[IdOf(target)];
            }
            else
            {
                warnings.Add(new Warning
                {
                    Field = "Association",
                    Description = association.Type == XdsAssociationTypes.Replaces
                        ? "The document replaces one that is not in the package: it is found by the header of a CDA or FHIR document only, "
                            + "and otherwise not replaced."
                        : $"The association {association.Type} is not kept.",
                });
            }
        }

        return document with { ReplacesKey = replaces, Warnings = warnings };
    }

    /// <summary>In its own submission, where names are short; or anywhere in the package, by its UUID.</summary>
    private XdmDocument? TargetOf(XdmDocument source, string entryUuid) =>
        package.Documents.FirstOrDefault(other => other.Subset == source.Subset && other.Entry.EntryUuid == entryUuid)
        ?? (entryUuid.StartsWith("urn:uuid:", StringComparison.OrdinalIgnoreCase)
            ? package.Documents.FirstOrDefault(
                other => string.Equals(other.Entry.EntryUuid, entryUuid, StringComparison.OrdinalIgnoreCase)) : null);

    private static bool IsSignature(XdmDocument document) =>
        document.Entry.Format?.Code == SignatureFormat
        || document.Submission.Associations.Any(
            association => association.Type == XdsAssociationTypes.Signs && association.Source == document.Entry.EntryUuid);

    private static string IdOf(XdmDocument document) => $"{document.Subset} {document.Entry.EntryUuid}";
}
