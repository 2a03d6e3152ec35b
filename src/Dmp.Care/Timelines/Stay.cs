using Dmp.Care.Emergencies;
using Dmp.Care.V1;

namespace Dmp.Care.Timelines;

/// <summary>A stay in a structure with both of its ends, as a document states it (L6).</summary>
/// <param name="By">The document.</param>
/// <param name="Source">Where.</param>
/// <param name="Begin">Its beginning.</param>
/// <param name="End">Its end: of a day that is known alone, the end of it.</param>
/// <param name="StructureId">The structure.</param>
/// <param name="StructureName">Its name; may be empty.</param>
internal sealed record Stay(
    DatedDocument By, Source Source, DateTimeOffset Begin, DateTimeOffset End, string StructureId, string StructureName)
{
    private static readonly TimeSpan late = TimeSpan.FromDays(30);

    /// <summary>The act of the document began within it, in the same structure.</summary>
    public bool Holds(DatedDocument document) => document.Time >= Begin && document.Time <= End
        && PlaceOf(document) == StructureId;

    /// <summary>The act of a document began in a stay, or at most 30 days after it: letters are written late.</summary>
    public static bool IsOf(DatedDocument document, DateTimeOffset begin, DateTimeOffset end) =>
        document.Time >= begin && document.Time <= end + late;

    /// <summary>
    /// The stays that a document is of: stated in entries, or by itself when it is the report of one. A summary that mentions a stay of
    /// years ago, or of elsewhere, is not of it.
    /// </summary>
    public static IEnumerable<Stay> Of(DatedDocument dated)
    {
        var document = dated.Document;
        foreach (var fact in document.Facts.Where(EncounterCodes.IsStay))
        {
            var encounter = fact.Encounter;
            if (StatedTimes.Begin(encounter.Period) is { } begin && StatedTimes.End(encounter.Period) is { } end
                && begin < end && end <= document.CameAt.AddDays(1) && IsOf(dated, begin, end)
                && IdOf(encounter.OrganizationId) is { Length: > 0 } id && id == PlaceOf(dated))
            {
                yield return new Stay(dated, document.SourceOf(fact), begin, end, id, encounter.OrganizationName);
            }
        }

        if (EncounterCodes.IsOfVisit(document) && dated.End > dated.Time
            && document.Metadata.Authors.FirstOrDefault()?.Institution is { Id.Length: > 0 } place)
        {
            yield return new Stay(dated, document.Source(), dated.Time, dated.End, IdOf(place.Id), place.Name);
        }
    }

    private static string PlaceOf(DatedDocument document) => IdOf(document.Document.Metadata.Authors.FirstOrDefault()?.Institution?.Id);

    /// <summary>An identifier without its system.</summary>
    private static string IdOf(string? id) => id is null ? "" : id[(id.LastIndexOf('^') + 1)..];
}
