namespace Dmp.Server.Postgres;

/// <summary>File modes. The guard tells the compiler what is true anyway: the server's own PostgreSQL runs on Linux only.</summary>
internal static class UnixFile
{
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void SetMode(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException();
        }

        File.SetUnixFileMode(path, mode);
    }

    /// <summary>Writes a secret: nobody else can read it at any moment, and it is on disk when this returns.</summary>
    public static void WriteSecret(string path, ReadOnlySpan<byte> content)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException();
        }

        File.Delete(path);
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        });
        file.Write(content);
        file.Flush(flushToDisk: true);
    }
}
