using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Dmp.Type.V1;
using Dmp.Xdm;

namespace Dmp.Cli.Export;

/// <summary>The documents of an archive as an IHE XDM package (ITI-32): README.TXT, INDEX.HTM, and metadata beside the contents.</summary>
internal sealed class XdmView(ArchiveWriter archive, DocumentSpool spool, Ins patient, IReadOnlyDictionary<string, bool> exported)
{
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    /// <summary>The submission sets in the order in which they would have been sent: replacements after what they replace.</summary>
    private readonly List<int> _order = [.. Enumerable.Range(1, spool.Subsets.Count).OrderBy(subset => spool.Subsets[subset - 1])];

    public async Task WriteAsync()
    {
        for (var number = 1; number <= spool.Subsets.Count; number++)
        {
            var subset = number;
            if (spool.Read().Any(spooled => spooled.Subset == subset && HasContent(spooled.Key)))
            {
                await archive.AddAsync($"{XdmNames.Subset(subset)}/METADATA.XML", isPacked: true, stream =>
                {
                    WriteMetadata(stream, subset);
                    return Task.CompletedTask;
                });
            }
        }

        await archive.AddAsync("INDEX.HTM", isPacked: true, stream =>
        {
            using XdmIndex index = new(stream, "Dossier médical partagé", "Made by dmp export.");
            foreach (var spooled in spool.Read().Where(spooled => exported.ContainsKey(spooled.Key)))
            {
                var text = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{spooled.Document.Metadata.ServiceStartTime?.ToDateTimeOffset():yyyy-MM-dd} {spooled.Document.Metadata.Title} (v{spooled.Document.Version})");
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

    private void WriteMetadata(Stream stream, int subset)
    {
        using XdsWriter writer = new(stream);
        List<XdsAssociation> associations = [];
        foreach (var spooled in spool.Read().Where(spooled => spooled.Subset == subset && HasContent(spooled.Key)))
        {
            var document = spooled.Document;
            writer.Add(EntryWriting.ToXds(UuidOf(spooled.Key), document, patient, spooled.Uri));
            var before = SpooledDocument.KeyOf(document.DocumentId, document.Version - 1);
            if (HasContent(before))
            {
                associations.Add(new XdsAssociation(XdsAssociationTypes.Replaces, UuidOf(spooled.Key), UuidOf(before)));
            }
        }

        var patientId = $"{patient.Number}^^^&{patient.System}&ISO^NH";
        writer.Finish(
            new XdsSubmissionSet
            {
                EntryUuid = $"urn:uuid:{Guid.NewGuid()}",
                UniqueId = OidOf(Guid.NewGuid()),
                SourceId = OidOf(Guid.NewGuid()),
                PatientId = patientId,

                // Each set of a medium has another time.
                SubmissionTime = _now.AddSeconds(_order.IndexOf(subset) - _order.Count).UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture),
                Title = string.Create(CultureInfo.InvariantCulture, $"Export, versions {spool.Subsets[subset - 1]}"),
                ContentType = new XdsCode("EXP_PATIENT", "1.2.250.1.213.1.1.4.6", "Expression personnelle du patient"),
            },
            associations);
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
        "2.25." + new BigInteger(uuid.ToByteArray(bigEndian: true), isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture);

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
