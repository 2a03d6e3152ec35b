using Dmp.Xdm;
using Google.Protobuf;

namespace Dmp.Cli.Export;

/// <summary>A version of a document, and where it goes.</summary>
internal sealed record SpooledDocument(Document.V1.Document Document, int Subset, int Number)
{
    public string Directory => XdmNames.Subset(Subset);

    public string Uri => XdmNames.Document(Number, Document.Metadata.MediaType);

    public string Path => $"{Directory}/{Uri}";

    public string Key => KeyOf(Document.DocumentId, Document.Version);

    public static string KeyOf(string documentId, int version) => FormattableString.Invariant($"{documentId}/v{version}");
}

/// <summary>
/// The metadata of all documents, in a temporary file: the archive needs them three times, and they may be too many to hold. Documents of a
/// submission set stay together. Of those that came by themselves, versions of one number are one set, so that a document and what it
/// replaces are never in the same.
/// </summary>
internal sealed class DocumentSpool : IDisposable
{
    private const int SubsetSizeMax = 2_000;

    /// <summary>Names of directories that are left for documents without a set.</summary>
    private const int SubsetsLeft = 5_000;

    private readonly FileStream file;
    private readonly Dictionary<string, (int Subset, int Count)> open = new(StringComparer.Ordinal);
    private readonly List<(int Version, string SetId)> subsets = [];
    private readonly List<List<long>> places = [];

    public DocumentSpool(string path) => file = TemporaryFile.Create(path);

    /// <summary>How many bytes the contents have together.</summary>
    public long ContentBytes { get; private set; }

    /// <summary>
    /// The submission set of each directory, the first of which is number 1; its id is empty for documents without a set, which have all
    /// the same version.
    /// </summary>
    public IReadOnlyList<(int Version, string SetId)> Subsets => subsets;

    public void Add(Document.V1.Document document)
    {
        var setId = subsets.Count < XdmNames.SubsetsMax - SubsetsLeft || open.ContainsKey(document.SubmissionSetId)
            ? document.SubmissionSetId
            : "";
        var key = setId.Length > 0 ? setId : FormattableString.Invariant($"v{document.Version}");
        var (subset, count) = open.GetValueOrDefault(key, (0, SubsetSizeMax));
        if (count == SubsetSizeMax)
        {
            subsets.Add((document.Version, setId));
            places.Add([]);
            (subset, count) = (subsets.Count, 0);
        }

        open[key] = (subset, ++count);
        places[subset - 1].Add(file.Position);
        ContentBytes += document.Content.SizeBytes;
        using CodedOutputStream output = new(file, leaveOpen: true);
        output.WriteInt32(subset);
        output.WriteInt32(count);
        output.WriteMessage(document);
    }

    /// <summary>Reads them again, in order.</summary>
    public IEnumerable<SpooledDocument> Read()
    {
        file.Position = 0;
        using CodedInputStream input = new(file, leaveOpen: true);
        while (!input.IsAtEnd)
        {
            yield return Next(input);
        }

        file.Position = file.Length;
    }

    /// <summary>Reads those of one directory.</summary>
    public IEnumerable<SpooledDocument> Read(int subset)
    {
        foreach (var place in places[subset - 1])
        {
            file.Position = place;
            using CodedInputStream input = new(file, leaveOpen: true);
            yield return Next(input);
        }

        file.Position = file.Length;
    }

    public void Dispose() => file.Dispose();

    private static SpooledDocument Next(CodedInputStream input)
    {
        var (subset, number) = (input.ReadInt32(), input.ReadInt32());
        Document.V1.Document document = new();
        input.ReadMessage(document);
        return new SpooledDocument(document, subset, number);
    }
}
