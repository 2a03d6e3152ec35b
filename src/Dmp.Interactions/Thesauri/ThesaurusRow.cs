namespace Dmp.Interactions.Thesauri;

/// <summary>A rule in one direction, as a file has it.</summary>
internal sealed record ThesaurusRow(
    int Line, string Heading, string Other, IReadOnlyList<Severity> Severities, string Mechanism, string Conduct);
