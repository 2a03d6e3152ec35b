using Dmp.Document.V1;

namespace Dmp.Server.Documents;

/// <summary>What a search asks for. Codes are written <c>system|code</c>; null is no filter.</summary>
internal sealed record DocumentSearch
{
    /// <summary>Sorts before every document: the position in front of the first page.</summary>
    public static readonly (DateTimeOffset Time, Guid Id, int Version) FirstPage = (DateTimeOffset.MaxValue, Guid.AllBitsSet, int.MaxValue);

    /// <summary>All approved documents from the first on; the limit is to be set.</summary>
    public static readonly DocumentSearch Approved = new()
    {
        Statuses = [(short)DocumentStatus.Approved],
        After = FirstPage,
        Limit = 0,
    };

    public string[]? Types { get; init; }

    public string[]? Classes { get; init; }

    public required short[] Statuses { get; init; }

    public DateTimeOffset? CreationTimeFrom { get; init; }

    public DateTimeOffset? CreationTimeTo { get; init; }

    public DateTimeOffset? ServiceTimeFrom { get; init; }

    public DateTimeOffset? ServiceTimeTo { get; init; }

    public string? AuthorId { get; init; }

    public string? AuthorStructureId { get; init; }

    public string[]? PracticeSettings { get; init; }

    public string[]? FacilityTypes { get; init; }

    public string[]? EventCodes { get; init; }

    public string? UniqueId { get; init; }

    /// <summary>Sort key of the last row of the page before; the largest values for the first page.</summary>
    public required (DateTimeOffset Time, Guid Id, int Version) After { get; init; }

    public required int Limit { get; init; }

    /// <summary>Nothing but the status is asked for.</summary>
    public bool IsUnfiltered => this is
    {
        Types: null,
        Classes: null,
        CreationTimeFrom: null,
        CreationTimeTo: null,
        ServiceTimeFrom: null,
        ServiceTimeTo: null,
        AuthorId: null,
        AuthorStructureId: null,
        PracticeSettings: null,
        FacilityTypes: null,
        EventCodes: null,
        UniqueId: null,
    };
}
