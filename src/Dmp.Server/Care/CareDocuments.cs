using Dmp.Care;
using Dmp.Server.Documents;
using Dmp.Server.Facts;
using Dmp.Type.V1;

namespace Dmp.Server.Care;

/// <summary>Documents as the rules of care take them.</summary>
internal static class CareDocuments
{
    /// <summary>In the order of the reading.</summary>
    public static IReadOnlyList<CareDocument> Of(RecordReading reading) => [.. reading.Stating.Select(one => new CareDocument(
        one.Row.DocumentId.ToString(),
        one.Row.Version,
        one.Row.Describe(),
        (ActorKind)one.Row.DepositorKind is ActorKind.Patient or ActorKind.Representative or ActorKind.Caregiver,
        one.Row.CreateTime,
        one.Facts.Facts))];
}
