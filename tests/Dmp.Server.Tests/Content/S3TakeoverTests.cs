using CsCheck;
using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Xunit;

namespace Dmp.Server.Tests.Content;

/// <summary>Several servers that write the same blob.</summary>
public sealed class S3TakeoverTests(S3Server server) : S3StorePair(server)
{
    [Fact]
    public async Task What_a_killed_server_had_not_stored_is_not_counted()
    {
        var blobId = Guid.CreateVersion7();
        var killed = await One.CreateAsync(blobId, Token);
        Assert.Null(await Two.ResumeAsync(blobId, 1, Token));
        await killed.AppendAsync(Bytes(2 * Piece + 400), Token);
        Assert.Equal((2 * Piece + 400, 2 * Piece), (killed.Length, killed.PersistedLength));
        await using var next = await Two.ResumeAsync(blobId, 300, Token);
        Assert.Equal(1800, next!.Length);
        await next.AppendAsync(new byte[] { 1, 2, 3 }, Token);
        await next.CommitAsync(Token);
        Assert.Equal((byte[])[.. Bytes(2 * Piece)[..1800], 1, 2, 3], await One.GetAsync(blobId, Token));
    }

    [Fact]
    public async Task A_writer_that_was_relieved_adds_nothing_commits_nothing_and_removes_nothing()
    {
        var blobId = Guid.CreateVersion7();
        await using var relieved = await One.CreateAsync(blobId, Token);
        await relieved.AppendAsync(Bytes(1500), Token);
        Assert.Equal(1500, await relieved.FlushAsync(Token));
        await using var next = await Two.ResumeAsync(blobId, 1, Token);
        Assert.Equal(1500, next!.Length);

        // It believes to go on, and even to have finished.
        await relieved.AppendAsync(Bytes(100), Token);
        await Assert.ThrowsAsync<ContentUnavailableException>(() => relieved.CommitAsync(Token));
        await relieved.DiscardAsync(Token);

        await next.AppendAsync(new byte[600], Token);
        await next.CommitAsync(Token);
        Assert.Equal((byte[])[.. Bytes(1500), .. new byte[600]], await One.GetAsync(blobId, Token));
        Assert.Equal(1 + 3, (await KeysAsync()).Count);
    }

    [Fact]
    public async Task A_writer_that_was_relieved_learns_it_with_its_next_piece()
    {
        var blobId = Guid.CreateVersion7();
        await using var relieved = await One.CreateAsync(blobId, Token);
        await relieved.AppendAsync(Bytes(1500), Token);
        await using var next = await Two.ResumeAsync(blobId, 1, Token);
        var before = (await KeysAsync()).Count;
        await Assert.ThrowsAsync<ContentUnavailableException>(() => relieved.AppendAsync(Bytes(1500), Token).AsTask());
        Assert.Equal(before, (await KeysAsync()).Count);
    }

    [Fact]
    public async Task Of_many_that_take_a_part_up_at_once_one_does()
    {
        var blobId = Guid.CreateVersion7();
        await using (var left = await One.CreateAsync(blobId, Token))
        {
            await left.AppendAsync(Bytes(1500), Token);
        }

        var stores = Enumerable.Range(0, 8).Select(_ => Open()).ToArray();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var outcomes = stores.Select(async store =>
        {
            await ready.Task;
            try
            {
                return await store.ResumeAsync(blobId, 1, Token);
            }
            catch (ContentInUseException)
            {
                return null;
            }
        }).ToArray();
        ready.SetResult();
        var writers = (await Task.WhenAll(outcomes)).OfType<IContentWriter>().ToArray();

        // Those that came later relieved the ones before; only the last can commit.
        var commits = 0;
        foreach (var writer in writers)
        {
            try
            {
                await writer.AppendAsync(new byte[] { 9 }, Token);
                await writer.CommitAsync(Token);
                commits++;
            }
            catch (ContentUnavailableException)
            {
                // Relieved.
            }
        }

        Assert.Equal(1, commits);
        Assert.Equal((byte[])[.. Bytes(1500), 9], await One.GetAsync(blobId, Token));
        Array.ForEach(stores, store => store.Dispose());
    }

    /// <summary>Steps of two servers in any order: at most one commit succeeds, and what it made is what that writer had seen.</summary>
    [Fact]
    public Task Whatever_two_servers_do_the_blob_is_what_one_writer_wrote() =>
        Gen.Select(Gen.Int[0, 1], Gen.Int[0, 5], Gen.Int[1, 1600]).Array[1, 14].SampleAsync(
            async steps =>
            {
                var blobId = Guid.CreateVersion7();
                var own = Options with { Prefix = $"{Options.Prefix}{blobId}/" };
                using var third = Open(own);
                var servers = new[] { new Side(Open(own)), new Side(Open(own)) };
                byte[]? committed = null;
                foreach (var (who, what, size) in steps)
                {
                    if (await servers[who].StepAsync(blobId, what, size, (byte)size) is { } made)
                    {
                        Assert.Null(committed);
                        committed = made;
                    }

                    Assert.Equal(committed, await third.GetAsync(blobId, Token));
                }

                foreach (var side in servers)
                {
                    await side.DisposeAsync();
                }

                Assert.Equal(committed, await third.GetAsync(blobId, Token));
                await third.DeleteAbandonedAsync(TimeProvider.System.GetUtcNow().AddHours(1), Token);
                Assert.Equal(committed, await third.GetAsync(blobId, Token));
                await third.DeleteAsync(blobId, Token);
                Assert.Empty(await Server.ObjectsAsync(own));
            },
            iter: 60);

    /// <summary>One server with the writer it has at the moment, and the bytes which that writer stands for.</summary>
    private sealed class Side(S3ContentStore store) : IAsyncDisposable
    {
        private IContentWriter? writer;
        private List<byte> seen = [];

        /// <summary>The bytes, when the step committed them.</summary>
        public async Task<byte[]?> StepAsync(Guid blobId, int what, int size, byte value)
        {
            try
            {
                if (writer is null)
                {
                    writer = await store.ResumeAsync(blobId, 100, Token) ?? (what < 3 ? await store.CreateAsync(blobId, Token) : null);
                    seen = [];
                    if (writer is not null)
                    {
                        var taken = new byte[writer.Length];
                        Assert.Equal(taken.Length, await writer.ReadAsync(0, taken, Token));
                        seen = [.. taken];
                    }

                    return null;
                }

                switch (what)
                {
                    case 0 or 1:
                        await writer.AppendAsync(Enumerable.Repeat(value, size).ToArray(), Token);
                        seen.AddRange(Enumerable.Repeat(value, size));
                        break;
                    case 2:
                        Assert.Equal(seen.Count, await writer.FlushAsync(Token));
                        break;
                    case 3:
                        await EndAsync();
                        break;
                    case 4 when value % 3 == 0:
                        await writer.DiscardAsync(Token);
                        await EndAsync();
                        break;
                    default:
                        await writer.CommitAsync(Token);
                        await EndAsync();
                        return [.. seen];
                }
            }
            catch (Exception exception) when (exception is ContentUnavailableException or ContentInUseException)
            {
                await EndAsync();
            }

            return null;
        }

        public async ValueTask DisposeAsync()
        {
            await EndAsync();
            store.Dispose();
        }

        private async Task EndAsync()
        {
            if (writer is { } ended)
            {
                writer = null;
                await ended.DisposeAsync();
            }
        }
    }
}
