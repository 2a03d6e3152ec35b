using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Consents;

/// <summary>What the patient hides from some and not from others.</summary>
public sealed class VisibilityRuleTests(Platform platform)
{
    private static readonly DateTimeOffset spring = new(2026, 4, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_way_to_say_what_and_from_whom_hides_exactly_that()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var prescription = new Coding { System = "2.16.840.1.113883.6.1", Code = "57833-6" };
        var hidden = await author.UploadAsync(record.Id, intent =>
        {
            intent.Metadata.Type = prescription;
            intent.Metadata.ServiceStartTime = Timestamp.FromDateTimeOffset(spring.AddDays(3));
        });
        var other = await platform.ColleagueAsync(record);
        var kept = await platform.As(other).UploadAsync(record.Id);
        var nurse = await platform.ColleagueAsync(record, who: TestProfessional.New() with { Profession = "60", Specialty = "" });
        var dentist = await platform.ColleagueAsync(record, who: TestProfessional.New() with { Profession = "40", Specialty = "" });

        Action<VisibilityRule>[] documents =
        [
            rule => rule.DocumentId = hidden.DocumentId,
            rule => rule.Type = prescription,
            rule => rule.AuthorId = record.Physician.Id,
            rule => rule.ServicePeriod = new Period
            {
                FromTime = Timestamp.FromDateTimeOffset(spring),
                ToTime = Timestamp.FromDateTimeOffset(spring.AddDays(7)),
            },
        ];
        Action<VisibilityRule>[] audiences =
        [
            rule => rule.Actor = nurse.Actor,
            rule => rule.Actor = new Actor { Kind = ActorKind.Structure, Id = nurse.StructureId },
            rule => rule.Profession = new Coding { System = "1.2.250.1.71.1.2.7", Code = "60" },
        ];
        foreach (var document in documents)
        {
            foreach (var audience in audiences)
            {
                var rule = await AddAsync(record, VisibilityEffect.Hide, document, audience);
                Assert.Equal([kept.DocumentId], await platform.As(nurse).SearchIdsAsync(record.Id));
                await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => platform.As(nurse).ReadAsync(hidden));
                foreach (var sees in new[] { platform.As(dentist), platform.As(other), author, platform.As(record.Patient) })
                {
                    Assert.Equal(2, (await sees.SearchIdsAsync(record.Id)).Count);
                }

                Assert.Equal(rule, await RemoveAsync(record, rule));
                Assert.NotEmpty(await platform.As(nurse).ReadAsync(hidden));
            }
        }
    }

    [Fact]
    public async Task A_masked_document_is_shown_to_one_professional_and_hiding_wins()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        var (chosen, other) = (await platform.ColleagueAsync(record), await platform.ColleagueAsync(record));
        await AddAsync(record, VisibilityEffect.Show, rule => rule.DocumentId = document.DocumentId, rule => rule.Actor = chosen.Actor);

        Assert.NotEmpty(await platform.As(chosen).ReadAsync(document));
        Assert.Empty(await platform.As(other).SearchIdsAsync(record.Id));

        await AddAsync(record, VisibilityEffect.Hide, rule => rule.Type = Given.ReportType, rule => rule.Actor = chosen.Actor);
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => platform.As(chosen).ReadAsync(document));
    }

    [Fact]
    public async Task Attending_physicians_are_bound_too_and_nobody_but_the_patient_learns_of_a_rule()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var attending = await platform.ColleagueAsync(record, attending: true);
        var rule = await AddAsync(
            record, VisibilityEffect.Hide, r => r.DocumentId = document.DocumentId, r => r.Actor = attending.Actor);

        Assert.Empty(await platform.As(attending).SearchIdsAsync(record.Id));
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.CallerKindNotAllowed, async () =>
            await platform.As(attending).Consents.ListVisibilityRulesAsync(new() { RecordId = record.Id }, cancellationToken: Token));
        Assert.Equal(rule, Assert.Single((await platform.As(record.Patient).Consents.ListVisibilityRulesAsync(
            new() { RecordId = record.Id }, cancellationToken: Token)).Rules));
    }

    [Fact]
    public async Task A_rule_tells_the_patient_nothing_of_a_document_that_waits_for_its_announcement()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));
        foreach (var id in new[] { document.DocumentId, Given.NewId() })
        {
            await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => AddAsync(
                record, VisibilityEffect.Hide, rule => rule.DocumentId = id, rule => rule.Actor = record.Physician.Actor));
        }
    }

    [Fact]
    public async Task Faults_of_a_rule_are_told_at_once()
    {
        var record = await platform.RecordAsync();
        await Refusals.FieldsAsync(
            () => AddAsync(record, VisibilityEffect.Hide, _ => { }, _ => { }), "rule");
        await Refusals.FieldsAsync(
            () => AddAsync(
                record,
                VisibilityEffect.Show,
                rule => rule.Type = new Coding { System = "a|b", Code = "1" },
                rule => rule.Profession = new Coding { System = "1.2.3", Code = "10" }),
            "rule.type", "rule.document_id", "rule.profession.system", "rule.actor");
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.VisibilityRuleNotFound, () => RemoveAsync(
            record, new VisibilityRule { VisibilityRuleId = Given.NewId() }));
    }

    private async Task<VisibilityRule> AddAsync(
        OpenedRecord record, VisibilityEffect effect, Action<VisibilityRule> documents, Action<VisibilityRule> audience)
    {
        var rule = new VisibilityRule { Effect = effect };
        documents(rule);
        audience(rule);
        return (await platform.As(record.Patient).Consents.AddVisibilityRuleAsync(
            new AddVisibilityRuleRequest { RecordId = record.Id, Rule = rule, RequestId = Given.NewId() }, cancellationToken: Token)).Rule;
    }

    private async Task<VisibilityRule> RemoveAsync(OpenedRecord record, VisibilityRule rule) =>
        (await platform.As(record.Patient).Consents.RemoveVisibilityRuleAsync(
            new RemoveVisibilityRuleRequest
            {
                RecordId = record.Id,
                VisibilityRuleId = rule.VisibilityRuleId,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).Rule;
}
