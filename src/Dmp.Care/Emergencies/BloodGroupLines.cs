using System.Text.RegularExpressions;
using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>
/// The blood group, under conditions (P14): of a laboratory or a transfusion centre, coded, ABO and RhD both, final. Two documents that
/// differ: neither value. Whatever a letter or the patient says of it is not shown.
/// </summary>
internal sealed partial class BloodGroupLines(SummaryLines lines)
{
    private const string Combined = "882-1";
    private const string Abo = "883-9";
    private const string Rhd = "10331-7";

    /// <summary>Laboratory, transfusion centre (TRE_R02).</summary>
    private static readonly HashSet<string> sites = ["SA25", "SA37"];

    public BloodGroupBlock Of(SummaryFacts facts)
    {
        BloodGroupBlock block = new() { Reminder = lines.Words.BloodGroupReminder };
        var groups = facts.Of(Fact.KindOneofCase.Observation)
            .Where(stated => stated.Fact is { Negated: false, State: "completed" } && !stated.Source.ByPatient
                && stated.Document.Metadata.FacilityType is { } site && sites.Contains(site.Code)
                && stated.Fact.Observation.Code?.Code is Combined or Abo or Rhd)
            .GroupBy(stated => stated.Document, ReferenceEqualityComparer.Instance)
            .Select(group => OfDocument([.. group]))
            .OfType<(string Group, Stated Stated)>()
            .ToList();
        if (groups.Count == 0)
        {
            return block;
        }

        var sources = groups.Select(one => one.Stated.Source).ToList();
        if (groups.Select(one => one.Group).Distinct(StringComparer.Ordinal).Skip(1).Any())
        {
            block.Contradictory = true;
            block.Line = lines.Line(lines.Words.ContradictoryGroups, [], sources);
            return block;
        }

        var count = sources.Count;
        block.Line = lines.Line(
            groups[0].Group,
            [count == 1
                ? lines.Words.In("1 document de laboratoire", "1 document of a laboratory")
                : lines.Words.In($"{count} documents de laboratoire concordants", $"{count} documents of laboratories that agree")],
            sources);
        return block;
    }

    /// <summary>Both parts, or nothing.</summary>
    private static (string Group, Stated Stated)? OfDocument(IReadOnlyList<Stated> ofDocument)
    {
        var ordered = Newest.First(ofDocument);
        foreach (var stated in ordered.Where(stated => stated.Fact.Observation.Code.Code == Combined))
        {
            if (AboOf(stated) is { } abo && RhdOf(stated) is { } rhd)
            {
                return (abo + rhd, stated);
            }
        }

        var parts = (
            Abo: ordered.Where(stated => stated.Fact.Observation.Code.Code == Abo).Select(AboOf).FirstOrDefault(),
            Rhd: ordered.Where(stated => stated.Fact.Observation.Code.Code == Rhd).Select(RhdOf).FirstOrDefault());
        return parts is ({ } one, { } other) ? (one + other, ordered[0]) : null;
    }

    private static string? AboOf(Stated stated) => CodedWords(stated) is { } words && AboWords().Match(words) is { Success: true } match
        ? match.Value : null;

    private static string? RhdOf(Stated stated) => CodedWords(stated) is not { } words ? null
        : Positive().IsMatch(words) ? " RhD +"
        : Negative().IsMatch(words) ? " RhD -"
        : null;

    private static string? CodedWords(Stated stated) => stated.Fact.Observation.Values
        .Select(value => value.Code)
        .Where(code => code is { Code.Length: > 0, System.Length: > 0 })
        .Select(code => CodeWords.Of(code))
        .FirstOrDefault(words => words.Length > 0);

    [GeneratedRegex(@"(?<![\p{L}])(AB|A|B|O)(?![\p{L}'’])", RegexOptions.CultureInvariant, 200)]
    private static partial Regex AboWords();

    [GeneratedRegex(@"positi|\+", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, 200)]
    private static partial Regex Positive();

    [GeneratedRegex(@"n[ée]gati|(?<=\s|^|[ABO])[-−](?=\s|$)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, 200)]
    private static partial Regex Negative();
}
