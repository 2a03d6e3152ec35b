using Dmp.Care;
using Dmp.Facts.V1;
using Dmp.Server.Documents;
using Dmp.Server.Facts;
using Dmp.Type.V1;

namespace Dmp.Server.Care;

/// <summary>Documents as the rules of care take them.</summary>
internal static class CareDocuments
{
    /// <summary>In the order of the reading.</summary>
    public static IReadOnlyList<CareDocument> Of(RecordReading reading) =>
        [.. reading.Stating.Select(one => Of(one.Row, one.Facts.Facts))];

    /// <summary>A document with what it states.</summary>
    public static CareDocument Of(DocumentRow row, IReadOnlyList<Fact> facts) => new(
        row.DocumentId.ToString(),
        row.Version,
        row.Describe(),
        (ActorKind)row.DepositorKind is ActorKind.Patient or ActorKind.Representative or ActorKind.Caregiver,
        row.CreateTime,
        facts);
}
