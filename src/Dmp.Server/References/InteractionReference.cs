using Dmp.Interactions.Checks;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.References;

/// <summary>The rules and the products that are in force, ready to be asked.</summary>
/// <param name="Checker">Over both.</param>
/// <param name="Thesaurus">Where the rules are from.</param>
/// <param name="MedicinesEdition">Where the products are from; null when there are none.</param>
/// <param name="Medicines">The products; null when there are none: then substances are asked for by their names.</param>
internal sealed record InteractionReference(
    InteractionChecker Checker, ReferenceOrigin Thesaurus, ReferenceOrigin? MedicinesEdition, MedicineTable? Medicines);

/// <summary>The products that are in force.</summary>
/// <param name="Table">The products.</param>
/// <param name="Origin">Where they are from.</param>
internal sealed record MedicinesReference(MedicineTable Table, ReferenceOrigin Origin);

/// <summary>Where an edition is from.</summary>
/// <param name="EditionId">Its id; null for that of the sandbox.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Source">In the words of who imported it.</param>
/// <param name="Sha256">Over its files.</param>
/// <param name="EffectiveTime">From when on it is in force; null for that of the sandbox.</param>
internal sealed record ReferenceOrigin(Guid? EditionId, string Name, string Source, byte[] Sha256, DateTimeOffset? EffectiveTime)
{
    /// <summary>As answers tell it.</summary>
    public ReferenceEdition ToMessage() => new()
    {
        Name = Name,
        Source = Source,
        Sha256 = ByteString.CopyFrom(Sha256),
        EffectiveTime = EffectiveTime?.ToTimestamp(),
    };
}
