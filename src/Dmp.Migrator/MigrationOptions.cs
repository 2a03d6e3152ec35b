namespace Dmp.Migrator;

/// <summary>Limits of a run.</summary>
public sealed record MigrationOptions
{
    /// <summary>How long to wait for another migrator to finish. Its whole run counts, so this is minutes.</summary>
    public TimeSpan WaitForOthers { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long one statement may queue for a table lock. Short, because everybody who comes later queues behind it: a
    /// migration that meets a long transaction gives up and is run again.
    /// </summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
