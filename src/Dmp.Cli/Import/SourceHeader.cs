using Dmp.Cda;
using Dmp.Fhir;

namespace Dmp.Cli.Import;

/// <summary>What the header of a document says that decides where it goes.</summary>
internal sealed record SourceHeader
{
    /// <summary>Its identifier as it is written; null for none.</summary>
    public string? UniqueId { get; init; }

    /// <summary>Whom it is about; null unless it names one patient.</summary>
    public CdaPatient? Patient { get; init; }

    public IReadOnlyList<CdaAuthor> Authors { get; init; } = [];

    /// <summary>Identifiers of what it replaces, as they are written.</summary>
    public IReadOnlyList<string> ReplacedIds { get; init; } = [];

    public static SourceHeader Of(CdaDocument document) => new()
    {
        UniqueId = document.Id?.ToString(),
        Patient = document.Patients is [var patient] ? patient : null,
        Authors = document.Authors,
        ReplacedIds = CdaMetadata.From(document).ReplacedIds,
    };

    public static SourceHeader Of(FhirDocumentHeader document) => new()
    {
        UniqueId = document.UniqueId,
        Patient = document.Patient,
        Authors = document.Authors,
        ReplacedIds = document.ReplacedIds,
    };
}
