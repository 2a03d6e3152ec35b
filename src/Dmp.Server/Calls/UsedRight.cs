namespace Dmp.Server.Calls;

/// <summary>The right on which a call used a record, for the trace.</summary>
/// <param name="Mode">The mode in which the record was used.</param>
/// <param name="Capacity">What the caller is to the record.</param>
/// <param name="IsAuthorized">By an authorisation in force, or in an emergency.</param>
/// <param name="IsAttending">As attending physician.</param>
/// <param name="EmergencyAccessId">The emergency access in whose mode it was used; null in the normal mode.</param>
internal sealed record UsedRight(AccessMode Mode, Capacity Capacity, bool IsAuthorized, bool IsAttending, Guid? EmergencyAccessId);
