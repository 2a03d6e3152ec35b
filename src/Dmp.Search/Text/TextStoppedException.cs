namespace Dmp.Search.Text;

/// <summary>The reading of one document, or of one file in it, ends here. Never leaves <see cref="DocumentText"/>.</summary>
internal sealed class TextStoppedException(UnreadReason reason) : Exception($"Reading ended: {reason}.")
{
    public UnreadReason Reason => reason;
}
