using System.Globalization;
using Dmp.Codes.V1;
using Dmp.Server.References;

namespace Dmp.Server.Codes;

/// <summary>Rows of code lists as messages of the contract.</summary>
internal static class CodeMapping
{
    public static CodeList ToMessage(CodeListRow row) => new()
    {
        Oid = row.ListOid,
        Name = row.Name,
        Version = row.Version,
        ConceptCount = row.ConceptCount,
        Kind = row.Kind,
        LeftOutCount = row.LeftOut,
        Edition = new ReferenceOrigin(row.EditionId, row.EditionName, row.Source, row.Sha256, row.EffectiveTime).ToMessage(),
    };

    /// <summary>
    /// Of several rows of one code, each from another day on, the one that holds on a day, or else the last one that held, or else the
    /// first one to come.
    /// </summary>
    public static ConceptRow On(IEnumerable<ConceptRow> rows, DateOnly today) => rows
        .OrderByDescending(row => !HasEnded(row, today) && HasBegun(row, today))
        .ThenByDescending(row => HasBegun(row, today))
        .ThenByDescending(row => HasBegun(row, today) ? row.StartDate ?? DateOnly.MinValue : DateOnly.MinValue)
        .ThenBy(row => row.StartDate)
        .First();

    /// <summary>A concept as it is on a day: one that has ended is retired, one to come is pending, whatever its files say.</summary>
    public static Concept ToMessage(ConceptRow row, DateOnly today) => new()
    {
        System = row.SystemOid,
        Code = row.Code,
        Display = row.Display,
        EnglishDisplay = row.EnglishDisplay,
        Status = HasEnded(row, today) ? ConceptStatus.Retired
            : HasBegun(row, today) ? (ConceptStatus)row.Status
            : ConceptStatus.Pending,
        StartDate = Day(row.StartDate),
        EndDate = Day(row.EndDate),
    };

    private static bool HasBegun(ConceptRow row, DateOnly today) => row.StartDate is not { } start || start <= today;

    private static bool HasEnded(ConceptRow row, DateOnly today) => row.EndDate is { } end && end <= today;

    private static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";
}
