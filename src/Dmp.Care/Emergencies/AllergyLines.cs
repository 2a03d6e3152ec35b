using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>
/// Allergies, intolerances and unwanted effects (P4). One line for what one agent did, whoever states it; the last source says whether it
/// still is so. That there is none, or that it is not so, stands beside what is stated and takes nothing away.
/// </summary>
internal sealed class AllergyLines(SummaryLines lines)
{
    private const int LinesMax = 50;
    private const int NoneMax = 5;
    private const int ReactionsMax = 5;

    // SNOMED CT, HL7 and words, the worst first.
    private static readonly string[][] severities =
    [
        ["24484000", "high", "CRITH", "severe", "grave", "sévère", "399166001"],
        ["6736007", "moderate", "modéré"],
        ["255604002", "low", "CRITL", "mild", "léger", "légère"],
    ];

    public AllergyBlock Of(SummaryFacts facts)
    {
        var allergies = facts.Of(Fact.KindOneofCase.Allergy).ToList();
        var denied = allergies.Where(stated => stated.Fact.Negated && HasAgent(stated.Fact.Allergy)).ToList();
        var positive = allergies.Where(stated => !stated.Fact.Negated && stated.Fact.Absence == FactAbsence.Unspecified
            && TitleOf(stated.Fact).Length > 0);
        var made = positive.GroupBy(stated => KeyOf(stated.Fact))
            .Select(group => LineOf([.. group], [.. denied.Where(stated => KeyOf(stated.Fact) == group.Key)]))
            .Concat(UnwantedEffects(facts))
            .OrderBy(line => line.UnwantedEffect)
            .ThenBy(line => line.State switch { StatedState.Active => 0, StatedState.Unspecified => 1, _ => 2 })
            .ThenBy(SeverityOf)
            .ThenBy(line => line.Agent is null or { Code.Length: 0 })
            .ThenBy(line => line.Line.Title, StringComparer.Ordinal)
            .ThenBy(line => line.Line.Origin, StringComparer.Ordinal)
            .ToList();
        AllergyBlock block = new() { MoreLines = Math.Max(0, made.Count - LinesMax) };
        block.Lines.AddRange(made.Take(LinesMax));
        block.NoneStated.AddRange(NoneStatements.Of(
            lines,
            allergies.Where(stated =>
                SummaryFacts.SaysNone(stated.Fact) || (stated.Fact.Negated && !HasAgent(stated.Fact.Allergy))),
            NoneMax));
        return block;
    }

    private AllergyLine LineOf(IReadOnlyList<Stated> group, IReadOnlyList<Stated> denied)
    {
        var newest = Newest.Of(group);
        var allergy = newest.Fact.Allergy;
        var reactions = Newest.First(group)
            .SelectMany(stated => stated.Fact.Allergy.Reactions.Where(reaction => !reaction.Negated))
            .Select(reaction => (Words: CodeWords.Of(reaction.Manifestation, 120), Severity: CodeWords.Of(reaction.Severity, 60)))
            .Where(reaction => reaction.Words.Length > 0)
            .DistinctBy(reaction => reaction.Words)
            .Take(ReactionsMax)
            .Select(reaction => reaction.Severity.Length > 0 ? $"{reaction.Words} ({reaction.Severity})" : reaction.Words)
            .ToList();
        var severity = Newest.First(group).SelectMany(stated => stated.Fact.Allergy.Reactions)
            .Where(reaction => !reaction.Negated && reaction.Severity is not null)
            .Select(reaction => (Words: CodeWords.Of(reaction.Severity, 60), Rank: RankOf(reaction.Severity)))
            .OrderBy(one => one.Rank)
            .Select(one => one.Words)
            .FirstOrDefault("");
        AllergyLine line = new()
        {
            Agent = allergy.Agent is { Code.Length: > 0 } agent ? agent : null,
            State = StateOf(newest),
            Severity = severity,
            Criticality = CodeWords.Of(allergy.Criticality, 60),
            Certainty = CodeWords.Of(allergy.Certainty, 60),
        };
        line.Reactions.AddRange(reactions);
        line.DeniedBy.AddRange(SummaryLines.NewestFirst(denied.Select(stated => stated.Source)).Take(NoneMax));
        line.Line = lines.Line(TitleOf(newest.Fact), DetailsOf(line, newest, group), group.Select(stated => stated.Source));
        return line;
    }

    private IEnumerable<string> DetailsOf(AllergyLine line, Stated newest, IReadOnlyList<Stated> group)
    {
        var words = lines.Words;
        yield return line.State switch
        {
            StatedState.Active => words.Active,
            StatedState.Past => words.Past,
            _ => "",
        };
        yield return string.Join(" ; ", line.Reactions);
        yield return EffectOf(newest.Fact);
        var allergy = newest.Fact.Allergy;
        yield return line.Criticality.Length > 0 ? $"{words.In("criticité", "criticality")}{words.Colon}{line.Criticality}" : "";
        yield return line.Certainty;
        yield return CodeWords.Of(allergy.Type, 80);
        yield return lines.Written(allergy.Period?.Low) is { Length: > 0 } since
            ? words.In($"depuis {since}", $"since {since}") : "";
        if (group.Any(stated => StateOf(stated) is not StatedState.Unspecified and var state && state != line.State))
        {
            yield return words.In("autre source : état différent", "another source states another state");
        }

        foreach (var source in line.DeniedBy.Take(1))
        {
            yield return words.In($"contredit par {lines.Origin(source)}", $"denied by {lines.Origin(source)}");
        }
    }

    private StatedState StateOf(Stated stated)
    {
        var allergy = stated.Fact.Allergy;
        var state = CodeWords.State(allergy.Status);
        return state != StatedState.Unspecified ? state
            : StatedTimes.End(allergy.Period) is { } end && end <= lines.At ? StatedState.Past
            : StatedState.Unspecified;
    }

    /// <summary>A medicine that is held responsible for an effect, with what it did.</summary>
    private IEnumerable<AllergyLine> UnwantedEffects(SummaryFacts facts) =>
        facts.Of(Fact.KindOneofCase.Medication)
            .Where(stated => stated.Fact is { Negated: false, Absence: FactAbsence.Unspecified }
                && stated.Fact.Medication.Role == MedicationRole.Implicated)
            .Select(stated => (stated, Name: NameOf(stated.Fact.Medication)))
            .Where(one => one.Name.Length > 0)
            .GroupBy(one => one.Name.ToUpperInvariant())
            .Select(group =>
            {
                var effects = group.SelectMany(one => EffectsOf(facts, one.stated)).Distinct().Take(ReactionsMax).ToList();
                var newest = Newest.Of([.. group.Select(one => one.stated)]);
                AllergyLine line = new()
                {
                    UnwantedEffect = true,
                    Agent = newest.Fact.Medication.Codes.FirstOrDefault(),
                };
                line.Reactions.AddRange(effects);
                line.Line = lines.Line(
                    NameOf(newest.Fact.Medication),
                    [lines.Words.UnwantedEffect, string.Join(" ; ", effects)],
                    group.Select(one => one.stated.Source));
                return line;
            });

    /// <summary>What stands in the entry of the medicine as a symptom: observations with a value that is a code.</summary>
    private static IEnumerable<string> EffectsOf(SummaryFacts facts, Stated medicine) => facts.Of(Fact.KindOneofCase.Observation)
        .Where(stated => ReferenceEquals(stated.Document, medicine.Document) && !stated.Fact.Negated
            && stated.Fact.Source.Entry == medicine.Fact.Source.Entry
            && stated.Fact.Observation.Code is { Code: "418799008" or "MED-1135" })
        .SelectMany(stated => stated.Fact.Observation.Values)
        .Select(value => CodeWords.Of(value.Code, 120))
        .Where(words => words.Length > 0);

    private static string NameOf(Medication medication)
    {
        var name = ShownText.Of(medication.Name);
        name = name.Length > 0 ? name : medication.Codes.Select(code => CodeWords.Of(code)).FirstOrDefault(words => words.Length > 0) ?? "";
        return name.Length > 0 ? name : ShownText.Of(medication.ProductText);
    }

    /// <summary>What the statement itself is coded as, beside its agent: the effect, mostly ("raises the INR").</summary>
    private static string EffectOf(Fact fact)
    {
        var effect = HasAgent(fact.Allergy) ? CodeWords.Of(fact.Allergy.Value, 120) : "";
        return effect.Equals(TitleOf(fact), StringComparison.OrdinalIgnoreCase) ? "" : effect;
    }

    private static bool HasAgent(Allergy allergy) => allergy.Agent is { Code.Length: > 0 } || allergy.AgentName.Length > 0
        || allergy.Agent is { Display.Length: > 0 };

    /// <summary>The agent; where none is named, what the statement is coded as, or its words.</summary>
    private static string TitleOf(Fact fact)
    {
        var allergy = fact.Allergy;
        var title = CodeWords.Of(allergy.Agent is { } agent && (agent.Display.Length > 0 || agent.Text.Length > 0) ? agent : null);
        title = title.Length > 0 ? title : ShownText.Of(allergy.AgentName);
        title = title.Length > 0 ? title : CodeWords.Of(allergy.Agent);
        title = title.Length > 0 ? title : CodeWords.Of(allergy.Value);
        return title.Length > 0 ? title : ShownText.Of(fact.Text);
    }

    private static string KeyOf(Fact fact) => HasAgent(fact.Allergy)
        ? CodeWords.Key(fact.Allergy.Agent, TitleOf(fact))
        : CodeWords.Key(fact.Allergy.Value, TitleOf(fact));

    private static int SeverityOf(AllergyLine line) => Math.Min(Rank(line.Severity), Rank(line.Criticality));

    private static int RankOf(CodedValue? value) => value is null ? severities.Length : Math.Min(Rank(value.Code), Rank(value.Display));

    private static int Rank(string words)
    {
        var rank = Array.FindIndex(severities, names => names.Contains(words, StringComparer.OrdinalIgnoreCase)
            || names.Any(name => name.Length > 3 && words.Contains(name, StringComparison.OrdinalIgnoreCase)));
        return rank < 0 ? severities.Length : rank;
    }
}
