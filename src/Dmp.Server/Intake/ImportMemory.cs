using Dmp.Server.Data;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>
/// The bytes of documents that the imports of this server hold in memory. A call waits here with what it has just read, and reads nothing
/// more meanwhile: HTTP/2 then holds its caller back. What is held is whole and on its way to the database, so room always comes.
/// </summary>
internal sealed class ImportMemory(IOptions<ImportOptions> options)
{
    private readonly Signal freed = new();
    private long held;

    private long heldForSets;

    private long Held => Interlocked.Read(ref held);

    public void Add(int bytes) => Interlocked.Add(ref held, bytes);

    public void Release(int bytes)
    {
        Interlocked.Add(ref held, -bytes);
        freed.Set();
    }

    /// <summary>
    /// The same for documents of submission sets, which wait for others of their callers: they have a room of their own, so that sets
    /// which never get whole hold nobody else back; and no call waits for it, because what it would read next may be what makes room.
    /// False when it is full.
    /// </summary>
    public bool TryAddForSet(int bytes)
    {
        if (Interlocked.Add(ref heldForSets, bytes) <= options.Value.MemoryBytes)
        {
            return true;
        }

        ReleaseOfSet(bytes);
        return false;
    }

    public void ReleaseOfSet(int bytes) => Interlocked.Add(ref heldForSets, -bytes);

    /// <summary>Waits until there is room for more.</summary>
    public async ValueTask RoomAsync(CancellationToken ct)
    {
        while (Held >= options.Value.MemoryBytes)
        {
            var next = freed.Next;
            if (Held >= options.Value.MemoryBytes)
            {
                await next.WaitAsync(ct);
            }
        }
    }
}
