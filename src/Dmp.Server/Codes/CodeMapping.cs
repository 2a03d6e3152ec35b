using System.Globalization;
using Dmp.Codes.V1;
using Dmp.Interactions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

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
        Edition = new ReferenceEdition
        {
            Name = row.EditionName,
            Source = row.Source,
            Sha256 = ByteString.CopyFrom(row.Sha256),
            EffectiveTime = row.EffectiveTime.ToTimestamp(),
        },
    };

    /// <summary>A concept as it is on a day: one whose last day is over is retired, whatever its files call it.</summary>
    public static Concept ToMessage(ConceptRow row, DateOnly today) => new()
    {
        System = row.SystemOid,
        Code = row.Code,
        Display = row.Display,
        EnglishDisplay = row.EnglishDisplay,
        Status = row.EndDate < today ? ConceptStatus.Retired : (ConceptStatus)row.Status,
        StartDate = Day(row.StartDate),
        EndDate = Day(row.EndDate),
    };

    private static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";
}
