namespace Dmp.Migrator;

/// <summary>What a run did, or what a dry run would have done.</summary>
public sealed record MigrationResult
{
    /// <summary>Names of the scripts applied by this run, in order. Empty when there was nothing to do.</summary>
    public required IReadOnlyList<string> Applied { get; init; }
}

/// <summary>Where a database stands compared with the scripts of this program.</summary>
public sealed record MigrationStatus
{
    /// <summary>Names recorded in the database, in order.</summary>
    public required IReadOnlyList<string> Applied { get; init; }

    /// <summary>Names this program holds and the database has not seen.</summary>
    public required IReadOnlyList<string> Pending { get; init; }

    /// <summary>Names the database has seen and this program does not know: a newer release has been here.</summary>
    public required IReadOnlyList<string> Unknown { get; init; }

    /// <summary>Names whose text is no longer the one that was applied. Always a mistake: applied scripts never change.</summary>
    public required IReadOnlyList<string> Changed { get; init; }
}
