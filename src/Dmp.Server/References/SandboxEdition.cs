using Dmp.Interactions;
using Dmp.Interactions.Thesauri;

namespace Dmp.Server.References;

/// <summary>
/// The small files that the sandbox has where nothing was imported: some products with their published names, codes and substances, and a
/// few published pairs in other words.
/// </summary>
internal static class SandboxEdition
{
    private const string Name = "sandbox";
    private const string Prefix = "reference/";
    private const string Text = "thesaurus.txt";

    private static readonly IReadOnlyDictionary<string, PublishedFile> thesaurusFiles =
        new Dictionary<string, PublishedFile> { [ThesaurusFiles.Text] = File(Text) };

    private static readonly IReadOnlyDictionary<string, PublishedFile> medicineFiles = typeof(SandboxEdition).Assembly
        .GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name != Prefix + Text)
        .Select(name => name[Prefix.Length..])
        .ToDictionary(name => name, File);

    public static ReferenceOrigin Thesaurus { get; } = Origin(thesaurusFiles.Values);

    public static ReferenceOrigin Medicines { get; } = Origin(medicineFiles.Values);

    public static IReadOnlyDictionary<string, PublishedFile> FilesOf(ReferenceOrigin edition) =>
        edition == Thesaurus ? thesaurusFiles : medicineFiles;

    private static ReferenceOrigin Origin(IEnumerable<PublishedFile> files) =>
        new(null, Name, "A small set of the sandbox, no official edition.", PublishedDigest.Of(files), null);

    private static PublishedFile File(string name) =>
        new(name, () => typeof(SandboxEdition).Assembly.GetManifestResourceStream(Prefix + name)!);
}
