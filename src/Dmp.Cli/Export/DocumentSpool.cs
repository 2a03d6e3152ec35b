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
/// The metadata of all documents, in a temporary file: the archive needs them three times, and they may be too many to hold. Versions of one number
/// are one submission set, so that a document and what it replaces are never in the same.
/// </summary>
internal sealed class DocumentSpool : IDisposable
{
    private const int SubsetSizeMax = 2_000;

    private readonly FileStream _file;
    private readonly Dictionary<int, (int Subset, int Count)> _open = [];
    private readonly List<int> _versions = [];

    public DocumentSpool(string path) => _file = TemporaryFile.Create(path);

    /// <summary>How many bytes the contents have together.</summary>
    public long ContentBytes { get; private set; }

    /// <summary>The version that the documents of each submission set have; the first is number 1.</summary>
    public IReadOnlyList<int> Subsets => _versions;

    public void Add(Document.V1.Document document)
    {
        var (subset, count) = _open.GetValueOrDefault(document.Version, (0, SubsetSizeMax));
        if (count == SubsetSizeMax)
        {
            _versions.Add(document.Version);
            (subset, count) = (_versions.Count, 0);
        }

        _open[document.Version] = (subset, ++count);
        ContentBytes += document.Content.SizeBytes;
        using CodedOutputStream output = new(_file, leaveOpen: true);
        output.WriteInt32(subset);
        output.WriteInt32(count);
        output.WriteMessage(document);
    }

    /// <summary>Reads them again, in order.</summary>
    public IEnumerable<SpooledDocument> Read()
    {
        _file.Position = 0;
        using CodedInputStream input = new(_file, leaveOpen: true);
        while (!input.IsAtEnd)
        {
            var (subset, number) = (input.ReadInt32(), input.ReadInt32());
            Document.V1.Document document = new();
            input.ReadMessage(document);
            yield return new SpooledDocument(document, subset, number);
        }

        _file.Position = _file.Length;
    }

    public void Dispose() => _file.Dispose();
}
