namespace Dmp.Xdm;

/// <summary>A file of a tree.</summary>
/// <param name="Name">Its path below the root, with slashes, without <c>.</c> and <c>..</c>.</param>
/// <param name="Length">Its size in bytes, unpacked.</param>
public sealed record TreeFile(string Name, long Length);

/// <summary>
/// The files of a directory or of a ZIP file of unknown origin. Nothing is ever unpacked to the disk, and no name from inside is used as a
/// path: files are opened from the list that was made when the tree was opened. Safe for use by several threads.
/// </summary>
public abstract class FileTree : IDisposable
{
    private static readonly string[] systemNames =
    [
        "__MACOSX", ".DS_Store", ".AppleDouble", ".Spotlight-V100", ".Trashes", ".fseventsd", ".TemporaryItems", ".DocumentRevisions-V100",
        "Thumbs.db", "ehthumbs.db", "desktop.ini", "System Volume Information", "$RECYCLE.BIN", "@eaDir", ".directory", "lost+found",
    ];

    private readonly SortedDictionary<string, TreeFile> files = new(StringComparer.Ordinal);
    private readonly List<string> links = [];
    private long total;

    /// <summary>Makes an empty tree.</summary>
    /// <param name="limits">The limits.</param>
    protected FileTree(FileTreeLimits limits) => Limits = limits;

    /// <summary>The files by name, in the order of their code points.</summary>
    public IReadOnlyDictionary<string, TreeFile> Files => files;

    /// <summary>Symbolic links of a directory: never followed. A ZIP file that has one is refused.</summary>
    public IReadOnlyList<string> Links => links;

    /// <summary>The limits.</summary>
    protected FileTreeLimits Limits { get; }

    /// <summary>Opens a directory or a ZIP file.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="limits">Limits; null for the usual ones.</param>
    /// <returns>The tree; dispose it.</returns>
    /// <exception cref="XdmRefusedException">It is neither, or goes beyond what is allowed.</exception>
    public static FileTree Open(string path, FileTreeLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        limits ??= new FileTreeLimits();
        return Directory.Exists(path) ? new DirectoryTree(path, limits) : new ZipTree(path, limits);
    }

    /// <summary>Opens a file of this tree.</summary>
    /// <param name="file">One of <see cref="Files"/>.</param>
    /// <returns>Its bytes; of a ZIP file exactly as many as its length says, with the checksum that it was packed with. Those of a
    /// directory seek.</returns>
    /// <exception cref="XdmRefusedException">It cannot be unpacked. Reading may throw it too.</exception>
    public abstract Stream Open(TreeFile file);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what is held.</summary>
    /// <param name="disposing">False from a finalizer, of which there is none.</param>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>
    /// Whether a file is what an operating system leaves beside documents, and no document whatever its name ends with: <c>__MACOSX/</c>
    /// and
    /// <c>._*</c> of macOS, the folder settings of Windows, wastebaskets, locks of open files.
    /// </summary>
    /// <param name="name">Its path in the tree.</param>
    /// <returns>True when it is none of the source's own.</returns>
    public static bool IsSystemFile(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Split('/').Any(part =>
            part.StartsWith("._", StringComparison.Ordinal)
            || part.StartsWith("~$", StringComparison.Ordinal)
            || systemNames.Contains(part, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Adds a file to the list.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="length">Its size.</param>
    protected void Add(string name, long length)
    {
        Require(length <= Limits.FileBytesMax, XdmFaultKind.TooLarge, name, $"The file has more than {Limits.FileBytesMax} bytes.");
        Require(files.TryAdd(name, new TreeFile(name, length)), XdmFaultKind.UnsafeName, name, "Two files have this name.");
        Require(files.Count <= Limits.FilesMax, XdmFaultKind.TooManyFiles, "/", $"There are more than {Limits.FilesMax} files.");
        total += length;
        Require(
            total <= Limits.TotalBytesMax, XdmFaultKind.TooLarge, "/", $"The files have more than {Limits.TotalBytesMax} bytes together.");
    }

    /// <summary>Adds a link to the list of what is not followed.</summary>
    /// <param name="name">Its name.</param>
    protected void AddLink(string name)
    {
        links.Add(name);
        Require(links.Count <= Limits.FilesMax, XdmFaultKind.TooManyFiles, "/", $"There are more than {Limits.FilesMax} links.");
    }

    /// <summary>Refuses unless something holds.</summary>
    /// <param name="isGood">What must hold.</param>
    /// <param name="kind">What is wrong otherwise.</param>
    /// <param name="place">Where.</param>
    /// <param name="text">A sentence.</param>
    protected static void Require(bool isGood, XdmFaultKind kind, string place, string text)
    {
        if (!isGood)
        {
            throw new XdmRefusedException(kind, place, text);
        }
    }
}
