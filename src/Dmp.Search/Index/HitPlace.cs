namespace Dmp.Search.Index;

/// <summary>Which part of a document holds the words.</summary>
public enum HitPlace
{
    /// <summary>The title of the document.</summary>
    Title = 1,

    /// <summary>A section of its text, or a page.</summary>
    Section = 2,

    /// <summary>The displays of the facts that it states.</summary>
    Statement = 3,
}
