using System.Runtime.CompilerServices;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>Waits for what a test expects, for as long as a loaded machine may take, and no longer.</summary>
internal static class Waiting
{
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan within = TimeSpan.FromSeconds(60);

    /// <summary>Returns as soon as the condition holds. A failure names the condition as it was written.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Xunit.Assert.True(TimeProvider.System.GetElapsedTime(begin) < within, $"Did not come within {within}: {what}");
            await Task.Delay(pause, Xunit.TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The same for a condition that is known at once.</summary>
    public static Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        UntilAsync(() => Task.FromResult(condition()), what);
}
