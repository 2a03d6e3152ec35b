using Dmp.Delegation.V1;
using Dmp.Server.Calls;

namespace Dmp.Server.Access;

/// <summary>Who a person is to a record.</summary>
internal static class Capacities
{
    /// <summary>
    /// The widest capacity that holds now:
    /// <code>
    /// the INS of the token is the record's                                          patient
    /// the token names the INS as represented, or an active delegation says so       representative
    /// an active delegation says so                                                  caregiver
    /// </code>
    /// Representatives are none from the day on which the patient comes of age, unless the record is under guardianship. What
    /// that does to delegations is in <see cref="ActiveDelegation"/>.
    /// </summary>
    public static Capacity Of(Caller caller, AccessFacts facts)
    {
        if (!caller.Kind.IsPerson)
        {
            return Capacity.None;
        }

        if (caller.Kind == CallerKind.Patient && string.Equals(caller.Ins, facts.InsNumber, StringComparison.Ordinal))
        {
            return Capacity.Patient;
        }

        var isRepresentative = facts.IsRepresented
            && caller.Kind == CallerKind.Representative
            && caller.RepresentedIns.Contains(facts.InsNumber, StringComparer.Ordinal);
        return isRepresentative ? Capacity.Representative : (DelegationKind)(facts.DelegationKind ?? 0) switch
        {
            DelegationKind.Representative => Capacity.Representative,
            DelegationKind.Caregiver => Capacity.Caregiver,
            _ => Capacity.None,
        };
    }
}
