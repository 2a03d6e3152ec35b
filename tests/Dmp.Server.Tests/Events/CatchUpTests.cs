using Dmp.Event.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>Who is far behind, among many changes of others.</summary>
public sealed class CatchUpTests(Platform platform)
{
    /// <summary>More than one read looks at, whose changes they are.</summary>
    private const int ChangesOfOthers = 15_000;

    /// <summary>More than one piece of a read.</summary>
    private const int MoreThanAPiece = 600;

    /// <summary>Behind changes of others come some of an own record that are told to nobody, and many more of others.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3_000)]
    public async Task Rare_changes_of_many_own_records_come_at_once(int records)
    {
        await using var server = await TestServer.StartAsync(platform);
        var physician = TestProfessional.New();
        var patient = TestPatient.New();
        DmpApi api = new(server.Channel, platform.Callers.Token(physician));
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Given.Token)).Record.RecordId;
        await api.DeclareAsync(record);
        var start = await api.NowAsync();
        await server.ExecuteAsync(
            platform,
            """
            insert into record (
                record_id, ins_system, ins_number, birth_family_name, birth_given_names, birth_date, sex, birth_place_code, state,
                create_time, update_time, revision, settings_update_time, settings_revision, majority_told)
            select gen_random_uuid(), 'urn:oid:1.2.250.1.213.1.4.8', lpad(n::text, 15, '0'), 'NOM', array['PRENOM'], date '1980-01-01', 1,
                '75056', 1, now(), now(), 1, now(), 1, false
            from generate_series(2, @Records) n;
            insert into consent (
                consent_id, record_id, actor_kind, actor_id, actor_name, attending_physician, origin, collection, given_by, grant_time,
                expire_time)
            select gen_random_uuid(), record_id, 1, @Actor, 'NOM', false, 1, 1, '\x00', now(), now() + interval '300 days'
            from record where birth_family_name = 'NOM';
            insert into change (position, commit_position, sequence_time, event_time, kind, record_id, hidden_from_representatives)
            select h.last_position + n, h.last_position + n, now(), now(), 'RECORD_UPDATED',
                case when n between @Piece + 1 and 2 * @Piece then @Own else gen_random_uuid() end, false
            from change_head h, generate_series(1, @Changes) n;
            update change_head set last_position = last_position + @Changes
            """,
            new
            {
                Records = records,
                Actor = physician.Id,
                Changes = ChangesOfOthers + 2 * MoreThanAPiece,
                Piece = MoreThanAPiece,
                Own = Guid.Parse(record),
            });
        var document = await api.UploadAsync(record);

        var pulled = await api.Events.PullAsync(new PullRequest { Start = From(start) }, cancellationToken: Given.Token);

        Assert.Equal([(ChangeKind.Created, document.DocumentId)], pulled.Events.Select(told => (told.Kind, told.DocumentId)));
    }
}
