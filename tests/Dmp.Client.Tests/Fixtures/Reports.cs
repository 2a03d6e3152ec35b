using System.Collections.Concurrent;

namespace Dmp.Client.Tests.Fixtures;

/// <summary>Keeps every report in order; <see cref="Progress{T}"/> would deliver them on other threads, later.</summary>
public sealed class Reports : IProgress<TransferProgress>
{
    private readonly ConcurrentQueue<TransferProgress> all = new();

    public IReadOnlyList<TransferProgress> All => [.. all];

    public void Report(TransferProgress value) => all.Enqueue(value);
}
