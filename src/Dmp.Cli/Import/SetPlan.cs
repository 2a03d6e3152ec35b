using Dmp.Type.V1;

namespace Dmp.Cli.Import;

/// <summary>Which submission sets are sent as they are, once the records of their documents are known. Pure.</summary>
internal static class SetPlan
{
    /// <summary>The most documents of a set that the platform takes.</summary>
    private const int DocumentsMax = 64;

    /// <summary>
    /// Marks what is sent with its set. A set that cannot be one is told with its first document, and its documents are sent one by one;
    /// its signature is then of nothing that the platform knows.
    /// </summary>
    public static List<PlannedDocument> Together(IReadOnlyList<PlannedDocument> documents)
    {
        List<PlannedDocument> planned = [.. documents.Where(document => document.Submission is null)];
        foreach (var set in documents.Where(document => document.Submission is not null).GroupBy(
            document => document.Submission!.Key, StringComparer.Ordinal))
        {
            List<PlannedDocument> members = [.. set.Where(document => document is { Obstacle: null, IsSignature: false })];
            var obstacle = ObstacleOf(members);
            var signature = set.FirstOrDefault(document => document is { Obstacle: null, IsSignature: true });
            foreach (var document in set)
            {
                planned.Add(
                    document.Obstacle is not null ? document
                    : document.IsSignature && (document != signature || obstacle is not null) ? document with
                    {
                        Obstacle = new Obstacle(
                            ImportResult.Skipped, "SIGNATURE_NOT_KEPT", obstacle ?? "Another signature of the submission set is kept."),
                    }
                    : obstacle is null ? document with { IsSentWithSet = true }
                    : document != members[0] ? document
                    : document with { Warnings = [.. document.Warnings, new Warning { Field = "SubmissionSet", Description = obstacle }] });
            }
        }

        return planned;
    }

    private static string? ObstacleOf(List<PlannedDocument> members)
    {
        var keys = members.Select(member => member.Key).ToHashSet(StringComparer.Ordinal);
        var identifiers = members.Select(member => ImportWaves.Plain(member.UniqueId)).Where(id => id.Length > 0)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return members.Count == 0 ? "The submission set has no document that can be added."
            : members.Count > DocumentsMax
                ? $"The submission set has more than {DocumentsMax} documents; they are added one by one, without the set."
                : members.Select(member => member.RecordId).Distinct(StringComparer.Ordinal).Count() > 1
                    ? "The submission set has documents of several patients; they are added one by one, without the set."
                : members.Any(member => member.ReplacesKey is { } key && keys.Contains(key)
                    || member.ReplacedIds.Any(
                        id => ImportWaves.Plain(id) != ImportWaves.Plain(member.UniqueId) && identifiers.Contains(ImportWaves.Plain(id))))
                    ? "A document of the submission set replaces another one of it; they are added one by one, without the set."
                : null;
    }
}
