using System.Runtime.InteropServices;

namespace Dmp.Server.Tests.Proofs;

/// <summary>Counts how many of the objects that passed by are still held, whatever other tests do beside.</summary>
internal sealed class Watched<T>
    where T : class
{
    private const int Every = 1000;

    private List<WeakReference<T>> seen = [];

    public int Written { get; private set; }

    public int MostAlive { get; private set; }

    public void Add(T passing)
    {
        this.seen.Add(new(passing));
        if (++Written % Every == 0)
        {
            GC.Collect();
            this.seen = this.seen.FindAll(seen => seen.TryGetTarget(out _));
            MostAlive = Math.Max(MostAlive, this.seen.Count);

            // Optimised, the method would not hold what it was given until here, and count none at times.
            GC.KeepAlive(passing);
        }
    }
}

/// <summary>Watches the lines that are written.</summary>
internal sealed class WatchedWriter(string path) : StreamWriter(path)
{
    public Watched<string> Lines { get; } = new();

    public override Task WriteLineAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default)
    {
        if (MemoryMarshal.TryGetString(buffer, out var line, out _, out _))
        {
            Lines.Add(line);
        }

        return base.WriteLineAsync(buffer, cancellationToken);
    }
}
