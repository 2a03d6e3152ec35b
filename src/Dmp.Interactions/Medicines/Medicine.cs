namespace Dmp.Interactions.Medicines;

/// <summary>A product (spécialité) of the public medicines database (BDPM).</summary>
/// <param name="Cis">Its code CIS, eight digits.</param>
/// <param name="Name">As published, for instance <c>PLAVIX 75 mg, comprimé pelliculé</c>.</param>
/// <param name="Form">Its pharmaceutical form.</param>
/// <param name="Routes">Its routes of administration, as published.</param>
/// <param name="IsMarketed">False for what has an authorisation and is not sold.</param>
/// <param name="IsHomeopathic">Registered as homeopathic.</param>
/// <param name="Atc">Its ATC codes; the database has them for medicines of major therapeutic interest only.</param>
/// <param name="Ingredients">Its active substances; empty when the file of compositions has none.</param>
public sealed record Medicine(
    string Cis,
    string Name,
    string Form,
    IReadOnlyList<string> Routes,
    bool IsMarketed,
    bool IsHomeopathic,
    IReadOnlyList<string> Atc,
    IReadOnlyList<Ingredient> Ingredients);

/// <summary>
/// An active substance of a product: as it is contained (substance active, SA), and the part of it that acts (fraction thérapeutique,
/// FT), as published with one link number for one element of the product.
/// </summary>
/// <param name="Element">The element it is in (a tablet, a powder, …).</param>
/// <param name="Contained">One, and two or more in a few rows of the database.</param>
/// <param name="Therapeutic">None, one, or two or more in a few rows.</param>
public sealed record Ingredient(string Element, IReadOnlyList<IngredientName> Contained, IReadOnlyList<IngredientName> Therapeutic);

/// <summary>A substance as a row of a composition names it.</summary>
/// <param name="Code">The code of the substance in the database: one code may have several names.</param>
/// <param name="Name">As published.</param>
/// <param name="Dose">As published, for instance <c>75 mg</c>. May be empty.</param>
public sealed record IngredientName(string Code, string Name, string Dose);
