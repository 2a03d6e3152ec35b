using CsCheck;
using Dmp.Server.Documents;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>How much of a document may leave after the moment by which was decided.</summary>
public sealed class ReadPermissionTests
{
    private const int MebiByte = 1024 * 1024;

    /// <summary>Pieces of a stream, each with the time that passed before it, and whether the answer to a question comes late.</summary>
    private static readonly Gen<(int Bytes, int Milliseconds, bool IsLate)[]> pieces =
        Gen.Select(Gen.Int[1, 64 * 1024], Gen.Frequency((9, Gen.Const(0)), (1, Gen.Int[1, 1500])), Gen.Bool).Array[0, 200];

    [Fact]
    public Task At_most_a_mebibyte_and_a_second_are_sent_by_one_decision() => ReadPermissionTests.pieces.SampleAsync(async pieces =>
    {
        var clock = new FakeTimeProvider();
        var sent = 0L;
        var (decidedAt, wholeAt) = (0L, clock.GetTimestamp());
        TaskCompletionSource? late = null;
        var isLate = false;
        await using var permission = new ReadPermission(new ReadDecision(null!, 0), clock, async (isWhole, earlier) =>
        {
            var (at, time) = (sent, clock.GetTimestamp());
            if (isLate)
            {
                await (late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            (decidedAt, wholeAt) = (at, isWhole ? time : wholeAt);
            return earlier;
        });
        foreach (var piece in pieces)
        {
            clock.Advance(TimeSpan.FromMilliseconds(piece.Milliseconds));
            isLate = piece.IsLate;
            var permitted = permission.RequireAsync(piece.Bytes).AsTask();
            while (!permitted.IsCompleted)
            {
                // What cannot go on without the answer gets it.
                late?.TrySetResult();
                await Task.Yield();
            }

            await permitted;
            sent += piece.Bytes;
            Assert.True(sent - decidedAt <= MebiByte, $"{sent - decidedAt} bytes after the decision");
            Assert.True(clock.GetElapsedTime(wholeAt) < TimeSpan.FromSeconds(1), "older than a second");
        }

        late?.TrySetResult();
    });

    [Fact]
    public async Task A_refusal_ends_it_before_the_bytes_that_need_the_answer()
    {
        await using var permission = new ReadPermission(
            new ReadDecision(null!, 0), new FakeTimeProvider(),
            (_, _) => Task.FromException<ReadDecision>(new InvalidOperationException("refused")));
        var sent = 0;
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            for (; sent <= MebiByte; sent += 64 * 1024)
            {
                await permission.RequireAsync(64 * 1024);
            }
        });
        Assert.InRange(sent, 64 * 1024, MebiByte);
    }
}
