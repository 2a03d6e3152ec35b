using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Events;

/// <summary>Counts the subscriptions of each caller on this server.</summary>
internal sealed class FeedStreams(IOptions<FeedOptions> options)
{
    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    /// <summary>Takes one; dispose of the result to give it back. FEED_STREAM_LIMIT_REACHED when there is none left.</summary>
    public IDisposable Take(Caller caller)
    {
        var limit = options.Value.StreamsMax;
        lock (gate)
        {
            var count = counts.GetValueOrDefault(caller.Key);
            if (count >= limit)
            {
                throw Failures.Of(ErrorReason.FeedStreamLimitReached, ("limit", $"{limit}"));
            }

            counts[caller.Key] = count + 1;
        }

        return new Taken(this, caller.Key);
    }

    private void Give(string key)
    {
        lock (gate)
        {
            if (--counts[key] == 0)
            {
                counts.Remove(key);
            }
        }
    }

    private sealed class Taken(FeedStreams streams, string key) : IDisposable
    {
        private bool isGiven;

        public void Dispose()
        {
            if (!isGiven)
            {
                isGiven = true;
                streams.Give(key);
            }
        }
    }
}
