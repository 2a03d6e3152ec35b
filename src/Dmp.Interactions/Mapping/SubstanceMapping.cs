namespace Dmp.Interactions.Mapping;

/// <summary>How a substance of a product was found in the thesaurus. The rules are tried in this order.</summary>
public enum MappingRule
{
    /// <summary>Not found.</summary>
    None,

    /// <summary>The name of what is contained is a name of the thesaurus.</summary>
    ContainedName,

    /// <summary>The name of what acts is.</summary>
    TherapeuticName,

    /// <summary>Without what stands in parentheses: <c>ranitidine (chlorhydrate de)</c>.</summary>
    WithoutParentheses,

    /// <summary>Without the words of a salt, ester or hydrate: <c>warfarine sodique</c>.</summary>
    WithoutSalt,

    /// <summary>Turned round: <c>valproïque (acide)</c>.</summary>
    AcidTurned,

    /// <summary>By a table that a person made.</summary>
    Synonym,
}

/// <summary>What is known of a substance.</summary>
public enum MappingOutcome
{
    /// <summary>It is a name of the thesaurus.</summary>
    Named = 1,

    /// <summary>
    /// No rule exists for it: no name of the edition has a word like one of its own, or somebody looked in this edition, or it is a
    /// homeopathic dilution.
    /// </summary>
    NotNamed = 2,

    /// <summary>The thesaurus has names like it, and no rule of mapping brings them together: nothing can be said.</summary>
    Unknown = 3,
}

/// <summary>A substance as it was asked for, and as the thesaurus names it.</summary>
/// <param name="Published">Its name as published, or as it was asked for.</param>
/// <param name="Code">Its code in the medicines database; null when it was asked for by name.</param>
/// <param name="Dose">As published for what is contained. May be empty.</param>
/// <param name="Key">Its name in the thesaurus, by <see cref="Names.Key"/>; null unless it is named there.</param>
/// <param name="Rule">How it was found.</param>
/// <param name="Outcome">What is known of it.</param>
public sealed record SubstanceMapping(
    string Published, string? Code, string Dose, string? Key, MappingRule Rule, MappingOutcome Outcome)
{
    /// <summary>The same substance for the search for duplicates: the name in the thesaurus, or else what is left of its own.</summary>
    internal string Identity { get; init; } = "";
}
