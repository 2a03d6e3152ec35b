using System.Text.Json.Nodes;
using Dmp.Care.Emergencies;
using Dmp.Care.V1;

namespace Dmp.Care.Summaries;

/// <summary>A resource of a section before it stands in the document, with where it is stated.</summary>
/// <param name="Body">What is said. Neither who has it nor who says it.</param>
/// <param name="Words">The same in words, for the narrative.</param>
/// <param name="Ids">The identifiers of the statements.</param>
/// <param name="Sources">Where, the last stated first; none for "no information", which nobody states.</param>
internal sealed record IpsStatement(JsonObject Body, string Words, IReadOnlyList<string> Ids, IReadOnlyList<Source> Sources)
{
    /// <summary>Nobody but the patient's side states it.</summary>
    public bool ByPatient => Sources.Count > 0 && Sources.All(source => source.ByPatient);

    /// <summary>A medicine that the statement refers to; it becomes a resource of its own.</summary>
    public JsonObject? Medicine { get; init; }

    /// <summary>A device that the statement refers to.</summary>
    public JsonObject? Device { get; init; }

    /// <summary>
    /// Statements that say the very same, by the patient's side or by others, are one with all sources; those that say anything else stand
    /// beside one another (S4). The last stated first.
    /// </summary>
    public static IReadOnlyList<IpsStatement> Of(IEnumerable<Stated> stated, Func<Stated, IpsStatement?> make) =>
    [
        .. stated
            .Select(make)
            .OfType<IpsStatement>()
            .GroupBy(one => (one.ByPatient, one.Body.ToJsonString(), one.Device?.ToJsonString()))
            .Select(group => group.First() with
            {
                Ids = [.. group.SelectMany(one => one.Ids).Distinct().Order(StringComparer.Ordinal)],
                Sources = SummaryLines.NewestFirst(group.SelectMany(one => one.Sources)),
            })
            .OrderByDescending(one => one.Sources[0].StatedTime?.ToDateTimeOffset() ?? DateTimeOffset.MinValue)
            .ThenBy(one => one.Sources[0].UniqueId, StringComparer.Ordinal)
            .ThenBy(one => one.Sources[0].DocumentId, StringComparer.Ordinal)
            .ThenBy(one => one.Sources[0].Entry)
            .ThenBy(one => one.Sources[0].Place)
            .ThenBy(one => one.Body.ToJsonString(), StringComparer.Ordinal),
    ];

    /// <summary>One statement of a document.</summary>
    public static IpsStatement One(Stated stated, JsonObject body, string words) =>
        new(body, words, [.. stated.Fact.Source.Ids], [stated.Source]);
}
