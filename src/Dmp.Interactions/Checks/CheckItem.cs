namespace Dmp.Interactions.Checks;

/// <summary>A medicine to check: a product by one of its codes, or a substance by its name.</summary>
public sealed record CheckItem
{
    /// <summary>The code CIS of a product, or a code CIP of one of its packs (seven or thirteen digits).</summary>
    public string? ProductCode { get; init; }

    /// <summary>
    /// The name of a substance, when there is no code or none that the medicines database has; compared without accents, capitals and
    /// salts.
    /// </summary>
    public string? SubstanceName { get; init; }

    /// <summary>How it is taken, as the medicines database writes it (<c>orale</c>). Empty: any route of the product.</summary>
    public IReadOnlyList<string> Routes { get; init; } = [];
}
