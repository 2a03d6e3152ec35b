namespace Dmp.Server.Tests.Fixtures;

/// <summary>A clock that is ahead of the others.</summary>
internal sealed class MovedTime(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
}
