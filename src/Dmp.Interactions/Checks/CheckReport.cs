using Dmp.Interactions.Mapping;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;

namespace Dmp.Interactions.Checks;

/// <summary>What the thesaurus says of an item, or of a pair of items.</summary>
public enum CheckOutcome
{
    /// <summary>At least one rule.</summary>
    Matched = 1,

    /// <summary>
    /// All substances are known, and no rule of the edition names them together. That is no "no interaction": a rule may be missing
    /// because nothing was reported, because a risk was judged minor, or because studies were negative.
    /// </summary>
    NoRule = 2,

    /// <summary>A substance, the whole product, or a class that a rule of it names is not known: nothing can be said.</summary>
    UnknownSubstance = 3,
}

/// <summary>What the preface of the thesaurus says of a medicine that is applied locally.</summary>
public enum LocalForm
{
    /// <summary>Not local, or not known.</summary>
    None = 0,

    /// <summary>All routes are local: by the preface, rules for systemic routes do not concern it. They are told all the same.</summary>
    Exempt = 1,

    /// <summary>All routes are local, and the preface takes this substance out of the exemption.</summary>
    Included = 2,
}

/// <summary>An item and what became of it.</summary>
/// <param name="Item">As it was asked for.</param>
/// <param name="Medicine">The product; null when a substance was asked for, or the code is not known.</param>
/// <param name="Substances">Each with the name it has in the thesaurus. Empty when the code is not known.</param>
/// <param name="Outcome">A rule with any other item; or else what is known of its own substances.</param>
public sealed record ItemAnswer(CheckItem Item, Medicine? Medicine, IReadOnlyList<SubstanceMapping> Substances, CheckOutcome Outcome);

/// <summary>Two items, by their places in the question, the first before the second.</summary>
/// <param name="First">The place of one item, from 0.</param>
/// <param name="Second">The place of the other.</param>
/// <param name="Outcome">What the thesaurus says of them.</param>
/// <param name="Findings">The most specific rule first.</param>
/// <param name="Duplicates">Substances that both have: no rule says so.</param>
/// <param name="IsComplete">
/// False when a substance of either is not known, or has a rule with a class that the edition does not list: there may be more than the
/// findings.
/// </param>
public sealed record PairAnswer(
    int First,
    int Second,
    CheckOutcome Outcome,
    IReadOnlyList<Finding> Findings,
    IReadOnlyList<DuplicateFinding> Duplicates,
    bool IsComplete);

/// <summary>A rule that two items meet.</summary>
/// <param name="Rule">As published.</param>
/// <param name="FirstEnd">The end of the rule that the first item meets.</param>
/// <param name="FirstSubstance">By which of its substances; null when it is by its route.</param>
/// <param name="SecondEnd">The end that the second item meets.</param>
/// <param name="SecondSubstance">The same for the second.</param>
/// <param name="FirstLocal">Whether the first is applied locally.</param>
/// <param name="SecondLocal">Whether the second is.</param>
public sealed record Finding(
    Rule Rule,
    RuleEnd FirstEnd,
    SubstanceMapping? FirstSubstance,
    RuleEnd SecondEnd,
    SubstanceMapping? SecondSubstance,
    LocalForm FirstLocal,
    LocalForm SecondLocal)
{
    /// <summary>Conditions in the names of the ends, as published. Whether they hold cannot be told from what was asked.</summary>
    public IEnumerable<string> Conditions =>
        new[] { FirstEnd.Condition, SecondEnd.Condition }.OfType<string>().Distinct(StringComparer.Ordinal);
}

/// <summary>One substance in two items.</summary>
/// <param name="First">As the first item has it.</param>
/// <param name="Second">As the second has it: perhaps another salt.</param>
public sealed record DuplicateFinding(SubstanceMapping First, SubstanceMapping Second);

/// <summary>The answer to a question: every item, and every pair of them.</summary>
/// <param name="ThesaurusEdition">The edition of the rules.</param>
/// <param name="MedicinesEdition">The edition of the products; null when there is none.</param>
/// <param name="Items">In the order of the question.</param>
/// <param name="Pairs">Each pair once: (0,1), (0,2), …, (1,2), …</param>
public sealed record CheckReport(
    string ThesaurusEdition, string? MedicinesEdition, IReadOnlyList<ItemAnswer> Items, IReadOnlyList<PairAnswer> Pairs);
