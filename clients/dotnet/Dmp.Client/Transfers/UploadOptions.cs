using Dmp.Document.V1;
using Dmp.Type.V1;

namespace Dmp.Client;

/// <summary>What an upload may say besides the document and its metadata.</summary>
public sealed record UploadOptions
{
    /// <summary>From whom the document is hidden from the start.</summary>
    public IReadOnlyList<VisibilityCode> VisibilityCodes { get; init; } = [];

    /// <summary>The document that this one replaces (RPLC); <see cref="Etag"/> is required with it.</summary>
    public string? ReplacesDocumentId { get; init; }

    /// <summary>The etag of the replaced document as it was read.</summary>
    public string? Etag { get; init; }

    /// <summary>Whom the sender's own system or medium names as the patient. Another person than the record's is refused; nothing of it is
    /// kept.</summary>
    public StatedPatient? StatedPatient { get; init; }

    /// <summary>A UUID for this intent. Default: a new one. Set it to be able to repeat the upload after a crash.</summary>
    public string? RequestId { get; init; }

    /// <summary>The size, when it is known before. Default: the rest of the stream when it can seek.</summary>
    public long? ExpectedSizeBytes { get; init; }

    /// <summary>
    /// The SHA-256, when it is known before: a repeated upload is then answered before any byte travels, and other bytes are
    /// refused.
    /// </summary>
    public ReadOnlyMemory<byte> ExpectedSha256 { get; init; }

    /// <summary>Called when the platform has accepted the intent, for its limits and warnings; again when an attempt is repeated.</summary>
    public Action<UploadAccepted>? Accepted { get; init; }

    /// <summary>Called when the document is stored and something is odd about its header, such as a name unlike the record's.</summary>
    public Action<IReadOnlyList<Warning>>? Warned { get; init; }
}
