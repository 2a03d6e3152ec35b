namespace Dmp.Search.Index;

/// <summary>A block that cannot be used: damaged, of something else, or written by a later version.</summary>
public sealed class DocumentIndexException : Exception
{
    public DocumentIndexException(string message)
        : base(message)
    {
    }
}
