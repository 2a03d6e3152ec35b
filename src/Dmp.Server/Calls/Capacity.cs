namespace Dmp.Server.Calls;

/// <summary>What a person is to a record. Decided for each call, by the policy of access.</summary>
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

    /// <summary>
    /// A trusted person (<i>personne de confiance</i>), in what concerns the own designation. Nobody is that to a record as a whole: it
    /// gives no access.
    /// </summary>
    TrustedPerson,
}
