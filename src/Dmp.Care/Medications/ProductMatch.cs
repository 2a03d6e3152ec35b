using Dmp.Interactions.Medicines;

namespace Dmp.Care.Medications;

/// <summary>What the product of a statement is taken for.</summary>
/// <param name="Key">What is one treatment has one key.</param>
/// <param name="Name">Of the product: as published, or as stated.</param>
/// <param name="Product">In the medicines database; null when it is not known.</param>
/// <param name="Set">Its substances; null when they are not known.</param>
/// <param name="IsByText">Its words alone say which it is.</param>
/// <param name="OtherName">Words of the statement that name another medicine than its code does (M37); null when there are none.</param>
internal sealed record ProductMatch(string Key, string Name, Medicine? Product, SubstanceSet? Set, bool IsByText, string? OtherName);
