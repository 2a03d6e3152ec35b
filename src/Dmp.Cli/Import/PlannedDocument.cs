using Dmp.Document.V1;
using Dmp.Type.V1;
using Dmp.Xdm;

namespace Dmp.Cli.Import;

/// <summary>Why a document is not sent, as the report says it.</summary>
/// <param name="Outcome">What the report calls it.</param>
/// <param name="Reason">A stable word.</param>
/// <param name="Message">A sentence without medical content.</param>
internal sealed record Obstacle(ImportResult Outcome, string Reason, string Message);

/// <summary>A document of the source, with what its file, its header or its metadata say.</summary>
internal sealed record PlannedDocument
{
    /// <summary>Its path in the source.</summary>
    public required string Key { get; init; }

    /// <summary>Null for what is no file: a link, a document whose file is missing.</summary>
    public TreeFile? File { get; init; }

    /// <summary>Why it is not sent; null when it is.</summary>
    public Obstacle? Obstacle { get; init; }

    public byte[] Sha256 { get; init; } = [];

    /// <summary>Empty for a CDA document that describes itself.</summary>
    public DocumentMetadata Metadata { get; init; } = new();

    public IReadOnlyList<VisibilityCode> VisibilityCodes { get; init; } = [];

    /// <summary>Whom it is about.</summary>
    public Ins? Patient { get; init; }

    /// <summary>Whom the medium or its metadata name, for the platform to compare with the record.</summary>
    public StatedPatient? Stated { get; init; }

    /// <summary>The record, when the source names it itself.</summary>
    public string RecordId { get; init; } = "";

    /// <summary>The document that it replaces, when the source names it itself, with its etag.</summary>
    public string ReplacesDocumentId { get; init; } = "";

    public string Etag { get; init; } = "";

    /// <summary>Its identifier, of the header or of the metadata.</summary>
    public string UniqueId { get; init; } = "";

    /// <summary>What its header replaces: identifiers.</summary>
    public IReadOnlyList<string> ReplacedIds { get; init; } = [];

    /// <summary>What it replaces by an association of its package: the key of the other document.</summary>
    public string? ReplacesKey { get; init; }

    /// <summary>The submission set of its package.</summary>
    public PlannedSet? Submission { get; init; }

    /// <summary>It is the signature of its submission set, and no document.</summary>
    public bool IsSignature { get; init; }

    /// <summary>It is sent with its submission set, or nothing of both.</summary>
    public bool IsSentWithSet { get; init; }

    public IReadOnlyList<Warning> Warnings { get; init; } = [];

    public PlannedDocument Blocked(string reason, string message) =>
        this with { Obstacle = new Obstacle(ImportResult.Refused, reason, message) };
}

/// <summary>A submission set of a package.</summary>
/// <param name="Key">Its directory.</param>
/// <param name="Metadata">What it says of itself.</param>
internal sealed record PlannedSet(string Key, SubmissionSetMetadata Metadata);

/// <summary>What became of a document.</summary>
internal enum ImportResult
{
    /// <summary>Added now.</summary>
    Stored,

    /// <summary>Added by an earlier run, or by somebody with the same account.</summary>
    Already,

    /// <summary>A dry run found nothing against it.</summary>
    Valid,

    /// <summary>Cannot be added as it is.</summary>
    Refused,

    /// <summary>Not added, or not known to be; the same command tries again.</summary>
    Failed,

    /// <summary>No document, or of a kind that the platform does not keep.</summary>
    Skipped,
}
