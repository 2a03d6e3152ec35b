namespace Dmp.Interactions.Medicines;

/// <summary>One edition of the public medicines database. It never changes.</summary>
/// <param name="Edition">Its name, for instance <c>2026-05</c>.</param>
/// <param name="ByCis">Products by their code CIS.</param>
/// <param name="CisByCip">The product of a pack, by its code CIP of seven or thirteen digits.</param>
/// <param name="NamesByCode">All names that rows of compositions have for the code of a substance.</param>
/// <param name="CodesByName">The code of a substance, by <see cref="Names.Key"/> of each of its names.</param>
public sealed record MedicineTable(
    string Edition,
    IReadOnlyDictionary<string, Medicine> ByCis,
    IReadOnlyDictionary<string, string> CisByCip,
    IReadOnlyDictionary<string, IReadOnlyList<string>> NamesByCode,
    IReadOnlyDictionary<string, string> CodesByName)
{
    /// <summary>
    /// The product of a code CIS, or of a code CIP of one of its packs; null for a pack whose product is not published too.
    /// </summary>
    public Medicine? Find(string code) => ByCis.GetValueOrDefault(code)
        ?? (CisByCip.GetValueOrDefault(code) is { } cis ? ByCis.GetValueOrDefault(cis) : null);
}

/// <summary>An edition, and what was odd in its files.</summary>
public sealed record MedicineReading(MedicineTable Table, IReadOnlyList<ReadingNotice> Notices);
