using Dmp.Delegation.V1;

namespace Dmp.Server.Access;

/// <summary>What a person is to a record. Decided for each call, by <see cref="Capacities.Of"/>.</summary>
internal enum Capacity
{
    /// <summary>Nobody to it; every professional, structure, operator and auditor too.</summary>
    None,

    /// <summary>Its patient.</summary>
    Patient,

    /// <summary>A legal representative, by token or by delegation.</summary>
    Representative,

    /// <summary>A caregiver (<i>aidant</i>), by delegation.</summary>
    Caregiver,
}

/// <summary>Who a person is to a record.</summary>
internal static class Capacities
{
    /// <summary>People with a token of their own, whatever they are to a record.</summary>
    public static bool IsPerson(CallerKind kind) => kind is CallerKind.Patient or CallerKind.Representative;

    /// <summary>
    /// The widest capacity that holds now:
    /// <code>
    /// the INS of the token is the record's                                          patient
    /// the token names the INS as represented, or an active delegation says so       representative
    /// an active delegation says so                                                  caregiver
    /// </code>
    /// Representatives are none from the day on which the patient comes of age, unless the record is under guardianship. What
    /// that does to delegations is in <see cref="Delegations.DelegationSql.IsActive"/>.
    /// </summary>
    public static Capacity Of(Caller caller, AccessFacts facts)
    {
        if (!IsPerson(caller.Kind))
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
