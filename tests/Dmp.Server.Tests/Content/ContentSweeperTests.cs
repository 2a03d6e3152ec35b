using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Dmp.Server.Tests.Content;

public sealed class ContentSweeperTests : IDisposable
{
    private readonly TemporaryStore temporary = new();
    private readonly HashSet<Guid> referenced = [];
    private int batches;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task An_old_blob_without_a_row_goes_and_the_others_stay()
    {
        var kept = await PutAsync(TimeSpan.FromHours(2));
        referenced.Add(kept);
        var orphan = await PutAsync(TimeSpan.FromHours(2));
        var young = await PutAsync(TimeSpan.FromMinutes(50));

        var result = await Sweeper().SweepOnceAsync(Token);

        Assert.Equal(new SweepResult(0, 2, 1), result);
        Assert.NotNull(await temporary.GetAsync(kept, Token));
        Assert.Null(await temporary.GetAsync(orphan, Token));
        Assert.NotNull(await temporary.GetAsync(young, Token));
    }

    [Fact]
    public async Task References_are_asked_in_batches()
    {
        for (var i = 0; i < ContentSweeper.BatchSize + 20; i++)
        {
            // Straight into place: what is tested is the listing, and a thousand flushes would only take time.
            var contentId = Guid.CreateVersion7();
            var path = temporary.Store.BlobPath(contentId);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, [1], Token);
            Age(path, TimeSpan.FromHours(3));
            if (i % 2 == 0)
            {
                referenced.Add(contentId);
            }
        }

        var result = await Sweeper().SweepOnceAsync(Token);

        Assert.Equal(ContentSweeper.BatchSize + 20, result.BlobsChecked);
        Assert.Equal((ContentSweeper.BatchSize + 20) / 2, result.OrphansDeleted);
        Assert.Equal(2, batches);
        Assert.Equal(referenced, temporary.Files.Select(path => Guid.Parse(Path.GetFileName(path))).ToHashSet());
    }

    [Fact]
    public async Task A_database_that_knows_none_of_many_blobs_deletes_nothing()
    {
        for (var i = 0; i < ContentSweeper.UnreferencedInARowMax; i++)
        {
            await PutAsync(TimeSpan.FromHours(2));
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => Sweeper().SweepOnceAsync(Token));
        Assert.Equal(ContentSweeper.UnreferencedInARowMax, temporary.Files.Count());
    }

    [Fact]
    public async Task A_database_that_does_not_answer_deletes_nothing()
    {
        await PutAsync(TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<TimeoutException>(
            () => Sweeper((_, _) => throw new TimeoutException()).SweepOnceAsync(Token));
        Assert.Single(temporary.Files);
    }

    [Fact]
    public async Task The_part_of_a_killed_writer_goes_when_it_has_aged()
    {
        // A killed process leaves the file and loses its lock.
        var part = Path.Combine(temporary.Incoming, $"{Guid.CreateVersion7()}.part");
        await File.WriteAllBytesAsync(part, new byte[100], Token);
        Age(part, TimeSpan.FromHours(47));
        Assert.Equal(0, (await Sweeper().SweepOnceAsync(Token)).PartsDeleted);
        Age(part, TimeSpan.FromHours(49));
        Assert.Equal(1, (await Sweeper().SweepOnceAsync(Token)).PartsDeleted);
        Assert.Empty(temporary.Files);
    }

    [Fact]
    public async Task The_part_of_a_living_writer_stays_however_long_it_was_silent()
    {
        var contentId = Guid.CreateVersion7();
        await using var writer = await temporary.Store.CreateAsync(contentId, Token);
        await writer.AppendAsync(new byte[] { 1 }, Token);
        Age(Assert.Single(temporary.Files), TimeSpan.FromDays(2));

        Assert.Equal(0, (await Sweeper().SweepOnceAsync(Token)).PartsDeleted);

        await writer.AppendAsync(new byte[] { 2 }, Token);
        await writer.CommitAsync(Token);
        Assert.Equal((byte[])[1, 2], await temporary.GetAsync(contentId, Token));
    }

    [Fact]
    public async Task Foreign_files_are_left_alone()
    {
        var foreign = Path.Combine(temporary.Root, "blobs", "lost+found.txt");
        var note = Path.Combine(temporary.Incoming, "note.txt");
        await File.WriteAllTextAsync(foreign, "x", Token);
        await File.WriteAllTextAsync(note, "x", Token);
        Age(foreign, TimeSpan.FromDays(9));
        Age(note, TimeSpan.FromDays(9));
        Assert.Equal(default, await Sweeper().SweepOnceAsync(Token));
        Assert.Equal(2, temporary.Files.Count());
    }

    [Fact]
    public async Task The_service_goes_on_after_a_failed_sweep()
    {
        var orphan = await PutAsync(TimeSpan.FromHours(2));
        var failures = 1;
        using var sweeper = Sweeper((_, _) => failures-- > 0
            ? throw new TimeoutException()
            : Task.FromResult<IReadOnlySet<Guid>>(referenced));
        await sweeper.StartAsync(Token);
        await Waiting.UntilAsync(async () => await temporary.GetAsync(orphan, Token) is null);
        await sweeper.StopAsync(Token);
        Assert.True(failures < 0, "The first sweep was to fail.");
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        var validator = new ContentOptionsValidator();
        Assert.True(validator.Validate(null, new ContentOptions { Directory = "x" }).Succeeded);
        Assert.True(validator.Validate(null, new ContentOptions { Directory = "" }).Failed);
        Assert.True(validator.Validate(null, new ContentOptions { Directory = "x", OrphanAgeMin = TimeSpan.Zero }).Failed);
        Assert.True(validator.Validate(null, new ContentOptions { Directory = "x", PartAgeMax = TimeSpan.Zero }).Failed);
        Assert.True(validator.Validate(null, new ContentOptions { Directory = "x", SweepInterval = TimeSpan.Zero }).Failed);
    }

    private ContentSweeper Sweeper(FindReferencedContent? findReferenced = null) => new(
        temporary.Store,
        findReferenced ?? AnswerReferenced,
        Microsoft.Extensions.Options.Options.Create(temporary.Options with { SweepInterval = TimeSpan.FromMilliseconds(50) }),
        TimeProvider.System,
        NullLogger<ContentSweeper>.Instance);

    private Task<IReadOnlySet<Guid>> AnswerReferenced(IReadOnlyList<Guid> contentIds, CancellationToken cancellationToken)
    {
        batches++;
        return Task.FromResult<IReadOnlySet<Guid>>(contentIds.Where(referenced.Contains).ToHashSet());
    }

    private async Task<Guid> PutAsync(TimeSpan age)
    {
        var contentId = await temporary.PutAsync([1, 2, 3], Token);
        Age(temporary.Store.BlobPath(contentId), age);
        return contentId;
    }

    private static void Age(string path, TimeSpan age) =>
        File.SetLastWriteTimeUtc(path, (TimeProvider.System.GetUtcNow() - age).UtcDateTime);
}
