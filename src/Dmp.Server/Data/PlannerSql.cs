namespace Dmp.Server.Data;

/// <summary>Statements for which only one plan is good, whatever the statistics say.</summary>
internal static class PlannerSql
{
    /// <summary>
    /// To be put before a statement that reads the first rows of an index in its order, in the same batch or transaction, with which it
    /// ends. From statistics PostgreSQL cannot know how many rows one record has, or how many wait, and sorts all of them when it takes
    /// them for few.
    /// </summary>
    public const string InIndexOrder =
        """
        select set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true),
            set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
            set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
        """;

    /// <summary>As before <see cref="InIndexOrder"/>.</summary>
    public const string InAnyOrder =
        """
        select set_config('enable_sort', 'on', true), set_config('enable_incremental_sort', 'on', true),
            set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true),
            set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true)
        """;
}
