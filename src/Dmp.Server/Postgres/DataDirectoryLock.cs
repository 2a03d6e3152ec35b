using System.Globalization;

namespace Dmp.Server.Postgres;

/// <summary>
/// One server per data directory. An advisory lock of the kernel (flock), which ends with the process however it ends;
/// the file itself stays.
/// </summary>
internal sealed class DataDirectoryLock : IDisposable
{
    // EWOULDBLOCK, which .NET reports in HResult when another process holds the lock.
    private const int HeldByAnother = 11;

    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    public static DataDirectoryLock Take(string path)
    {
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new DataDirectoryLock(file);
        }
        catch (IOException failure) when (failure.HResult == HeldByAnother)
        {
            throw new ManagedPostgresException(
                $"Another server (process {ReadHolder(path)}) uses the data directory {Path.GetDirectoryName(path)}. Stop it, "
                + "or give this one its own data directory (DMP_DATA).",
                failure);
        }
    }

    public void Dispose() => _file.Dispose();

    private static string ReadHolder(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd() is { Length: > 0 } holder ? holder : "unknown";
    }
}
