namespace Dmp.Server.Access;

/// <summary>
/// What ends when a minor comes of age, for the statements that ask. The moment itself is in one function of the database,
/// <c>dmp_majority_time</c>.
/// </summary>
internal static class Majority
{
    /// <summary>The record <c>r</c> is that of a minor, or of an adult under guardianship: representatives act for the patient.</summary>
    public const string IsRepresented =
        "(dmp_majority_time(r.birth_date) > @Now or coalesce(r.guardianship_until > @Now, false))";

    /// <summary>
    /// The consent <c>c</c> on the record <c>r</c> does not wait for the approval of a patient who came of age after it was
    /// given.
    /// </summary>
    public const string IsApproved =
        """
        (
            dmp_majority_time(r.birth_date) > @Now
                or coalesce(c.reapprove_time, c.grant_time) >= dmp_majority_time(r.birth_date)
        )
        """;
}
