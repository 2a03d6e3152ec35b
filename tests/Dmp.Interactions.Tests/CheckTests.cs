using CsCheck;
using Dmp.Interactions.Checks;
using Dmp.Interactions.Thesauri;
using Xunit;

namespace Dmp.Interactions.Tests;

/// <summary>Questions as software for prescribing asks them, over the published editions.</summary>
public sealed class CheckTests
{
    private const string Plavix = "60562855";
    private const string Coumadine = "64631925";

    [Fact]
    public void Plavix_and_Coumadine_are_to_be_taken_into_account()
    {
        var report = Editions.Checker.Check([new CheckItem { ProductCode = Plavix }, new CheckItem { ProductCode = Coumadine }]);
        var pair = Assert.Single(report.Pairs);
        var finding = Assert.Single(pair.Findings);
        Assert.Equal((CheckOutcome.Matched, true), (pair.Outcome, pair.IsComplete));
        Assert.Equal("ANTIAGRÉGANTS PLAQUETTAIRES", finding.FirstEnd.Name);
        Assert.Equal("ANTICOAGULANTS ORAUX", finding.SecondEnd.Name);
        Assert.Equal(("clopidogrel", "warfarine"), (finding.FirstSubstance!.Key, finding.SecondSubstance!.Key));
        Assert.Equal(InteractionLevel.TakeIntoAccount, Assert.Single(finding.Rule.Severities).Level);
        Assert.Equal("Augmentation du risque hémorragique.", finding.Rule.Mechanism);
        Assert.Equal(("2023-09", "2026-05"), (report.ThesaurusEdition, report.MedicinesEdition));
        Assert.StartsWith("PLAVIX", report.Items[0].Medicine!.Name, StringComparison.Ordinal);
    }

    /// <summary>The codes that the patient summary of the samples (VSM) has for both: by product and by pack.</summary>
    [Fact]
    public void What_a_patient_summary_holds_is_found()
    {
        var report = Editions.Checker.Check([new CheckItem { ProductCode = "63564053" }, new CheckItem { ProductCode = "63245753" }]);
        Assert.Equal(InteractionLevel.TakeIntoAccount, Assert.Single(Assert.Single(report.Pairs).Findings).Rule.Strongest);
        Assert.StartsWith("PLAVIX 75 mg", report.Items[0].Medicine!.Name, StringComparison.Ordinal);
        Assert.StartsWith("COUMADINE 5 mg", report.Items[1].Medicine!.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_input_and_every_pair_has_an_answer()
    {
        var report = Ask("clopidogrel", "lévétiracétam", "aspirine", "paracétamol", "warfarine");
        Assert.Equal(
            [CheckOutcome.Matched, CheckOutcome.NoRule, CheckOutcome.UnknownSubstance, CheckOutcome.Matched, CheckOutcome.Matched],
            report.Items.Select(item => item.Outcome));
        Assert.Equal(10, report.Pairs.Count);
        Assert.All(report.Pairs.Where(pair => pair.First == 2 || pair.Second == 2), pair =>
            Assert.Equal((CheckOutcome.UnknownSubstance, false), (pair.Outcome, pair.IsComplete)));
        Assert.Equal(CheckOutcome.NoRule, report.Pairs.Single(pair => pair is { First: 0, Second: 1 }).Outcome);
    }

    [Fact]
    public void A_product_that_is_not_known_is_no_product_without_interactions()
    {
        var report = Editions.Checker.Check([new CheckItem { ProductCode = "12345678" }, new CheckItem { ProductCode = Coumadine }]);
        Assert.Equal(CheckOutcome.UnknownSubstance, Assert.Single(report.Pairs).Outcome);
        Assert.Null(report.Items[0].Medicine);
    }

    [Fact]
    public void One_substance_twice_is_a_duplicate_and_meets_no_rule_of_its_own_class()
    {
        var pair = Assert.Single(Ask("warfarine", "warfarine sodique").Pairs);
        Assert.Empty(pair.Findings);
        Assert.Equal(CheckOutcome.NoRule, pair.Outcome);
        var duplicate = Assert.Single(pair.Duplicates);
        Assert.Equal("warfarine", duplicate.First.Key);

        // Two of one class meet it once.
        var others = Assert.Single(Ask("warfarine", "fluindione").Pairs);
        Assert.Single(others.Findings, finding => finding.SecondEnd.Name == "AUTRES ANTICOAGULANTS ORAUX"
            || finding.FirstEnd.Name == "AUTRES ANTICOAGULANTS ORAUX");
        Assert.Empty(others.Duplicates);

        // A substance that the thesaurus does not name can be twice as well.
        Assert.Single(Assert.Single(Ask("lévétiracétam", "lévétiracétam").Pairs).Duplicates);
    }

    [Fact]
    public void All_rules_are_told_the_most_specific_first()
    {
        var aspirin = Assert.Single(Ask("acide acétylsalicylique", "warfarine").Pairs).Findings;
        Assert.True(aspirin.Count >= 2, $"{aspirin.Count}");
        Assert.Equal("ACIDE ACETYLSALICYLIQUE", aspirin[0].FirstEnd.Name);
        Assert.Equal(3, aspirin[0].Rule.Severities.Count);
        Assert.Contains(aspirin, finding => finding.FirstEnd.Name == "ANTIAGRÉGANTS PLAQUETTAIRES");

        var opioids = Assert.Single(Ask("morphine", "buprénorphine").Pairs).Findings;
        Assert.Contains(opioids, finding => finding.Rule.Severities is [{ Level: InteractionLevel.Contraindication }]);
        Assert.Contains(opioids, finding => finding.FirstEnd.Name.Contains("SÉDATIFS", StringComparison.Ordinal));
    }

    [Fact]
    public void Conditions_in_names_are_told_and_never_decided()
    {
        var findings = Assert.Single(Ask("acide acétylsalicylique", "énoxaparine").Pairs).Findings;
        Assert.Contains("(DOSES PRÉVENTIVES)", findings.SelectMany(finding => finding.Conditions));
        Assert.Contains("(DOSES CURATIVES ET/OU SUJET ÂGÉ)", findings.SelectMany(finding => finding.Conditions));
    }

    [Fact]
    public void What_is_no_medicine_matches_when_it_is_asked_for()
    {
        Assert.NotEmpty(Assert.Single(Ask("simvastatine", "pamplemousse (jus et fruit)").Pairs).Findings);
        Assert.NotEmpty(Assert.Single(Ask("Alcool", "metformine").Pairs).Findings);
        Assert.NotEmpty(Assert.Single(Ask("pamplemousse", "simvastatine").Pairs).Findings);
        Assert.Empty(Assert.Single(Ask("simvastatine", "metformine").Pairs).Findings);
    }

    [Fact]
    public void Local_forms_are_told_as_such_and_not_left_out()
    {
        var report = Editions.Checker.Check(
        [
            new CheckItem { SubstanceName = "diclofénac", Routes = ["cutanée"] },
            new CheckItem { SubstanceName = "miconazole", Routes = ["cutanée"] },
            new CheckItem { SubstanceName = "timolol", Routes = ["ophtalmique"] },
            new CheckItem { SubstanceName = "warfarine", Routes = ["orale"] },
            new CheckItem { SubstanceName = "vérapamil", Routes = ["orale"] },
        ]);
        Assert.All(Findings(0, 3), finding => Assert.Equal((LocalForm.Exempt, LocalForm.None), (finding.FirstLocal, finding.SecondLocal)));
        Assert.All(Findings(1, 3), finding => Assert.Equal(LocalForm.Included, finding.FirstLocal));
        Assert.All(Findings(2, 4), finding => Assert.Equal(LocalForm.Included, finding.FirstLocal));

        IReadOnlyList<Finding> Findings(int first, int second)
        {
            var findings = report.Pairs.Single(pair => pair.First == first && pair.Second == second).Findings;
            Assert.NotEmpty(findings);
            return findings;
        }
    }

    [Theory]
    [InlineData("ramipril", "sacubitril", "MÉDICAMENTS, BRADYKININE ET ANGIO-ŒDÈME")]
    [InlineData("sertraline", "furosémide", "HYPONATRÉMIANTS")]
    [InlineData("donépézil", "néostigmine", "ANTICHOLINESTÉRASIQUES")]
    public void Others_of_a_class_are_met_however_they_are_called(string one, string other, string end) =>
        Assert.Contains(
            Assert.Single(Ask(one, other).Pairs).Findings, finding => finding.FirstEnd.Name == end || finding.SecondEnd.Name == end);

    [Fact]
    public void Nothing_is_said_of_a_class_that_the_edition_does_not_list()
    {
        var report = Ask("argatroban", "paracétamol");
        var pair = Assert.Single(report.Pairs);
        Assert.Equal((CheckOutcome.UnknownSubstance, false), (pair.Outcome, pair.IsComplete));
        Assert.Equal([CheckOutcome.UnknownSubstance, CheckOutcome.NoRule], report.Items.Select(item => item.Outcome));
    }

    [Fact]
    public void A_substance_in_several_elements_or_doses_meets_a_rule_once()
    {
        var repeated = Editions.Bdpm2026.Table.ByCis.Values.First(medicine => medicine.IsMarketed && medicine.Ingredients
            .GroupBy(ingredient => ingredient.Contained is [var contained, ..] ? contained.Code : "")
            .Any(same => same.Select(ingredient => ingredient.Contained[0].Dose).Distinct().Count() > 1));
        var report = Editions.Checker.Check(
            [new CheckItem { ProductCode = repeated.Cis }, new CheckItem { ProductCode = repeated.Cis }]);
        var substances = report.Items[0].Substances;
        Assert.Equal(substances.Count, substances.Select(substance => substance.Key ?? substance.Published).Distinct().Count());
        Assert.Equal(substances.Count, report.Pairs[0].Duplicates.Count);
    }

    [Fact]
    public void What_is_given_together_matches_together()
    {
        var both = Ask("ombitasvir", "paritaprévir", "colchicine");
        Assert.Contains(both.Pairs.SelectMany(pair => pair.Findings), finding => finding.FirstEnd.Kind == RuleEndKind.Combination
            || finding.SecondEnd.Kind == RuleEndKind.Combination);
        Assert.DoesNotContain(Ask("ombitasvir", "colchicine").Pairs.SelectMany(pair => pair.Findings), finding =>
            finding.FirstEnd.Kind == RuleEndKind.Combination || finding.SecondEnd.Kind == RuleEndKind.Combination);
    }

    [Fact]
    public void A_route_is_an_end_of_its_own()
    {
        var report = Editions.Checker.Check(
            [new CheckItem { SubstanceName = "diosmectite", Routes = ["orale"] }, new CheckItem { ProductCode = Coumadine }]);
        Assert.Contains(Assert.Single(report.Pairs).Findings, finding => finding.SecondEnd.Kind == RuleEndKind.Route);
    }

    [Fact]
    public void A_question_is_bounded()
    {
        Assert.Throws<ArgumentException>(() => Editions.Checker.Check([new CheckItem()]));
        Assert.Throws<ArgumentException>(() => Ask(new string('x', InteractionChecker.NameLengthMax + 1)));
        Assert.Throws<ArgumentException>(() => Ask([.. Enumerable.Repeat("warfarine", InteractionChecker.MaxItems + 1)]));
        Assert.Empty(Editions.Checker.Check([]).Pairs);
    }

    /// <summary>The order of the question changes no answer, and who comes to a question changes nothing for others.</summary>
    [Fact]
    public void Order_and_company_change_nothing()
    {
        var marketed = Editions.Bdpm2026.Table.ByCis.Values.Where(medicine => medicine.IsMarketed);
        var products = marketed.Select(medicine => medicine.Cis).ToList();
        var any = Gen.Int[0, products.Count - 1].Select(place => products[place]);
        Gen.Select(any, any, any).Sample(
            (first, second, third) =>
            {
                var alone = Rules(Codes(first, second), 0, 1);
                var isCombined = Codes(first, second, third).Pairs.SelectMany(pair => pair.Findings).Any(finding =>
                    finding.FirstEnd.Kind == RuleEndKind.Combination || finding.SecondEnd.Kind == RuleEndKind.Combination);
                Assert.Equal(alone, Rules(Codes(second, first), 0, 1));
                if (!isCombined)
                {
                    Assert.Equal(alone, Rules(Codes(first, second, third), 0, 1));
                }
            },
            iter: 2_000);

        static CheckReport Codes(params string[] codes) =>
            Editions.Checker.Check([.. codes.Select(code => new CheckItem { ProductCode = code })]);

        static string Rules(CheckReport report, int first, int second)
        {
            var pair = report.Pairs.Single(pair => pair.First == first && pair.Second == second);
            return $"{pair.Outcome} {pair.IsComplete} {pair.Duplicates.Count} "
                + string.Join(' ', pair.Findings.Select(finding => finding.Rule.Id).Order(StringComparer.Ordinal));
        }
    }

    private static CheckReport Ask(params string[] names) =>
        Editions.Checker.Check([.. names.Select(name => new CheckItem { SubstanceName = name })]);
}
