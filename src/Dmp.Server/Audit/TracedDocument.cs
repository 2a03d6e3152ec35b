using Dmp.Server.Documents;

namespace Dmp.Server.Audit;

/// <summary>A document version in the trace. Version 0, without a digest: named by the call, and maybe not there.</summary>
internal sealed record TracedDocument(Guid DocumentId, int Version, byte[] Sha256)
{
    public TracedDocument(Guid documentId)
        : this(documentId, 0, [])
    {
    }

    public static TracedDocument Of(Document.V1.Document document) =>
        new(Guid.Parse(document.DocumentId), document.Version, document.Content.Sha256.ToByteArray());

    public static TracedDocument Of(DocumentRow row) => new(row.DocumentId, row.Version, row.Sha256);
}
