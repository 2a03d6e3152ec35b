namespace Dmp.Server.Calls;

/// <summary>A document version in the trace. Version 0, without a digest: named by the call, and maybe not there.</summary>
internal sealed record TracedDocument(Guid DocumentId, int Version, byte[] Sha256)
{
    public TracedDocument(Guid documentId)
        : this(documentId, 0, [])
    {
    }

    /// <summary>The version that a message is of.</summary>
    public static TracedDocument Of(Document.V1.Document document) =>
        new(Guid.Parse(document.DocumentId), document.Version, document.Content.Sha256.ToByteArray());
}
