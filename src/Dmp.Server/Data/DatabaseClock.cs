namespace Dmp.Server.Data;

/// <summary>
/// The clock in the resolution that PostgreSQL keeps, microseconds: a time in the answer of a change is the one that every
/// later read answers.
/// </summary>
internal sealed class DatabaseClock : TimeProvider
{
    public override DateTimeOffset GetUtcNow()
    {
        var now = base.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
