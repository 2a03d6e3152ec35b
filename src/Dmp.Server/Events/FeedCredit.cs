using Dmp.Event.V1;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Grpc.Core;

namespace Dmp.Server.Events;

/// <summary>
/// The caller's side of a subscription: how many events it still takes. One task reads what the caller sends, the stream itself takes; both
/// at the same time.
/// </summary>
internal sealed class FeedCredit(IAsyncStreamReader<SubscribeRequest> requests)
{
    public const int CreditMax = 10_000;

    private int left;

    /// <summary>Set when credit came.</summary>
    public Signal Asked { get; } = new();

    public int Left => Volatile.Read(ref left);

    /// <summary>Reads until the caller's side ends; fails when what comes is wrong.</summary>
    public async Task ReadAsync(CancellationToken ct)
    {
        while (await requests.MoveNext(ct))
        {
            var request = requests.Current;
            var faults = FieldFaults.Of(request);
            faults.Require(request.Start is null, "start", "Is for the first message.");
            faults.Require(request.Filter is null, "filter", "Is for the first message.");
            Check(request, faults);
            faults.ThrowIfAny();
            Add(request.NumRequested);
        }
    }

    public static void Check(SubscribeRequest request, FieldFaults faults) => faults.Require(
        request.NumRequested is >= 0 and <= CreditMax, "num_requested", $"Must be between 0 and {CreditMax}.");

    public void Add(int credit)
    {
        for (var seen = Left; ; seen = Left)
        {
            if (Interlocked.CompareExchange(ref left, Math.Min(CreditMax, seen + credit), seen) == seen)
            {
                Asked.Set();
                return;
            }
        }
    }

    /// <summary>A commit that is larger than the credit takes all of it.</summary>
    public void Take(int events)
    {
        for (var seen = Left; Interlocked.CompareExchange(ref left, Math.Max(0, seen - events), seen) != seen; seen = Left)
        {
        }
    }
}
