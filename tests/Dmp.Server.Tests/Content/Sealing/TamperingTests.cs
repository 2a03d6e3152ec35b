using System.Security.Cryptography;
using Dmp.Storage;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Dmp.Server.Tests.Content.Sealing;

/// <summary>
/// Somebody who can write to the store and to the database, but has no key. Whatever is done there is noticed: no wrong byte is given
/// out, the failure names what it is, and the incident is in the log.
/// </summary>
public sealed class TamperingTests : IDisposable
{
    private const int Segment = SealedFormat.SegmentBytes;
    private const int Stored = SealedFormat.StoredSegmentBytes;
    private const int Empty = SealedFormat.NonceBytes + SealedFormat.TagBytes;

    private readonly Journal journal = new();
    private readonly SealedStore store;

    public TamperingTests() => store = new SealedStore(journal);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => store.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(SealedFormat.NonceBytes)]
    [InlineData(Stored - 1)]
    [InlineData(Stored)]
    [InlineData((2 * Stored) + 40)]
    public async Task A_changed_byte_is_noticed_wherever_it_is(int at)
    {
        var (place, _) = await PutAsync((2 * Segment) + 100);
        Change(place, bytes => bytes[at] ^= 1);
        await AssertDamagedAsync(place, ContentDamage.Segment, at / Stored);
    }

    [Fact]
    public async Task Swapped_segments_are_noticed()
    {
        var (place, _) = await PutAsync((3 * Segment) + 100);
        Change(place, bytes => Swap(bytes, 0, Stored));
        await AssertDamagedAsync(place, ContentDamage.Segment, 0);
    }

    [Fact]
    public async Task A_segment_that_is_there_twice_is_noticed()
    {
        var (place, _) = await PutAsync((3 * Segment) + 100);
        Change(place, bytes => bytes.AsSpan(0, Stored).CopyTo(bytes.AsSpan(Stored)));
        await AssertDamagedAsync(place, ContentDamage.Segment, 1);
    }

    [Fact]
    public async Task A_segment_of_another_content_of_the_same_record_is_noticed()
    {
        var row = await store.NewKeyAsync(Token);
        var (place, _) = await PutAsync((2 * Segment) + 100, row);
        var (other, _) = await PutAsync((2 * Segment) + 100, row);
        Change(place, bytes => store.Stored(other.BlobId).AsSpan(Stored, Stored).CopyTo(bytes.AsSpan(Stored)));
        await AssertDamagedAsync(place, ContentDamage.Segment, 1);
    }

    [Fact]
    public async Task A_dropped_segment_is_noticed()
    {
        var (place, _) = await PutAsync((3 * Segment) + 100);
        var bytes = store.Stored(place.BlobId);
        store.Overwrite(place.BlobId, [.. bytes[..Stored], .. bytes[(2 * Stored)..]]);
        await AssertDamagedAsync(place, ContentDamage.Length, 0);

        // Also by somebody who makes the row fit.
        await AssertDamagedAsync(place with { SizeBytes = (2 * Segment) + 100 }, ContentDamage.Segment, 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(Stored)]
    public async Task A_blob_that_was_cut_off_is_noticed(int cut)
    {
        var (place, _) = await PutAsync((2 * Segment) + 100);
        store.Overwrite(place.BlobId, store.Stored(place.BlobId)[..^cut]);
        await AssertDamagedAsync(place, ContentDamage.Length, 0);
    }

    [Theory]
    [InlineData(Segment + 100, 1)]
    [InlineData(Segment - 1, 0)]
    [InlineData(10, 0)]
    public async Task A_smaller_size_in_the_row_is_noticed(int size, long segment)
    {
        var (place, _) = await PutAsync((2 * Segment) + 100);
        await AssertDamagedAsync(place with { SizeBytes = size }, ContentDamage.Segment, segment);
    }

    [Theory]
    [InlineData(2 * Segment, 2)]
    [InlineData(Segment, 1)]
    public async Task A_content_cut_between_two_segments_is_noticed_with_a_row_that_fits(int size, long segment)
    {
        var (place, _) = await PutAsync((2 * Segment) + 100);
        var cut = SealedFormat.StoredLength(size);

        // The empty last segment can only be made of what is there.
        store.Overwrite(place.BlobId, [.. store.Stored(place.BlobId)[..(int)(cut - Empty)], .. store.Stored(place.BlobId)[^Empty..]]);
        await AssertDamagedAsync(place with { SizeBytes = size }, ContentDamage.Segment, segment);
    }

    [Fact]
    public async Task The_end_of_full_segments_cannot_be_changed_unnoticed()
    {
        var (place, _) = await PutAsync(2 * Segment);
        Change(place, bytes => bytes[^1] ^= 1);
        await AssertDamagedAsync(place, ContentDamage.Segment, 2);
    }

    [Fact]
    public async Task Segments_put_behind_the_end_are_noticed_with_a_row_that_fits()
    {
        var row = await store.NewKeyAsync(Token);
        var (place, _) = await PutAsync(2 * Segment, row);
        var bytes = store.Stored(place.BlobId);
        store.Overwrite(place.BlobId, [.. bytes, .. bytes[..Stored]]);
        await AssertDamagedAsync(place with { SizeBytes = (3 * Segment) - Empty }, ContentDamage.Segment, 2);
    }

    [Fact]
    public async Task Swapped_files_are_noticed_within_a_record_and_between_two()
    {
        var row = await store.NewKeyAsync(Token);
        var (one, _) = await PutAsync(5000, row);
        var (two, _) = await PutAsync(5000, row);
        var (foreign, _) = await PutAsync(5000);
        await AssertDamagedAsync(one with { BlobId = two.BlobId }, ContentDamage.Segment, 0);
        await AssertDamagedAsync(one with { BlobId = foreign.BlobId }, ContentDamage.Segment, 0);

        // Also the row's key with it: a document of another patient is not readable under this content's id.
        await AssertDamagedAsync(one with { BlobId = foreign.BlobId, Key = foreign.Key }, ContentDamage.Segment, 0);
    }

    [Fact]
    public async Task Swapped_slices_of_one_blob_are_noticed()
    {
        var row = await store.NewKeyAsync(Token);
        using var key = await store.Keys.OpenAsync(row, Token);
        ContentLocation one = new() { ContentId = Guid.CreateVersion7(), BlobId = Guid.CreateVersion7(), SizeBytes = 100, Key = row };
        var two = one with { ContentId = Guid.CreateVersion7(), BlobOffset = one.StoredLength };
        await using (var writer = await store.Store.CreateAsync(one.BlobId, Token))
        {
            await writer.AppendAsync(ContentVault.Seal(key, one.ContentId, new byte[100]), Token);
            await writer.AppendAsync(ContentVault.Seal(key, two.ContentId, new byte[100]), Token);
            await writer.CommitAsync(Token);
        }

        Assert.Equal(new byte[100], await store.GetAsync(one, Token));
        Assert.Equal(new byte[100], await store.GetAsync(two, Token));
        await AssertDamagedAsync(one with { BlobOffset = two.BlobOffset }, ContentDamage.Segment, 0);
        await AssertDamagedAsync(two with { BlobOffset = 0 }, ContentDamage.Segment, 0);
        await AssertDamagedAsync(two with { BlobOffset = two.BlobOffset + 1 }, ContentDamage.Length, 0);
        await AssertDamagedAsync(two with { BlobOffset = -1 }, ContentDamage.Length, 0);
        await AssertDamagedAsync(two with { BlobOffset = long.MaxValue }, ContentDamage.Length, 0);
        await AssertDamagedAsync(two with { SizeBytes = long.MaxValue }, ContentDamage.Length, 0);
    }

    [Fact]
    public async Task A_wrapped_key_of_another_record_opens_nothing()
    {
        var (place, _) = await PutAsync(100);
        var other = await store.NewKeyAsync(Token);
        var swapped = place with { Key = place.Key! with { Wrapped = other.Wrapped, RecordKeyId = Guid.CreateVersion7() } };
        var damaged = await Assert.ThrowsAsync<ContentDamagedException>(() => store.Vault.OpenAsync(swapped, Token));
        Assert.Equal(ContentDamage.Key, damaged.Damage);
    }

    [Fact]
    public async Task Nothing_of_a_changed_segment_is_given_out()
    {
        var (place, _) = await PutAsync(Segment + 100);
        Change(place, bytes => bytes[Stored - 1] ^= 1);
        await using var reader = await store.Vault.OpenAsync(place, Token);
        foreach (var length in new[] { 10, Segment, Segment + 100 })
        {
            var buffer = new byte[length];
            await Assert.ThrowsAsync<ContentDamagedException>(() => reader!.ReadAsync(0, buffer, Token).AsTask());
            Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0));
        }
    }

    [Fact]
    public async Task A_part_that_was_changed_is_noticed_when_the_upload_is_taken_up()
    {
        var row = await store.NewKeyAsync(Token);
        using var key = await store.Keys.OpenAsync(row, Token);
        var (contentId, blobId) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await using (var writer = await store.Vault.CreateAsync(key, contentId, blobId, Token))
        {
            await writer.AppendAsync(new byte[2 * Segment], Token);
        }

        var part = Assert.Single(store.Files, file => file.EndsWith(".part", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(part);
        bytes[Stored + 20] ^= 1;
        File.WriteAllBytes(part, bytes);
        await using var resumed = await store.Vault.ResumeAsync(key, contentId, blobId, Token);
        var damaged = await Assert.ThrowsAsync<ContentDamagedException>(() => resumed!.ReadAsync(Segment, new byte[10], Token).AsTask());
        Assert.Equal((ContentDamage.Segment, 1), (damaged.Damage, damaged.Segment));
    }

    private static void Swap(byte[] bytes, int one, int two)
    {
        var first = bytes.AsSpan(one, Stored).ToArray();
        bytes.AsSpan(two, Stored).CopyTo(bytes.AsSpan(one));
        first.CopyTo(bytes.AsSpan(two));
    }

    private async Task<(ContentLocation Place, byte[] Content)> PutAsync(int size, RecordKeyRow? row = null)
    {
        var content = RandomNumberGenerator.GetBytes(size);
        return (await store.PutAsync(row ?? await store.NewKeyAsync(Token), content, Segment, Token), content);
    }

    private void Change(ContentLocation place, Action<byte[]> change)
    {
        var bytes = store.Stored(place.BlobId);
        change(bytes);
        store.Overwrite(place.BlobId, bytes);
    }

    private async Task AssertDamagedAsync(ContentLocation place, ContentDamage damage, long segment)
    {
        foreach (var readBytes in new[] { Segment, 4 * Segment })
        {
            journal.Lines.Clear();
            var damaged = await Assert.ThrowsAsync<ContentDamagedException>(() => store.GetAsync(place, Token, readBytes));
            Assert.Equal((damage, segment, place.ContentId), (damaged.Damage, damaged.Segment, damaged.ContentId));
            var (level, text) = Assert.Single(journal.Lines);
            Assert.Equal(LogLevel.Critical, level);
            Assert.StartsWith($"INCIDENT: content {place.ContentId}", text, StringComparison.Ordinal);
        }
    }

    private sealed class Journal : ILogger<ContentVault>
    {
        public List<(LogLevel Level, string Text)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((logLevel, formatter(state, exception)));
    }
}
