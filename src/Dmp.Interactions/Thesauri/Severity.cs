namespace Dmp.Interactions.Thesauri;

/// <summary>One level of a rule, and when it holds.</summary>
/// <param name="Level">The level.</param>
/// <param name="Text">What is published for this level: its condition, and what to do (conduite à tenir). May be empty.</param>
public sealed record Severity(InteractionLevel Level, string Text);
