namespace Dmp.Server.Access;

/// <summary>When a delegation gives access, for statements.</summary>
internal static class ActiveDelegation
{
    /// <summary>The delegation <c>d</c> on the record <c>r</c> gives access now. The state that people see says the same.</summary>
    public const string Condition =
        $"""
        (
            d.accept_time is not null
                and d.revoke_time is null
                and d.start_time <= @Now
                and (d.end_time is null or d.end_time > @Now)
                and (d.kind = 2 and d.invited_by_patient or {Majority.IsRepresented})
        )
        """;
}
