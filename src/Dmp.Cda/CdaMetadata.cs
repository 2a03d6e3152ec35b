namespace Dmp.Cda;

/// <summary>
/// What the header says in the terms of IHE XDS.b (DocumentEntry), as the French framework derives it. Authors and the legal
/// authenticator are taken from the document as they are.
/// </summary>
public sealed record CdaMetadata
{
    /// <summary>uniqueId, from <c>id</c>: the root, and the extension after a circumflex.</summary>
    public required string? UniqueId { get; init; }

    /// <summary>typeCode, from <c>code</c>.</summary>
    public required CdaCode? Type { get; init; }

    /// <summary>classCode, by the published association; null for a type that is in no class.</summary>
    public required string? ClassCode { get; init; }

    /// <summary>formatCode: of an embedded file by its media type, of sections by <c>templateId</c>.</summary>
    public required CdaCode Format { get; init; }

    /// <summary>mimeType of the file: <c>application/xslt+xml</c> inside of a stylesheet, else <c>text/xml</c>.</summary>
    public required string MediaType { get; init; }

    /// <summary>title, from <c>title</c>.</summary>
    public required string? Title { get; init; }

    /// <summary>languageCode, from <c>languageCode</c>.</summary>
    public required string? LanguageCode { get; init; }

    /// <summary>The one of N, R and V in confidentialityCode, from <c>confidentialityCode</c>.</summary>
    public required CdaCode? Confidentiality { get; init; }

    /// <summary>practiceSettingCode: of the structure in which the main act was done, else that of the first author.</summary>
    public required CdaCode? PracticeSetting { get; init; }

    /// <summary>healthcareFacilityTypeCode, from the facility of <c>componentOf</c>.</summary>
    public required CdaCode? FacilityType { get; init; }

    /// <summary>eventCodeList: each act in <c>documentationOf</c> and its translations, once.</summary>
    public required IReadOnlyList<CdaCode> EventCodes { get; init; }

    /// <summary>creationTime, from <c>effectiveTime</c>.</summary>
    public required DateTimeOffset? CreationTime { get; init; }

    /// <summary>
    /// serviceStartTime: begin of the main act; where the header does not say it, that of the stay, the end of the main act, or
    /// the time of the first author, or the creation. Null also when the header says it in a way that nobody can read.
    /// </summary>
    public required DateTimeOffset? ServiceStartTime { get; init; }

    /// <summary>serviceStopTime: end of the main act, when it is not before <see cref="ServiceStartTime"/>.</summary>
    public required DateTimeOffset? ServiceStopTime { get; init; }

    /// <summary>Unique ids of the documents that this one replaces (RPLC).</summary>
    public required IReadOnlyList<string> ReplacedIds { get; init; }

    /// <summary>Derives the metadata of a document.</summary>
    public static CdaMetadata From(CdaDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var main = document.ServiceEvents is [var first, ..] ? first : null;
        var start = main?.Time is { IsStartMalformed: true }
            ? null
            : (main?.Time?.Start
                ?? document.Encounter?.Time?.Start
                ?? main?.Time?.Stop
                ?? document.Authors.Select(author => author.Time).FirstOrDefault(time => time is not null)
                ?? document.CreationTime)?.Time;
        return new CdaMetadata
        {
            UniqueId = document.Id?.ToString(),
            Type = document.Type,
            ClassCode = CdaTables.ClassOf(document.Type),
            Format = (document.Body?.Level == 1 ? CdaTables.FormatOf(document.Body.MediaType) : CdaTables.FormatOf(document.TemplateIds))
                ?? CdaTables.OtherFormat,
            MediaType = document.IsSelfPresenting ? "application/xslt+xml" : "text/xml",
            Title = document.Title,
            LanguageCode = document.LanguageCode,
            Confidentiality = document.Confidentiality,
            PracticeSetting = main?.Performers.Select(performer => performer.Organization?.PracticeSetting)
                .FirstOrDefault(code => code is not null)
                ?? document.Authors.Select(author => author.Actor.Organization?.PracticeSetting).FirstOrDefault(code => code is not null),
            FacilityType = document.Encounter?.FacilityType,
            EventCodes = EventCodesOf(document),
            CreationTime = document.CreationTime?.Time,
            ServiceStartTime = start,
            ServiceStopTime = main?.Time?.Stop?.Time is { } stop && (start is null || stop >= start) ? stop : null,
            ReplacedIds =
            [
                .. document.RelatedDocuments.Where(related => related.Relation == "RPLC")
                    .SelectMany(related => related.Ids).Select(id => id.ToString()).Distinct(),
            ],
        };
    }

    private static IReadOnlyList<CdaCode> EventCodesOf(CdaDocument document) =>
    [
        .. document.ServiceEvents.Select(act => act.Code).OfType<CdaCode>()
            .SelectMany(code => code.Translations.Prepend(code))
            .DistinctBy(code => (code.System, code.Code))
            .Select(code => code with { Translations = [] }),
    ];
}
