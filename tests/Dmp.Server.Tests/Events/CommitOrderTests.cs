using Dmp.Consent.V1;
using Dmp.Event.V1;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>
/// Times are taken before commits, so that what commits first may carry the later time. The order of the feed is that of commits, and what
/// was there "before" a change must be, too: else two changes can each leave the loss to the other one, and nobody tells it.
/// </summary>
public sealed class CommitOrderTests(Platform platform)
{
    private static CancellationToken Token => Given.Token;

    [Fact]
    public async Task A_document_masked_before_a_rule_of_an_earlier_time_commits_is_told_as_gone()
    {
        var record = await platform.RecordAsync();
        var (patient, colleague) = (platform.As(record.Patient), await platform.ColleagueAsync(record));
        var api = platform.As(colleague);
        var document = await patient.UploadAsync(record.Id);
        var start = await api.NowAsync();
        await patient.MaskAsync(document);
        var rule = await patient.Consents.AddVisibilityRuleAsync(
            new()
            {
                RecordId = record.Id,
                Rule = new() { Effect = VisibilityEffect.Hide, DocumentId = document.DocumentId, Actor = colleague.Actor },
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);

        // As if the rule's transaction had taken its time first, and then waited.
        await BackdateAsync($"visibility_rule_id = '{rule.Rule.VisibilityRuleId}'", rule.Rule.VisibilityRuleId);

        Assert.Equal([ChangeKind.Deleted], await api.KindsAsync(start, document.DocumentId));
    }

    private async Task BackdateAsync(string which, string subjectId)
    {
        await using var connection = new NpgsqlConnection(platform.Databases.AdminOf(platform.Server.Database));
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(
            $"""
            select dmp_sequence_changes();
            update visibility_rule set create_time = create_time - interval '1 hour' where {which};
            update change set event_time = event_time - interval '1 hour' where subject_id = '{subjectId}';
            """,
            connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
