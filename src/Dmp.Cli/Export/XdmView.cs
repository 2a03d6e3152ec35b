using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Dmp.Document.V1;
using Dmp.Type.V1;
using Dmp.Xdm;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Cli.Export;

/// <summary>The documents of an archive as an IHE XDM package (ITI-32): README.TXT, INDEX.HTM, and metadata beside the contents.</summary>
internal sealed class XdmView(
    ArchiveWriter archive, DocumentSpool spool, Ins patient, IReadOnlyDictionary<string, bool> exported,
    IAsyncEnumerable<SubmissionSet> sets)
{
    private static readonly Coding ownContentType =
        new() { System = "1.2.250.1.213.1.1.4.6", Code = "EXP_PATIENT", Display = "Expression personnelle du patient" };

    private readonly DateTimeOffset now = DateTimeOffset.UtcNow;

    /// <summary>The sets in the order in which they would have been sent: replacements after what they replace.</summary>
    private readonly List<int> order = [.. Enumerable.Range(1, spool.Subsets.Count).OrderBy(subset => spool.Subsets[subset - 1].Version)];

    private readonly Dictionary<string, string> entryUuids = EntryUuids(spool);

    public async Task WriteAsync()
    {
        // Submission sets as they are; what came by itself, or has lost its set meanwhile, in sets of the export's own.
        var left = Enumerable.Range(1, spool.Subsets.Count).Where(subset => spool.Read(subset).Any(spooled => HasContent(spooled.Key)))
            .ToHashSet();
        var known = left.Where(subset => spool.Subsets[subset - 1].SetId.Length > 0)
            .ToDictionary(subset => spool.Subsets[subset - 1].SetId, StringComparer.Ordinal);
        await foreach (var set in sets)
        {
            if (known.TryGetValue(set.SubmissionSetId, out var subset) && left.Remove(subset))
            {
                await WriteAsync(subset, set);
            }
        }

        foreach (var subset in left.Order())
        {
            await WriteAsync(subset, null);
        }

        await archive.AddAsync("INDEX.HTM", isPacked: true, stream =>
        {
            using XdmIndex index = new(stream, "Dossier médical partagé", "Made by dmp export.");
            foreach (var spooled in spool.Read().Where(spooled => exported.ContainsKey(spooled.Key)))
            {
                var text = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{spooled.Document.Metadata.ServiceStartTime?.ToDateTimeOffset():yyyy-MM-dd} {spooled.Document.Metadata.Title} "
                    + $"(v{spooled.Document.Version})");
                if (HasContent(spooled.Key))
                {
                    index.Add(spooled.Path, text);
                }
                else
                {
                    index.Add(text);
                }
            }

            return Task.CompletedTask;
        });
        await archive.AddAsync("README.TXT", isPacked: true, stream => stream.WriteAsync(Encoding.ASCII.GetBytes(Readme)).AsTask());
    }

    private bool HasContent(string key) => exported.GetValueOrDefault(key);

    private async Task WriteAsync(int subset, SubmissionSet? set)
    {
        var signature = set is { Signature.IsEmpty: false } ? Signature(subset, set.Signature.ToByteArray()) : null;
        if (signature is not null)
        {
            await archive.AddAsync(
                $"{XdmNames.Subset(subset)}/{signature.Uri}", isPacked: true, stream => stream.WriteAsync(set!.Signature.Memory).AsTask());
        }

        await archive.AddAsync($"{XdmNames.Subset(subset)}/METADATA.XML", isPacked: true, stream =>
        {
            WriteMetadata(stream, subset, set is null ? OwnSet(subset) : Given(set), signature);
            return Task.CompletedTask;
        });
    }

    private void WriteMetadata(Stream stream, int subset, XdsSubmissionSet set, XdsEntry? signature)
    {
        using XdsWriter writer = new(stream);
        List<XdsAssociation> associations = [];
        foreach (var spooled in spool.Read(subset).Where(spooled => HasContent(spooled.Key)))
        {
            var document = spooled.Document;
            writer.Add(EntryWriting.ToXds(entryUuids[spooled.Key], document, patient, spooled.Uri));
            var before = SpooledDocument.KeyOf(document.DocumentId, document.Version - 1);
            if (HasContent(before))
            {
                associations.Add(new XdsAssociation(XdsAssociationTypes.Replaces, entryUuids[spooled.Key], entryUuids[before]));
            }
        }

        if (signature is not null)
        {
            writer.Add(signature);
            associations.Add(new XdsAssociation(XdsAssociationTypes.Signs, signature.EntryUuid, set.EntryUuid));
        }

        writer.Finish(set, associations);
    }

    private XdsSubmissionSet Given(SubmissionSet set)
    {
        var metadata = set.Metadata.Clone();
        if (metadata.UniqueId.StartsWith("urn:uuid:", StringComparison.Ordinal) && Guid.TryParse(metadata.UniqueId.AsSpan(9), out var uuid))
        {
            metadata.UniqueId = OidOf(uuid);
        }

        metadata.SourceId = metadata.SourceId.Length > 0 ? metadata.SourceId : OidOf(Guid.NewGuid());
        metadata.ContentType ??= ownContentType;
        return SetWriting.ToXds(metadata.EntryUuid.Length > 0 ? metadata.EntryUuid : $"urn:uuid:{set.SubmissionSetId}", metadata, patient);
    }

    private XdsSubmissionSet OwnSet(int subset) => SetWriting.ToXds(
        $"urn:uuid:{Guid.NewGuid()}",
        new SubmissionSetMetadata
        {
            UniqueId = OidOf(Guid.NewGuid()),
            SourceId = OidOf(Guid.NewGuid()),

            // Each set of a medium has another time.
            SubmissionTime = Timestamp.FromDateTimeOffset(now.AddSeconds(order.IndexOf(subset) - order.Count)),
            Title = string.Create(CultureInfo.InvariantCulture, $"Export, versions {spool.Subsets[subset - 1].Version}"),
            ContentType = ownContentType,
        },
        patient);

    /// <summary>The signature as a document of the set, as the DMP profiles it: hidden from all who read documents.</summary>
    private XdsEntry Signature(int subset, byte[] content)
    {
        const string title = "Signature du lot";
        DocumentMetadata metadata = new()
        {
            UniqueId = OidOf(Guid.NewGuid()),
            Title = title,
            MediaType = "text/xml",
            LanguageCode = "art",
            Type = new Coding { System = "ASTM", Code = "E1762", Display = title },
            Format =
                new Coding { System = "urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", Code = "http://www.w3.org/2000/09/xmldsig#", Display = title },
            Confidentiality = new Coding { System = "2.16.840.1.113883.5.25", Code = "N", Display = "Normal" },
            CreationTime = Timestamp.FromDateTimeOffset(now),
            ServiceStartTime = Timestamp.FromDateTimeOffset(now),
        };
        VisibilityCode[] hidden = [VisibilityCode.MaskedFromProfessionals, VisibilityCode.HiddenFromPatient];
        return EntryWriting.ToXds($"urn:uuid:{Guid.NewGuid()}", metadata, hidden, patient) with
        {
            Class = new XdsCode("urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", "urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", title),
#pragma warning disable CA5350 // XDS compares with SHA-1.
            Hash = Convert.ToHexStringLower(SHA1.HashData(content)),
#pragma warning restore CA5350
            Size = content.Length.ToString(CultureInfo.InvariantCulture),
            Uri = XdmNames.Document(spool.Read(subset).Max(spooled => spooled.Number) + 1, metadata.MediaType),
        };
    }

    /// <summary>The identifier of each entry: its producer's, unless another one of the archive has it.</summary>
    private static Dictionary<string, string> EntryUuids(DocumentSpool spool)
    {
        Dictionary<string, string> uuids = new(StringComparer.Ordinal);
        HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase);
        foreach (var spooled in spool.Read())
        {
            var own = spooled.Document.Metadata.EntryUuid;
            uuids[spooled.Key] = own.Length > 0 && taken.Add(own) ? own : UuidOf(spooled.Key);
        }

        return uuids;
    }

    /// <summary>The same for the same version of the same document, in every export.</summary>
    private static string UuidOf(string key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"dmp-export {key}")).AsSpan(0, 16);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return $"urn:uuid:{new Guid(hash, bigEndian: true)}";
    }

    /// <summary>A UUID as an OID (ITU-T X.667).</summary>
    private static string OidOf(Guid uuid) =>
        "2.25."
            + new BigInteger(uuid.ToByteArray(bigEndian: true), isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture);

    private const string Readme =
        """
        This archive is a copy of a shared medical record (dossier medical partage), as its
        reader was allowed to see it. It was made by the program dmp (dmp export).

        INDEX.HTM        the documents, for any browser
        IHE_XDM          the documents, as an IHE XDM medium (ITI-32): METADATA.XML in each
                         directory says what each file is
        documents        the metadata of each version of each document, as JSON
        record.json and the other .json and .jsonl files: identity, authorisations, settings
        trace.jsonl      who did what, with proofs
        manifest.json    SHA-256 of every file, and what was left out and why

        To check that nothing was changed:  dmp export verify FILE.zip --key VKEY
        The keys are published by the platform; never take them from the archive itself.

        """;
}
