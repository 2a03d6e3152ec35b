using System.Collections.Concurrent;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>Authorization codes that were used, until they expire: a code gives tokens once (RFC 6749, 4.1.2).</summary>
internal sealed class SpentCodes(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> codes = new(StringComparer.Ordinal);

    /// <summary>True for the first who asks.</summary>
    public bool TrySpend(string codeId)
    {
        var now = time.GetUtcNow();
        foreach (var (spent, expireTime) in codes)
        {
            if (expireTime < now)
            {
                codes.TryRemove(spent, out _);
            }
        }

        // Twice the lifetime: the validation of codes allows for clocks that differ.
        return codes.TryAdd(codeId, now + (2 * SandboxIssuer.CodeLifetime));
    }
}
