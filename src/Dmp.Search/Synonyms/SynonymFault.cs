namespace Dmp.Search.Synonyms;

/// <summary>What is wrong with a line of a table of synonyms. Such a line is left out, and the others count.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Text">What is wrong, in a sentence that does not quote the line.</param>
public sealed record SynonymFault(int Line, string Text);

/// <summary>A table as it was read.</summary>
/// <param name="Table">Its rows without a fault.</param>
/// <param name="Faults">In the order of the lines; the first hundred of them.</param>
public sealed record SynonymReading(SynonymTable Table, IReadOnlyList<SynonymFault> Faults);
