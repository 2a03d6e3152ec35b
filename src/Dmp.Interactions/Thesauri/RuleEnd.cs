namespace Dmp.Interactions.Thesauri;

/// <summary>What an end of a rule names.</summary>
public enum RuleEndKind
{
    /// <summary>One substance, or several by extrapolation: any of them.</summary>
    Substance,

    /// <summary>A class: any of its members in the same edition.</summary>
    Class,

    /// <summary>Substances that are given together: all of them.</summary>
    Combination,

    /// <summary>Whatever is taken by one route, such as "médicaments administrés par voie orale".</summary>
    Route,

    /// <summary>What is no medicine: alcohol, grapefruit, latex.</summary>
    Other,

    /// <summary>
    /// Something of which the edition lists no members: nothing meets it, and nothing can be said of what its rules say of the other end.
    /// </summary>
    Unresolved,
}

/// <summary>An end of a rule.</summary>
/// <param name="Name">As published.</param>
/// <param name="Kind">What it names.</param>
/// <param name="Members">Substances of the edition, by <see cref="Names.Key"/>; for a route, its name in the medicines database.</param>
/// <param name="Condition">A condition in the name, as published: a route, a dose, an age. Null when there is none.</param>
public sealed record RuleEnd(string Name, RuleEndKind Kind, IReadOnlyList<string> Members, string? Condition);
