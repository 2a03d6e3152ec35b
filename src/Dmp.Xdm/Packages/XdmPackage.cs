using System.Globalization;
using System.Security.Cryptography;

namespace Dmp.Xdm;

/// <summary>A document of a package.</summary>
/// <param name="Subset">The directory of its submission set.</param>
/// <param name="Submission">The submission that it is in.</param>
/// <param name="Entry">What the metadata say.</param>
/// <param name="File">Its file; null when it is not there.</param>
public sealed record XdmDocument(string Subset, XdsSubmission Submission, XdsEntry Entry, TreeFile? File);

/// <summary>
/// An IHE XDM package (ITI-32) of unknown origin, read from a directory or ZIP file: one submission set for each directory in
/// <c>IHE_XDM</c> that has a <c>METADATA.XML</c>.
/// </summary>
public sealed class XdmPackage
{
    private readonly FileTree tree;

    private XdmPackage(FileTree tree, IReadOnlyList<XdmDocument> documents, IReadOnlyList<(string, XdsSubmission)> submissions) =>
        (this.tree, Documents, Submissions) = (tree, documents, submissions);

    /// <summary>The submissions, by the name of their directory.</summary>
    public IReadOnlyList<(string Subset, XdsSubmission Submission)> Submissions { get; }

    /// <summary>All documents, in the order of directories and metadata.</summary>
    public IReadOnlyList<XdmDocument> Documents { get; }

    /// <summary>Whether the files are those of a package.</summary>
    /// <param name="tree">The files.</param>
    /// <param name="rootName">The name of the tree's root, for one that was opened at its <c>IHE_XDM</c> directory.</param>
    /// <returns>True when there are metadata in an <c>IHE_XDM</c> directory.</returns>
    public static bool IsPackage(FileTree tree, string rootName = "")
    {
        ArgumentNullException.ThrowIfNull(tree);
        return MetadataOf(tree, rootName).Any();
    }

    /// <summary>Reads the metadata of a package.</summary>
    /// <param name="tree">The files. The package reads from it, and does not dispose it.</param>
    /// <param name="rootName">The name of the tree's root, for one that was opened at its <c>IHE_XDM</c> directory.</param>
    /// <returns>The package.</returns>
    /// <exception cref="XdmRefusedException">There are no metadata, or they cannot be used.</exception>
    public static XdmPackage Read(FileTree tree, string rootName = "")
    {
        ArgumentNullException.ThrowIfNull(tree);
        List<XdmDocument> documents = [];
        List<(string, XdsSubmission)> submissions = [];
        var names = tree.Files.Keys.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).ToDictionary(
            same => same.Key, same => same.First(), StringComparer.OrdinalIgnoreCase);
        foreach (var metadata in MetadataOf(tree, rootName))
        {
            using var content = tree.Open(tree.Files[metadata]);
            var submission = XdsReader.Read(content, metadata);
            var subset = metadata[..metadata.LastIndexOf('/')];
            submissions.Add((subset, submission));
            foreach (var entry in submission.Entries)
            {
                documents.Add(new XdmDocument(subset, submission, entry, FileOf(tree, names, subset, entry.Uri)));
            }
        }

        return submissions.Count > 0
            ? new XdmPackage(tree, documents, submissions)
            : throw new XdmRefusedException(XdmFaultKind.NoMetadata, "IHE_XDM", "There is no IHE_XDM directory with METADATA.XML.");
    }

    /// <summary>Compares a file with size and digest in the metadata (ITI-32 3.32.4.1.4).</summary>
    /// <param name="document">A document of this package.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is wrong, null when nothing is; and the SHA-256 of the file.</returns>
    public async Task<(XdmFault? Fault, byte[] Sha256)> VerifyAsync(XdmDocument document, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (document.File is not { } file)
        {
            return (new XdmFault(XdmFaultKind.MissingDocument, $"{document.Subset}/METADATA.XML", "The file that the metadata name is not "
                + "in the package."), []);
        }

        if (document.Entry.Size.Length > 0 && EntryReading.SizeOf(document.Entry) != file.Length)
        {
            return (new XdmFault(
                XdmFaultKind.NonIdenticalSize,
                file.Name,
                string.Create(CultureInfo.InvariantCulture, $"The file has {file.Length} bytes, and another size in the metadata.")), []);
        }

        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            await using var content = tree.Open(file);
            var buffer = new byte[81920];
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                sha1.AppendData(buffer, 0, read);
                sha256.AppendData(buffer, 0, read);
            }
        }
        catch (XdmRefusedException refused)
        {
            return (refused.Fault, []);
        }

        var isSame = document.Entry.Hash.Length == 0
            || string.Equals(document.Entry.Hash, Convert.ToHexString(sha1.GetCurrentHash()), StringComparison.OrdinalIgnoreCase);
        return isSame
            ? (null, sha256.GetCurrentHash())
            : (new XdmFault(XdmFaultKind.NonIdenticalHash, file.Name, "The file has another SHA-1 than the metadata say."), []);
    }

    /// <summary>In the root, below one further directory, or at the root when that is the IHE_XDM directory itself.</summary>
    private static IEnumerable<string> MetadataOf(FileTree tree, string rootName)
    {
        var isInside = string.Equals(rootName, "IHE_XDM", StringComparison.OrdinalIgnoreCase);
        return tree.Files.Keys.Where(name =>
        {
            var parts = name.Split('/');
            return parts.Length >= 2
                && !FileTree.IsSystemFile(name)
                && string.Equals(parts[^1], "METADATA.XML", StringComparison.OrdinalIgnoreCase)
                && (parts.Length is 3 or 4
                    ? string.Equals(parts[^3], "IHE_XDM", StringComparison.OrdinalIgnoreCase)
                    : isInside && parts.Length == 2);
        });
    }

    /// <summary>
    /// A relative reference from the directory of the metadata; it may go up, but not out of the package. It is looked up in the list of
    /// files and never used as a path.
    /// </summary>
    private static TreeFile? FileOf(FileTree tree, Dictionary<string, string> names, string subset, string uri)
    {
        List<string> parts = [.. subset.Split('/')];
        var relative = System.Uri.UnescapeDataString(uri).Replace('\\', '/');
        if (relative.Length == 0 || relative[0] == '/' || relative.Contains(':', StringComparison.Ordinal))
        {
            return null;
        }

        foreach (var part in relative.Split('/'))
        {
            if (part == "..")
            {
                if (parts.Count == 0)
                {
                    return null;
                }

                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        return names.TryGetValue(string.Join('/', parts), out var name) ? tree.Files[name] : null;
    }
}
