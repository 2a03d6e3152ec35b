using Dmp.Interactions.Checks;
using Dmp.Interactions.Mapping;
using Dmp.Interactions.Thesauri;
using Dmp.Server.References;
using Contract = Dmp.Interactions.V1;

namespace Dmp.Server.Interactions;

/// <summary>A report as the contract has it: rules once, and pairs that name them.</summary>
internal static class InteractionMapping
{
    /// <param name="reference">What the report was made with.</param>
    /// <param name="report">The report.</param>
    /// <param name="stated">The medicines at the end of the report that documents state.</param>
    public static Contract.InteractionReport ToMessage(
        InteractionReference reference, CheckReport report, IReadOnlyList<StatedMedicine> stated)
    {
        var message = new Contract.InteractionReport
        {
            Thesaurus = reference.Thesaurus.ToMessage(),
            MedicinesDatabase = reference.MedicinesEdition?.ToMessage(),
        };
        var asked = report.Items.Count - stated.Count;
        for (var place = 0; place < report.Items.Count; place++)
        {
            var medicine = ToMessage(report.Items[place]);
            if (place >= asked)
            {
                medicine.Statements.AddRange(stated[place - asked].Statements);
                medicine.MoreStatements = stated[place - asked].More;
            }

            message.Medicines.Add(medicine);
        }

        message.Pairs.AddRange(report.Pairs.Select(ToMessage));
        message.Rules.AddRange(report.Pairs.SelectMany(pair => pair.Findings)
            .Select(finding => finding.Rule)
            .DistinctBy(rule => rule.Id)
            .Select(ToMessage));
        return message;
    }

    private static Contract.CheckedMedicine ToMessage(ItemAnswer item) => new()
    {
        Medicine = new Contract.Medicine
        {
            ProductCode = item.Item.ProductCode ?? "",
            SubstanceName = item.Item.SubstanceName ?? "",
            Routes = { item.Item.Routes },
        },
        Cis = item.Medicine?.Cis ?? "",
        Name = item.Medicine?.Name ?? "",
        Substances = { item.Substances.Select(ToMessage) },
        Outcome = (Contract.CheckOutcome)item.Outcome,
    };

    private static Contract.Substance ToMessage(SubstanceMapping substance) => new()
    {
        PublishedName = substance.Published,
        Code = substance.Code ?? "",
        Dose = substance.Dose,
        ThesaurusName = substance.Key ?? "",
        Rule = (Contract.MappingRule)substance.Rule,
        Outcome = (Contract.SubstanceOutcome)substance.Outcome,
    };

    private static Contract.CheckedPair ToMessage(PairAnswer pair) => new()
    {
        First = pair.First,
        Second = pair.Second,
        Outcome = (Contract.CheckOutcome)pair.Outcome,
        Complete = pair.IsComplete,
        Findings = { pair.Findings.Select(ToMessage) },
        Duplicates =
        {
            pair.Duplicates.Select(duplicate => new Contract.DuplicateSubstance
            {
                FirstName = duplicate.First.Published,
                SecondName = duplicate.Second.Published,
            }),
        },
    };

    private static Contract.Finding ToMessage(Finding finding) => new()
    {
        RuleId = finding.Rule.Id,
        Turned = !ReferenceEquals(finding.FirstEnd, finding.Rule.First),
        FirstSubstance = finding.FirstSubstance?.Key ?? "",
        SecondSubstance = finding.SecondSubstance?.Key ?? "",
        FirstLocal = (Contract.LocalForm)finding.FirstLocal,
        SecondLocal = (Contract.LocalForm)finding.SecondLocal,
        UnverifiedConditions = { finding.Conditions },
    };

    private static Contract.InteractionRule ToMessage(Rule rule) => new()
    {
        RuleId = rule.Id,
        FirstEnd = rule.First.Name,
        SecondEnd = rule.Second.Name,
        Severities =
        {
            rule.Severities.Select(severity => new Contract.RuleSeverity
            {
                Level = (Contract.InteractionLevel)severity.Level,
                Text = severity.Text,
            }),
        },
        Mechanism = rule.Mechanism,
        Conduct = rule.Conduct,
    };
}
