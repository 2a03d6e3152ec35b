using Dapper;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Event.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Npgsql;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>
/// What never existed for somebody: the feed is the same, byte by byte, with those documents and after they and their changes were cut out
/// of the database.
/// </summary>
public sealed class HiddenFromBirthTests(Platform platform)
{
    private static readonly Coding closedType = new() { System = "1.2.250.1.213.1.1.4.12", Code = "ATTEST-RESID" };
    private static readonly Coding ruledType = new() { System = "2.16.840.1.113883.6.1", Code = "11502-2" };

    private static CancellationToken Token => Given.Token;

    [Theory]
    [InlineData("colleague", "masked", "closed", "ruled")]
    [InlineData("dentist", "masked")]
    [InlineData("stranger", "plain", "masked", "closed", "waiting", "secret", "ruled")]
    [InlineData("blocked", "plain", "masked", "closed", "waiting", "secret", "ruled")]
    [InlineData("structure", "plain", "masked", "closed", "waiting", "secret", "ruled")]
    [InlineData("practice", "secret")]
    [InlineData("patient", "waiting")]
    [InlineData("representative", "waiting", "secret")]
    public async Task The_feed_is_the_same_without_it(string persona, params string[] hiddenKinds)
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var colleague = TestProfessional.New();
        var caller = await CallerAsync(persona, record, colleague);
        await platform.As(record.Patient).AddRuleAsync(
            record.Id, new VisibilityRule { Effect = VisibilityEffect.Hide, Type = ruledType, Actor = colleague.Actor });
        var hidden = new List<Guid>();
        foreach (var kind in new[] { "plain", "masked", "closed", "waiting", "secret", "ruled", "plain" })
        {
            var document = await UploadAsync(record, kind);
            var again = await platform.As(record.Physician).ReplaceAsync(document, intent => Fit(intent, kind));
            await platform.As(record.Physician).ArchiveAsync(again);
            if (hiddenKinds.Contains(kind))
            {
                hidden.Add(Guid.Parse(document.DocumentId));
            }
        }

        var filter = Only(record.Id);
        var before = await EventsAsync(caller, filter);
        await CutOutAsync(hidden);
        var after = await EventsAsync(caller, filter);

        Assert.Equal(before, after);
        Assert.Equal(persona is "stranger" or "structure" or "blocked", !before.Any(told => told.DocumentId.Length > 0));
    }

    private static async Task<List<ChangeEvent>> EventsAsync(DmpApi caller, EventFilter filter) =>
        (await caller.PullAllAsync(From(StartPoint.Earliest), filter, maxEvents: 5)).Events;

    private static void Fit(UploadIntent intent, string kind) => intent.Metadata.Type = kind switch
    {
        "closed" => closedType,
        "ruled" => ruledType,
        _ => Given.ReportType,
    };

    private async Task<DmpApi> CallerAsync(string persona, OpenedRecord record, TestProfessional colleague)
    {
        switch (persona)
        {
            case "colleague":
                return platform.As(await platform.ColleagueAsync(record, who: colleague));
            case "dentist":
                return platform.As(
                    await platform.ColleagueAsync(record, who: TestProfessional.New() with { Profession = "40", Specialty = "" }));
            case "blocked":
                await platform.As(record.Patient).BlockAsync(record.Id, colleague.Actor);
                return platform.As(colleague);
            case "structure":
                return platform.AsStructure(TestProfessional.NewStructureId());
            case "practice":
                await platform.As(record.Patient).HideSecretActsFromStaffAsync(record.Id);
                return platform.AsStructure(record.Physician.StructureId);
            case "patient":
                return platform.As(record.Patient);
            case "representative":
                return platform.AsRepresentativeOf(record.Patient);
            default:
                return platform.As(TestProfessional.New());
        }
    }

    private Task<Document.V1.Document> UploadAsync(OpenedRecord record, string kind) =>
        (kind == "secret" ? platform.InSecretAs(record.Physician) : platform.As(record.Physician)).UploadAsync(record.Id, intent =>
        {
            Fit(intent, kind);
            if (kind is "masked" or "waiting")
            {
                intent.VisibilityCodes.Add(kind == "masked" ? VisibilityCode.MaskedFromProfessionals : VisibilityCode.HiddenFromPatient);
            }
        });

    private async Task CutOutAsync(List<Guid> hidden)
    {
        await using var connection = new NpgsqlConnection(platform.Databases.AdminOf(platform.Server.Database));
        await connection.OpenAsync(Token);
        foreach (var table in new[] { "outbox", "change", "document_facts", "document_version", "document" })
        {
            await connection.ExecuteAsync($"delete from {table} where document_id = any(@hidden)", new { hidden = hidden.ToArray() });
        }
    }
}
