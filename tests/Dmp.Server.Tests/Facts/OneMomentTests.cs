using Dmp.Error.V1;
using Dmp.Server.Facts;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Dmp.Server.Tests.Facts;

/// <summary>An answer of several pages is of one moment: what is masked while the last ones are read is in none of it.</summary>
public sealed class OneMomentTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RecordBlocks Blocks => platform.Server.Services.GetRequiredService<RecordBlocks>();

    [Fact]
    public async Task Pages_are_read_again_when_the_record_changed_behind_the_first_of_them()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var document = await api.UploadAsync(record.Id);
        var attempts = 0;
        var answered = await Blocks.OfOneMomentAsync(
            Guid.Parse(record.Id),
            async () =>
            {
                attempts++;
                var seen = await PositionAsync(record.Id);
                if (attempts == 1)
                {
                    await api.MaskAsync(document);
                }

                return (attempts, seen, 2);
            },
            Token);
        Assert.Equal(2, answered);
    }

    [Fact]
    public async Task One_page_is_of_one_moment_already_and_endless_changes_are_told()
    {
        var record = await platform.RecordAsync();
        await platform.As(record.Physician).UploadAsync(record.Id);
        Assert.Equal("page", await Blocks.OfOneMomentAsync(Guid.Parse(record.Id), () => Task.FromResult(("page", 0L, 1)), Token));
        await Refusals.RefusedAsync(
            StatusCode.Aborted,
            ErrorReason.WriteConflict,
            () => Blocks.OfOneMomentAsync(Guid.Parse(record.Id), () => Task.FromResult(("pages", 0L, 2)), Token));
    }

    /// <summary>The last position, when no change of the record waits for its own.</summary>
    private async Task<long> PositionAsync(string recordId)
    {
        await Waiting.UntilAsync(async () => await platform.Server.QueryAsync<long>(
            platform, $"select count(*) from outbox where record_id = '{recordId}'") == 0);
        return await platform.Server.QueryAsync<long>(platform, "select last_position from change_head");
    }
}
