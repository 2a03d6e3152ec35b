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
}
