using Dmp.Error.V1;
using Dmp.Interactions.V1;
using Dmp.Server.Data;
using Dmp.Server.References;
using Dmp.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Dmp.Server.Tests.Interactions;

/// <summary>The rules of the sandbox, asked over the platform without a record.</summary>
public sealed class CheckInteractionsTests(Platform platform)
{
    public const string Plavix = "63564053";
    public const string Coumadine = "63245753";
    private const string Levetiracetam = "68596770";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_pair_has_an_answer_with_the_rule_as_published()
    {
        var report = await CheckAsync(
            platform.As(TestProfessional.New()),
            new() { ProductCode = Plavix },
            new() { ProductCode = "3400935693099" },
            new() { SubstanceName = "Acide acétylsalicylique" },
            new() { ProductCode = Levetiracetam },
            new() { SubstanceName = "poudre de perlimpinpin" });

        Assert.Equal(("sandbox", "sandbox"), (report.Thesaurus.Name, report.MedicinesDatabase.Name));
        Assert.Equal(32, report.Thesaurus.Sha256.Length);
        Assert.Equal(
            ["PLAVIX 75 mg, comprimé pelliculé", "COUMADINE 5 mg, comprimé sécable", "", "KEPPRA 500 mg, comprimé pelliculé", ""],
            report.Medicines.Select(medicine => medicine.Name));
        Assert.Equal(
            [CheckOutcome.Matched, CheckOutcome.Matched, CheckOutcome.Matched, CheckOutcome.NoRule, CheckOutcome.UnknownSubstance],
            report.Medicines.Select(medicine => medicine.Outcome));
        var clopidogrel = Assert.Single(report.Medicines[0].Substances);
        Assert.Equal(("clopidogrel", MappingRule.WithoutParentheses, SubstanceOutcome.Named),
            (clopidogrel.ThesaurusName, clopidogrel.Rule, clopidogrel.Outcome));

        Assert.Equal(10, report.Pairs.Count);
        Assert.Equal(
            [
                (0, 1, CheckOutcome.Matched), (0, 2, CheckOutcome.NoRule), (0, 3, CheckOutcome.NoRule),
                (0, 4, CheckOutcome.UnknownSubstance),
                (1, 2, CheckOutcome.Matched), (1, 3, CheckOutcome.NoRule), (1, 4, CheckOutcome.UnknownSubstance),
                (2, 3, CheckOutcome.NoRule), (2, 4, CheckOutcome.UnknownSubstance), (3, 4, CheckOutcome.UnknownSubstance),
            ],
            report.Pairs.Select(pair => (pair.First, pair.Second, pair.Outcome)));
        Assert.All(report.Rules, rule => Assert.Matches("^[0-9A-F]{16}$", rule.RuleId));
        var finding = Assert.Single(report.Pairs[0].Findings);
        Assert.Equal(("clopidogrel", "warfarine", false), (finding.FirstSubstance, finding.SecondSubstance, finding.Turned));
        var rule = report.Rules.Single(one => one.RuleId == finding.RuleId);
        Assert.Equal(("ANTIAGRÉGANTS PLAQUETTAIRES", "ANTICOAGULANTS ORAUX", "Le risque de saignement augmente."),
            (rule.FirstEnd, rule.SecondEnd, rule.Mechanism));
        Assert.Equal(InteractionLevel.TakeIntoAccount, Assert.Single(rule.Severities).Level);

        // Aspirin and warfarin: by the substance and by its class, each level with its condition.
        var both = report.Pairs[4].Findings.Select(one => report.Rules.Single(told => told.RuleId == one.RuleId)).ToList();
        Assert.Equal([3, 1], both.Select(one => one.Severities.Count));
        Assert.Equal(
            [InteractionLevel.Contraindication, InteractionLevel.NotRecommended, InteractionLevel.TakeIntoAccount],
            both[0].Severities.Select(severity => severity.Level));
        Assert.Contains("doses anti-inflammatoires", both[0].Severities[0].Text, StringComparison.Ordinal);
        Assert.Equal(report.Rules.Count, report.Rules.DistinctBy(one => one.RuleId).Count());
        Assert.All(report.Pairs.Where(pair => pair.Second == 4), pair => Assert.False(pair.Complete));
    }

    [Fact]
    public async Task One_substance_twice_is_a_finding_of_its_own_and_one_medicine_is_answered_too()
    {
        var api = platform.As(TestProfessional.New());
        var report = await CheckAsync(api, new() { ProductCode = Plavix }, new() { SubstanceName = "clopidogrel" });
        var pair = Assert.Single(report.Pairs);
        Assert.Equal(CheckOutcome.NoRule, pair.Outcome);
        Assert.Equal("clopidogrel", Assert.Single(pair.Duplicates).SecondName);

        var alone = await CheckAsync(api, new Medicine { ProductCode = Coumadine });
        Assert.Empty(alone.Pairs);
        Assert.Equal("warfarine", Assert.Single(Assert.Single(alone.Medicines).Substances).ThesaurusName);
    }

    [Fact]
    public async Task Ends_that_are_no_medicine_and_local_forms_are_told()
    {
        var report = await CheckAsync(
            platform.As(TestPatient.New()),
            new() { ProductCode = "67037301" },
            new() { SubstanceName = "pamplemousse" },
            new() { ProductCode = "62555293" },
            new() { ProductCode = Coumadine });
        Assert.Equal(CheckOutcome.Matched, report.Pairs.Single(pair => pair is { First: 0, Second: 1 }).Outcome);
        var local = Assert.Single(report.Pairs.Single(pair => pair is { First: 2, Second: 3 }).Findings);
        Assert.Equal((LocalForm.Included, LocalForm.Unspecified), (local.FirstLocal, local.SecondLocal));
        Assert.True(local.Turned);
    }

    [Fact]
    public async Task Who_may_ask_and_what_is_asked_is_checked()
    {
        foreach (var api in new[] { platform.As(TestPatient.New()), platform.AsRepresentativeOf(TestPatient.NewMinor()) })
        {
            Assert.Single((await CheckAsync(api, new Medicine { ProductCode = Plavix })).Medicines);
        }

        var professional = platform.As(TestProfessional.New());
        await Refusals.FieldsAsync(() => CheckAsync(professional), "medicines");
        await Refusals.FieldsAsync(() => CheckAsync(professional, new Medicine()), "medicines[0]");
        await Refusals.FieldsAsync(
            () => CheckAsync(professional, new() { ProductCode = Plavix }, new() { ProductCode = "123" }), "medicines[1].product_code");
        await Refusals.FieldsAsync(
            () => CheckAsync(professional, [.. Enumerable.Repeat(new Medicine { ProductCode = Plavix }, 51)]), "medicines");
        await Refusals.FieldsAsync(
            () => CheckAsync(professional, new Medicine { SubstanceName = string.Concat(Enumerable.Repeat("😀", 251)) }),
            "medicines[0].substance_name");
        var regulating = platform.As(platform.Callers.Token(TestProfessional.New()), ("dmp-access-mode", "regulation"));
        await Refusals.RefusedAsync(
            Grpc.Core.StatusCode.PermissionDenied,
            ErrorReason.FunctionNotAllowed,
            () => CheckAsync(regulating, new Medicine { ProductCode = Plavix }));
        await Refusals.RefusedAsync(
            Grpc.Core.StatusCode.PermissionDenied,
            ErrorReason.CallerKindNotAllowed,
            () => CheckAsync(platform.AsOperator(), new Medicine { ProductCode = Plavix }));
    }

    /// <summary>Outside of the sandbox a server has what an operator imported, or nothing, and says so.</summary>
    [Fact]
    public async Task Without_an_edition_in_force_nothing_is_answered()
    {
        var services = platform.Server.Services;
        using ReferenceShelf shelf = new(
            services.GetRequiredService<Database>(),
            new HostingEnvironment { EnvironmentName = Environments.Production },
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<ReferenceShelf>>());
        await shelf.StartAsync(Token);
        await Refusals.RefusedAsync(
            Grpc.Core.StatusCode.Unavailable, ErrorReason.ReferenceDataMissing, () => Task.FromResult(shelf.Interactions));
        await shelf.StopAsync(Token);
    }

    private static async Task<InteractionReport> CheckAsync(DmpApi api, params Medicine[] medicines) =>
        (await api.Interactions.CheckInteractionsAsync(
            new CheckInteractionsRequest { Medicines = { medicines } }, cancellationToken: Token)).Report;
}
