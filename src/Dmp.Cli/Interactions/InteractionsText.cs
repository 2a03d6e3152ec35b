using Dmp.Interactions.Checks;
using Dmp.Interactions.Mapping;
using Dmp.Interactions.Thesauri;

namespace Dmp.Cli.Interactions;

/// <summary>A report as text.</summary>
internal static class InteractionsText
{
    public static async Task WriteAsync(TextWriter output, CheckReport report, IReadOnlyList<string?> sources)
    {
        for (var place = 0; place < report.Items.Count; place++)
        {
            var item = report.Items[place];
            var substances = string.Join(", ", item.Substances.Select(Mapped).DefaultIfEmpty("not known"));
            var source = sources[place] is { } text ? $"  ({text})" : "";
            await output.WriteLineAsync($"{place + 1}  {Name(item)}: {substances}{source}");
        }

        foreach (var pair in report.Pairs)
        {
            await output.WriteLineAsync();
            var what = (pair.Outcome, pair.IsComplete) switch
            {
                (CheckOutcome.NoRule, _) => "no rule of this edition names them together",
                (CheckOutcome.UnknownSubstance, _) => "nothing can be said: a substance, or a class of it, is not known",
                (_, false) => $"{pair.Findings.Count} rules, and perhaps more: a substance, or a class of it, is not known",
                _ => pair.Findings.Count == 1 ? "1 rule" : $"{pair.Findings.Count} rules",
            };
            await output.WriteLineAsync($"{pair.First + 1} + {pair.Second + 1}: {what}");
            foreach (var duplicate in pair.Duplicates)
            {
                await output.WriteLineAsync($"  the same substance twice: {duplicate.First.Published}, {duplicate.Second.Published}");
            }

            foreach (var finding in pair.Findings)
            {
                await WriteAsync(output, finding);
            }
        }

        await output.WriteLineAsync();
        await output.WriteLineAsync(
            $"Rules: {report.ThesaurusEdition}. Medicines: {report.MedicinesEdition ?? "none"}. "
            + "Reference information as published, no advice.");
    }

    private static async Task WriteAsync(TextWriter output, Finding finding)
    {
        var levels = string.Join(", ", finding.Rule.Severities.Select(severity => Word(severity.Level)));
        await output.WriteLineAsync($"  {finding.FirstEnd.Name} x {finding.SecondEnd.Name}: {levels}  [{finding.Rule.Id}]");
        if (finding.Rule.Severities.Count > 1)
        {
            await output.WriteLineAsync("    which of them holds depends on the conditions below");
        }

        foreach (var condition in finding.Conditions)
        {
            await output.WriteLineAsync($"    only {condition}: not known from the question");
        }

        foreach (var local in new[] { finding.FirstLocal, finding.SecondLocal }.Where(local => local == LocalForm.Exempt).Distinct())
        {
            await output.WriteLineAsync("    local form: by the preface, rules for systemic routes do not concern it");
        }

        foreach (var line in $"{finding.Rule.Mechanism}\n{finding.Rule.Conduct}".Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await output.WriteLineAsync($"    {line}");
        }
    }

    private static string Name(ItemAnswer item) => item.Medicine?.Name ?? item.Item.SubstanceName ?? item.Item.ProductCode!;

    private static string Mapped(SubstanceMapping substance) => substance.Outcome switch
    {
        MappingOutcome.Named => substance.Key!,
        MappingOutcome.NotNamed => $"{substance.Published} (no rule names it)",
        _ => $"{substance.Published} (not known)",
    };

    private static string Word(InteractionLevel level) => level switch
    {
        InteractionLevel.Contraindication => "contre-indication",
        InteractionLevel.NotRecommended => "association déconseillée",
        InteractionLevel.PrecautionForUse => "précaution d'emploi",
        _ => "à prendre en compte",
    };
}
