using System.Collections.Concurrent;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Storage;

namespace Dmp.Server.Intake;

/// <summary>
/// Work that calls of one caller share: whoever comes while others are being served waits for the next turn and shares it. Who comes
/// alone waits for nobody, and a hospital that sends by many streams pays for few questions and transactions.
/// </summary>
internal sealed class CallerTurns<T>
{
    /// <summary>Most items of one turn.</summary>
    private const int ItemsMax = 64;

    private readonly ConcurrentDictionary<TurnKey, Turns> callers = new();

    /// <summary>
    /// Ends when <paramref name="serve"/> has served the item, alone or with others. It is given no token of any call: one caller that
    /// leaves must not take the others along.
    /// </summary>
    public async Task ServeAsync(Caller caller, T item, Func<IReadOnlyList<T>, Task> serve)
    {
        var key = TurnKey.Of(caller);
        while (true)
        {
            var turns = callers.GetOrAdd(key, _ => new Turns());
            if (!turns.TryEnter())
            {
                // The last one just left it.
                continue;
            }

            try
            {
                await turns.ServeAsync(item, serve);
                return;
            }
            finally
            {
                if (turns.Leave())
                {
                    callers.TryRemove(new KeyValuePair<TurnKey, Turns>(key, turns));
                    turns.Dispose();
                }
            }
        }
    }

    /// <summary>
    /// All of a caller that facts and rows depend on, and the database that the caller has seen: one of two tokens of a person may say more
    /// than the other.
    /// </summary>
    private readonly record struct TurnKey(FactsKey Facts, CallerKind Kind, long? Cluster)
    {
        public static TurnKey Of(Caller caller) => new(FactsKey.Of(caller, Guid.Empty), caller.Kind, caller.HasSeen?.Cluster);
    }

    private sealed class Turns : IDisposable
    {
        private readonly SharedTurns<T> shared = new(_ => 1, ItemsMax);
        private readonly Lock gate = new();
        private int users;

        public bool TryEnter()
        {
            lock (gate)
            {
                if (users < 0)
                {
                    return false;
                }

                users++;
                return true;
            }
        }

        /// <summary>True for the last one: nobody enters any more.</summary>
        public bool Leave()
        {
            lock (gate)
            {
                if (--users > 0)
                {
                    return false;
                }

                users = -1;
                return true;
            }
        }

        public Task ServeAsync(T item, Func<IReadOnlyList<T>, Task> serve) => shared.ServeAsync([item], serve);

        public void Dispose() => shared.Dispose();
    }
}
