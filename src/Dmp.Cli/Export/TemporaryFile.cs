namespace Dmp.Cli.Export;

/// <summary>Files that are nobody else's, and gone with the process however it ends.</summary>
internal static class TemporaryFile
{
    public static FileStream Create(string path)
    {
        FileStreamOptions options =
            new() { Mode = FileMode.Create, Access = FileAccess.ReadWrite, BufferSize = 64 * 1024, Options = FileOptions.Asynchronous };
        if (OperatingSystem.IsWindows())
        {
            options.Options |= FileOptions.DeleteOnClose;
            return new FileStream(path, options);
        }

        // Without its name the file lives as long as it is open, and nobody else opens it.
        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        FileStream file = new(path, options);
        File.Delete(path);
        return file;
    }
}
