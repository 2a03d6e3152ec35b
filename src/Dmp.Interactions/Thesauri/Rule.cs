namespace Dmp.Interactions.Thesauri;

/// <summary>A rule of an edition: two ends, in no order.</summary>
/// <param name="Id">The same at each reading of the edition, from its name and both ends: 16 digits of 0-9 and A-F.</param>
/// <param name="First">The end under whose heading the rule stands first.</param>
/// <param name="Second">The other end.</param>
/// <param name="Severities">One level, or several of which each holds under its condition. The strongest first; none is left out.</param>
/// <param name="Mechanism">Mechanism and effect as published. May be empty.</param>
/// <param name="Conduct">What is published on what to do, whole. May be empty.</param>
/// <param name="Lines">Where it stands in its file; twice, mostly, once under each end.</param>
public sealed record Rule(
    string Id,
    RuleEnd First,
    RuleEnd Second,
    IReadOnlyList<Severity> Severities,
    string Mechanism,
    string Conduct,
    IReadOnlyList<int> Lines)
{
    /// <summary>The strongest of its levels: for sorting only, as it may not be the one that holds.</summary>
    public InteractionLevel Strongest => Severities.Min(severity => severity.Level);
}
