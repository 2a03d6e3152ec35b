namespace Dmp.Server.Options;

/// <summary>The search within the words of documents, section <c>Dmp:Search</c>.</summary>
internal sealed record SearchOptions
{
    public const string Section = "Dmp:Search";

    /// <summary>
    /// A table of abbreviations in place of the one that comes along: UTF-8, a line is a short form, a tab, a long form. Read at the start.
    /// </summary>
    public string? SynonymFile { get; init; }
}
