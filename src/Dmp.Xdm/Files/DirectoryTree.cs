namespace Dmp.Xdm;

/// <summary>A directory with all below it.</summary>
internal sealed class DirectoryTree : FileTree
{
    private readonly string root;

    public DirectoryTree(string root, FileTreeLimits limits)
        : base(limits)
    {
        this.root = Path.GetFullPath(root);
        List(new DirectoryInfo(this.root));
    }

    public override Stream Open(TreeFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var path = Path.Combine(root, file.Name.Replace('/', Path.DirectorySeparatorChar));

        // Somebody may have put a link in its place since.
        Require(
            (File.GetAttributes(path) & FileAttributes.ReparsePoint) == 0, XdmFaultKind.Link, file.Name,
            "The file is a symbolic link now.");
        return new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
    }

    private void List(DirectoryInfo top)
    {
        // By hand and not by recursion: a library's own enumeration follows links to directories on some systems.
        Stack<(DirectoryInfo Directory, string Prefix, int Depth)> waiting = new([(top, "", 0)]);
        while (waiting.TryPop(out var here))
        {
            Require(
                here.Depth <= Limits.DepthMax, XdmFaultKind.TooManyFiles, here.Prefix,
                $"Directories are nested deeper than {Limits.DepthMax}.");
            foreach (var entry in here.Directory.EnumerateFileSystemInfos())
            {
                var name = here.Prefix + entry.Name;
                if ((entry.Attributes & FileAttributes.ReparsePoint) != 0)
                {
                    AddLink(name);
                }
                else if (entry is DirectoryInfo directory)
                {
                    waiting.Push((directory, name + "/", here.Depth + 1));
                }
                else
                {
                    Add(name, ((FileInfo)entry).Length);
                }
            }
        }
    }
}
