using System.ComponentModel.DataAnnotations;

namespace Dmp.Server.Options;

/// <summary>Limits of bulk imports, section <c>Dmp:Import</c>.</summary>
internal sealed record ImportOptions
{
    public const string Section = "Dmp:Import";

    /// <summary>Most documents that one call may have open. Default 256.</summary>
    [Range(1, 10_000)]
    public int WindowItems { get; init; } = 256;

    /// <summary>Most bytes of documents that one call may have open. Default 16 MiB.</summary>
    [Range(1024 * 1024, 1024 * 1024 * 1024)]
    public long WindowBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Bytes of documents in the memory of this server, of all imports, from which on nothing more is read; as many again
    /// for submission sets that are not decided. Default 64 MiB.
    /// </summary>
    [Range(1024 * 1024, 16L * 1024 * 1024 * 1024)]
    public long MemoryBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Most documents of one transaction. Default 64.</summary>
    [Range(1, 1000)]
    public int BatchItems { get; init; } = 64;
}
