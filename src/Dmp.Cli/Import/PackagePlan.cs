using Dmp.Type.V1;
using Dmp.Xdm;

namespace Dmp.Cli.Import;

/// <summary>The documents of an IHE XDM package, with the metadata that it says.</summary>
internal sealed class PackagePlan
{
    private const string SignatureFormat = "http://www.w3.org/2000/09/xmldsig#";

    /// <summary>What the platform keeps as the signature of a submission set.</summary>
    private const int SignatureBytesMax = 64 * 1024;

    private readonly FileTree _tree;
    private readonly XdmPackage _package;
    private readonly Dictionary<string, string> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (PlannedSet Set, IReadOnlyList<Warning> Warnings)> _sets = new(StringComparer.Ordinal);

    public PackagePlan(FileTree tree, string rootName)
    {
        _tree = tree;
        _package = XdmPackage.Read(tree, rootName);
        foreach (var (subset, submission) in _package.Submissions)
        {
            var mapped = SetReading.ToContract(submission);
            _sets[subset] = (new PlannedSet(subset, mapped.Metadata), mapped.Warnings);
        }

        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach (var document in _package.Documents)
        {
            var place = document.File?.Name ?? $"{document.Subset}/METADATA.XML";
            _keys[IdOf(document)] = taken.Add(place) ? place : $"{place}#{document.Entry.EntryUuid}";
        }
    }

    public IReadOnlyList<XdmDocument> Candidates => _package.Documents;

    public async Task<PlannedDocument> PlanAsync(XdmDocument source, CancellationToken ct)
    {
        var mapped = EntryReading.ToContract(source.Entry);
        PlannedDocument document = new()
        {
            Key = _keys[IdOf(source)],
            File = source.File,
            Metadata = mapped.Metadata,
            VisibilityCodes = mapped.VisibilityCodes,
            Patient = mapped.Patient,
            UniqueId = mapped.Metadata.UniqueId,
            Submission = _sets[source.Subset].Set,
            IsSignature = IsSignature(source),

            // What is odd about the set is told once, with its first document.
            Warnings = [.. ReferenceEquals(source.Submission.Entries[0], source.Entry) ? _sets[source.Subset].Warnings : [], .. mapped.Warnings],
        };
        if (document is { IsSignature: true, File.Length: > SignatureBytesMax })
        {
            return document with { Obstacle = new Obstacle(ImportResult.Skipped, "SIGNATURE_NOT_KEPT", "The signature has more than 64 KiB.") };
        }

        try
        {
            var (fault, sha256) = await _package.VerifyAsync(source, ct);
            if (fault is not null)
            {
                return document.Blocked(fault.Code, fault.Text);
            }

            if (document.IsSignature)
            {
                return document with { Sha256 = sha256, Warnings = [] };
            }

            document = Related(document with { Sha256 = sha256 }, source);
            return document.Metadata.MediaType is "text/xml" or "application/xslt+xml" ? await DescribedTwiceAsync(document, mapped.Patient, ct) : document;
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
            ? document.Blocked("SUBMISSION_SET_REFUSED", "Another document of the submission set cannot be added; the set is added as a whole or not at all.")
            : document);
    }

    /// <summary>
    /// The header of a CDA document decides what it replaces and who wrote it, and must name the patient and the authors of the metadata. The
    /// authors are not sent: the platform takes them from the header, of whatever structure they are, and would ask of authors that are given to
    /// be of the caller's own.
    /// </summary>
    private async Task<PlannedDocument> DescribedTwiceAsync(PlannedDocument document, Ins? patient, CancellationToken ct)
    {
        var (read, header) = await ContentReading.WithHeaderAsync(_tree, document, isDescribed: document.Metadata.Type is not null, ct);
        if (header is null || read.Obstacle is not null)
        {
            return read;
        }

        if (patient is not null && read.Patient is not null && read.Patient.Number != patient.Number)
        {
            return document.Blocked("XDSPatientIdDoesNotMatch", "The header of the document names another patient than the metadata of the package.");
        }

        var written = header.Authors.Select(author => author.Actor.NationalId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        if (written.Count > 0 && document.Metadata.Authors.Any(author => author.Person is { Id.Length: > 0 } person && !written.Contains(person.Id)))
        {
            return document.Blocked("CDA_METADATA_MISMATCH", "The metadata of the package name an author whom the header of the document does not name.");
        }

        var metadata = document.Metadata.Clone();
        if (header.Authors.Count > 0)
        {
            metadata.Authors.Clear();
        }

        return read with { Metadata = metadata, ReplacesKey = read.ReplacedIds.Count > 0 ? null : read.ReplacesKey };
    }

    private PlannedDocument Related(PlannedDocument document, XdmDocument source)
    {
        List<Warning> warnings = [.. document.Warnings];
        string? replaces = null;
        foreach (var association in source.Submission.Associations.Where(association => association.Source == source.Entry.EntryUuid))
        {
            if (association.Type == XdsAssociationTypes.Replaces && TargetOf(source, association.Target) is { } target)
            {
                replaces = _keys[IdOf(target)];
            }
            else
            {
                warnings.Add(new Warning
                {
                    Field = "Association",
                    Description = association.Type == XdsAssociationTypes.Replaces
                        ? "The document replaces one that is not in the package: it is found by the header of a CDA document only, and otherwise not replaced."
                        : $"The association {association.Type} is not kept.",
                });
            }
        }

        return document with { ReplacesKey = replaces, Warnings = warnings };
    }

    /// <summary>In its own submission, where names are short; or anywhere in the package, by its UUID.</summary>
    private XdmDocument? TargetOf(XdmDocument source, string entryUuid) =>
        _package.Documents.FirstOrDefault(other => other.Subset == source.Subset && other.Entry.EntryUuid == entryUuid)
        ?? (entryUuid.StartsWith("urn:uuid:", StringComparison.OrdinalIgnoreCase)
            ? _package.Documents.FirstOrDefault(other => string.Equals(other.Entry.EntryUuid, entryUuid, StringComparison.OrdinalIgnoreCase)) : null);

    private static bool IsSignature(XdmDocument document) =>
        document.Entry.Format?.Code == SignatureFormat
        || document.Submission.Associations.Any(association => association.Type == XdsAssociationTypes.Signs && association.Source == document.Entry.EntryUuid);

    private static string IdOf(XdmDocument document) => $"{document.Subset} {document.Entry.EntryUuid}";
}
