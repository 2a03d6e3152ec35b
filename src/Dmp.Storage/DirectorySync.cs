using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dmp.Storage;

/// <summary>
/// Makes the names in a directory durable. fsync of a file keeps its bytes, not the directory entry that a rename made;
/// without this a power cut could lose a blob that a committed row refers to. .NET opens no handle on a directory, so
/// this is the one call made to the C library; the flush itself and the closing are the runtime's.
/// </summary>
internal static class DirectorySync
{
    private const int ReadOnly = 0;

    // The server starts child processes (its private PostgreSQL); they must not inherit the descriptor.
    private static readonly int closeOnExec = OperatingSystem.IsMacOS() ? 0x01000000 : 0x80000;

    /// <exception cref="IOException">The directory cannot be opened or flushed.</exception>
    public static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            // NTFS journals its own metadata and offers no flush of a directory to an ordinary process.
            return;
        }

        using var handle = Open(directory, ReadOnly | closeOnExec);
        if (handle.IsInvalid)
        {
            throw new IOException($"The directory cannot be opened for its flush (errno {Marshal.GetLastPInvokeError()}).");
        }

        RandomAccess.FlushToDisk(handle);
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
