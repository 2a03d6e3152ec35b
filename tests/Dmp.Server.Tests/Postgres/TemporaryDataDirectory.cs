using System.Runtime.Versioning;

namespace Dmp.Server.Tests.Postgres;

/// <summary>A data directory below /tmp that PostgreSQL's account may pass through, removed at the end.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TemporaryDataDirectory : IDisposable
{
    public TemporaryDataDirectory(string suffix = "")
    {
        Path = System.IO.Path.Combine("/tmp", $"dmp-test-{Guid.CreateVersion7():N}{suffix}");
        Directory.CreateDirectory(Path);
        File.SetUnixFileMode(
            Path,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    public string Path { get; }

    public string Home => System.IO.Path.Combine(Path, "postgres");

    public string Cluster => System.IO.Path.Combine(Home, "data");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
