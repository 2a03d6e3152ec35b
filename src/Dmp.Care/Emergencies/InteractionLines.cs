using Dmp.Care.V1;
using Dmp.Interactions.V1;

namespace Dmp.Care.Emergencies;

/// <summary>
/// Published rules among the medicines (P8): each with all of its levels and their conditions, as published. Those of CI and AD, and all
/// between two dangerous medicines, are lines; of the others there are counts.
/// </summary>
internal sealed class InteractionLines(SummaryLines lines)
{
    private const int DuplicatesMax = 10;
    private const int ConditionMax = 140;

    public InteractionBlock Of(SummaryInput input)
    {
        InteractionBlock block = new();
        block.Duplicates.AddRange(input.Medication.Findings
            .Select(finding => ShownText.Of(finding.Substance, 100))
            .Where(name => name.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Take(DuplicatesMax));
        if (input.Report is { } report)
        {
            AddRules(block, input, report);
        }
        else
        {
            block.State = InteractionCheckState.NoReference;
        }

        block.Notes.AddRange(NotesOf(block));
        return block;
    }

    private void AddRules(InteractionBlock block, SummaryInput input, InteractionReport report)
    {
        block.Thesaurus = report.Thesaurus;
        block.State = input.ReportLines.Distinct().Skip(1).Any()
            ? InteractionCheckState.Checked : InteractionCheckState.NothingToCheck;
        block.UnknownMedicines.AddRange(report.Medicines
            .Select((medicine, place) => (medicine, place))
            .Where(one => one.medicine.Outcome == CheckOutcome.UnknownSubstance)
            .Select(one => MedicineLines.NameOf(input.Medication.Lines[input.ReportLines[one.place]]))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal));
        var rules = report.Rules.ToDictionary(rule => rule.RuleId);
        var met = report.Pairs
            .Where(pair => input.ReportLines[pair.First] != input.ReportLines[pair.Second])
            .SelectMany(pair => pair.Findings.Select(finding => (pair, finding)))
            .Select(one => LineOf(input, one.pair, one.finding, rules[one.finding.RuleId]))
            .DistinctBy(line => (line.First, line.Second, line.RuleId))
            .OrderBy(line => !line.BetweenDangerous)
            .ThenBy(line => line.Severities[0].Level)
            .ThenBy(line => line.Line.Title, StringComparer.Ordinal)
            .ThenBy(line => line.RuleId, StringComparer.Ordinal)
            .ToList();
        block.Lines.AddRange(met.Where(IsTold));
        block.PrecautionCount = met.Count(line => !IsTold(line) && line.Severities[0].Level == InteractionLevel.PrecautionForUse);
        block.TakeIntoAccountCount = met.Count(line => !IsTold(line) && line.Severities[0].Level == InteractionLevel.TakeIntoAccount);
    }

    private static bool IsTold(InteractionLine line) => line.BetweenDangerous
        || line.Severities.Any(severity => severity.Level is InteractionLevel.Contraindication or InteractionLevel.NotRecommended);

    private InteractionLine LineOf(SummaryInput input, CheckedPair pair, Finding finding, InteractionRule rule)
    {
        var (first, second) = (
            input.Medication.Lines[input.ReportLines[pair.First]], input.Medication.Lines[input.ReportLines[pair.Second]]);
        InteractionLine line = new()
        {
            First = MedicineLines.NameOf(first),
            Second = MedicineLines.NameOf(second),
            BetweenDangerous = first.DangerousGroup.Length > 0 && second.DangerousGroup.Length > 0,
            RuleId = rule.RuleId,
            FirstEnd = finding.Turned ? rule.SecondEnd : rule.FirstEnd,
            SecondEnd = finding.Turned ? rule.FirstEnd : rule.SecondEnd,
            FirstSource = first.Sources.FirstOrDefault()?.Source,
            SecondSource = second.Sources.FirstOrDefault()?.Source,
        };
        line.Severities.AddRange(rule.Severities);
        line.UnverifiedConditions.AddRange(finding.UnverifiedConditions);
        Source?[] sources = [line.FirstSource, line.SecondSource];
        line.Line = lines.Line(
            $"{line.First} + {line.Second}", DetailsOf(line, finding), sources.OfType<Source>());
        line.Line.Origin = string.Join(" / ", sources.OfType<Source>().Select(lines.Origin).Distinct());
        return line;
    }

    private IEnumerable<string> DetailsOf(InteractionLine line, Finding finding)
    {
        var words = lines.Words;
        var isOne = line.Severities.Count == 1;
        var levels = line.Severities.Select(severity => ShownText.Of(severity.Text, ConditionMax) is { Length: > 0 } text
            ? $"{words.Level(severity.Level)}{words.Colon}{text}" : words.Level(severity.Level));
        yield return (isOne ? "" : words.In("selon le cas : ", "depends on: ")) + string.Join(" | ", levels);
        yield return $"{words.In("règle", "rule")}{words.Colon}{line.FirstEnd} + {line.SecondEnd}";
        if (line.UnverifiedConditions.Count > 0)
        {
            yield return words.In("condition non vérifiable : ", "condition not verifiable: ")
                + string.Join(" ; ", line.UnverifiedConditions);
        }

        if (finding.FirstLocal == LocalForm.Exempt || finding.SecondLocal == LocalForm.Exempt)
        {
            yield return words.In(
                "forme locale : hors du champ selon la préface du thésaurus", "local form: out of scope by the preface of the thesaurus");
        }
    }

    private IEnumerable<string> NotesOf(InteractionBlock block)
    {
        var words = lines.Words;
        switch (block.State)
        {
            case InteractionCheckState.NoReference:
                yield return words.NoReference;
                break;
            case InteractionCheckState.NothingToCheck:
                yield return words.NothingToCheck;
                break;
            default:
                var counts = words.In(
                    $"Autres règles : {block.PrecautionCount} PE, {block.TakeIntoAccountCount} APEC.",
                    $"Further rules: {block.PrecautionCount} PE, {block.TakeIntoAccountCount} APEC.");
                yield return words.In($"Thésaurus {block.Thesaurus?.Name}. ", $"Thesaurus {block.Thesaurus?.Name}. ") + counts + " "
                    + words.NoRuleIsNoProof;
                break;
        }

        if (block.UnknownMedicines.Count > 0)
        {
            yield return words.In("Non vérifiables : ", "Could not be checked: ") + string.Join(", ", block.UnknownMedicines) + ".";
        }

        if (block.Duplicates.Count > 0)
        {
            yield return words.In("Même substance dans deux traitements : ", "One substance in two treatments: ")
                + string.Join(", ", block.Duplicates) + ".";
        }
    }
}
