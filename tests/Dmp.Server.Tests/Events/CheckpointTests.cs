using Dmp.Event.V1;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>What a checkpoint promises: nothing that was answered before it comes after it.</summary>
public sealed class CheckpointTests(Platform platform)
{
    private static CancellationToken Token => Given.Token;

    [Fact]
    public async Task While_an_answered_change_waits_for_its_place_no_heartbeat_is_a_checkpoint()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Feed:HeartbeatSeconds=1");
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(record);
        using var stream = await api.SubscribeAsync(From(StartPoint.Latest));
        Assert.True((await stream.NextAsync()).IsCheckpoint);

        // Nobody gives places while somebody else does, and that one is slow.
        await using var slow = new NpgsqlConnection(platform.Databases.AdminOf(server.Database));
        await slow.OpenAsync(Token);
        await using (var transaction = await slow.BeginTransactionAsync(Token))
        {
            await using var hold = new NpgsqlCommand("select last_position from change_head for update", slow);
            await hold.ExecuteScalarAsync(Token);
            var document = await api.UploadAsync(record);
            SubscribeResponse beat;
            do
            {
                // A heartbeat that was on its way before the upload was answered may still say that all was told.
                beat = await stream.NextAsync();
                Assert.Empty(beat.Events);
            }
            while (beat.IsCheckpoint);
            await transaction.RollbackAsync(Token);
            Assert.Equal(document.DocumentId, Assert.Single((await stream.NextEventsAsync()).Events).DocumentId);
        }

        SubscribeResponse last;
        do
        {
            last = await stream.NextAsync();
        }
        while (!last.IsCheckpoint);
    }
}
