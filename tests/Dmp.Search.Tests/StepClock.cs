namespace Dmp.Search.Tests;

/// <summary>A clock that goes on by a second each time it is asked.</summary>
internal sealed class StepClock : TimeProvider
{
    private long steps;

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => steps++;
}
