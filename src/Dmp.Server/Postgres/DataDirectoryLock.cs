using System.Globalization;
using System.Text;

namespace Dmp.Server.Postgres;

/// <summary>
/// One server per data directory. An advisory lock of the kernel (flock), which ends with the process however it ends;
/// the file itself stays.
/// </summary>
internal sealed class DataDirectoryLock : IDisposable
{
    // EWOULDBLOCK, which .NET reports in HResult when another process holds the lock.
    private const int HeldByAnother = 11;

    private readonly FileStream file;

    private DataDirectoryLock(FileStream file) => this.file = file;

    public static async Task<DataDirectoryLock> TakeAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new DataDirectoryLock(file);
        }
        catch (IOException failure) when (failure.HResult == HeldByAnother)
        {
            // A program of the machine reads it, because .NET respects the lock for reading too.
            var holder = await OsCommand.RunAsync("cat", ["--", path], cancellationToken);
            throw new ManagedPostgresException(
                $"Another server (process {(holder.Output.Length > 0 ? holder.Output : "unknown")}) "
                + $"uses the data directory {Path.GetDirectoryName(path)}. Stop it, "
                + "or give this one its own data directory (DMP_DATA).",
                failure);
        }
    }

    public void Dispose() => file.Dispose();
}
