using System.Collections.Concurrent;
using CsCheck;
using Dmp.Storage;
using Xunit;

namespace Dmp.Server.Tests.Data;

public sealed class SharedTurnsTests
{
    [Fact]
    public Task Each_item_is_served_once_in_bounded_turns_and_a_failure_is_told_to_its_turn_only() =>
        Gen.Select(Gen.Int[1, 9].Array[0, 6].Array[1, 12], Gen.Int[1, 20]).SampleAsync(
            async (callers, weightMax) =>
            {
                using var turns = new SharedTurns<Item>(item => item.Weight, weightMax);
                var served = new ConcurrentBag<Item>();
                var (now, most) = (0, 0);
                var outcomes = await Task.WhenAll(callers.Select(weights => Task.Run(async () =>
                {
                    Item[] own = [.. weights.Select(weight => new Item(weight))];
                    try
                    {
                        await turns.ServeAsync(own, ServeAsync);
                        return (own, Failed: false);
                    }
                    catch (InvalidOperationException)
                    {
                        return (own, Failed: true);
                    }
                })));

                Assert.Equal(callers.Sum(weights => weights.Length), served.Count);
                Assert.Equal(served.Count, served.Distinct().Count());
                Assert.True(most <= 2, "more turns at once than lanes");
                Assert.All(outcomes, outcome => Assert.Equal(outcome.own.Any(item => item.IsFailed), outcome.Failed));

                async Task ServeAsync(IReadOnlyList<Item> turn)
                {
                    most = Math.Max(most, Interlocked.Increment(ref now));
                    await Task.Yield();
                    Assert.NotEmpty(turn);
                    Assert.True(turn.SkipLast(1).Sum(item => item.Weight) < weightMax, "a turn took more than it may");
                    foreach (var item in turn)
                    {
                        served.Add(item);
                    }

                    Interlocked.Decrement(ref now);
                    if (turn.Any(item => item.Weight == 9))
                    {
                        foreach (var item in turn)
                        {
                            item.IsFailed = true;
                        }

                        throw new InvalidOperationException("A heavy one breaks its turn.");
                    }
                }
            },
            iter: 200);

    private sealed class Item(int weight)
    {
        public int Weight => weight;

        public bool IsFailed { get; set; }
    }
}
