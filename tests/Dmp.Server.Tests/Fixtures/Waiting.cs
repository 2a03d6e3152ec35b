using System.Runtime.CompilerServices;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>Waits for what a test expects, for as long as a loaded machine may take, and no longer.</summary>
internal static class Waiting
{
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan limit = TimeSpan.FromMinutes(3);

    /// <summary>Returns as soon as the condition holds, and fails after three minutes unless told. A failure names it as written.</summary>
    public static async Task UntilAsync(
        Func<Task<bool>> condition, TimeSpan? within = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Xunit.Assert.True(TimeProvider.System.GetElapsedTime(begin) < (within ?? limit), $"Did not come in time: {what}");
            await Task.Delay(pause, Xunit.TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The same for a condition that is known at once.</summary>
    public static Task UntilAsync(
        Func<bool> condition, TimeSpan? within = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        UntilAsync(() => Task.FromResult(condition()), within, what);

    /// <summary>Returns when the time has come, for rules that are times: the end of a consent, the start of a matrix.</summary>
    public static Task PassedAsync(DateTimeOffset time) => UntilAsync(() => DateTimeOffset.UtcNow > time);

    /// <summary>Never returns: somebody who says nothing more, until the call ends.</summary>
    public static Task ForeverAsync(CancellationToken ct) => new TaskCompletionSource().Task.WaitAsync(ct);
}
