using System.Security.Cryptography;
using CsCheck;
using Dmp.Storage;
using Xunit;

namespace Dmp.Server.Tests.Content.Sealing;

/// <summary>Content of any size, written and read in any pieces, comes back; what is stored says nothing of it but its size.</summary>
public sealed class SealedFormatTests : IDisposable
{
    private const int Segment = SealedFormat.SegmentBytes;

    // Around the borders of segments, where mistakes are.
    private static readonly Gen<int> size = Gen.OneOf(
        Gen.Int[0, 300],
        Gen.Select(Gen.Int[0, 5], Gen.Int[-3, 3]).Select((segments, off) => Math.Max(0, (segments * Segment) + off)),
        Gen.Int[0, 6 * Segment]);

    private readonly SealedStore store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => store.Dispose();

    [Fact]
    public Task Any_size_any_chunking_and_any_range_give_the_bytes_back() =>
        Gen.Select(SealedFormatTests.size, Gen.Int[1, 3 * Segment], SealedFormatTests.size, SealedFormatTests.size, Gen.OneOf(
            Gen.Int[1, 2 * Segment], Gen.Int[1, 7].Select(n => n * Segment))).SampleAsync(
            async (size, chunk, offset, count, readChunk) =>
            {
                var content = RandomNumberGenerator.GetBytes(size);
                var place = await store.PutAsync(await store.NewKeyAsync(Token), content, Math.Max(chunk, (size / 200) + 1), Token);
                Assert.Equal(SealedFormat.StoredLength(size), store.Stored(place.BlobId).Length);
                Assert.Equal(content, await store.GetAsync(place, Token, Math.Max(readChunk, (size / 200) + 1)));

                await using var reader = await store.Vault.OpenAsync(place, Token);
                Assert.Equal(size, reader!.Length);
                var buffer = new byte[count];
                var read = await reader.ReadAsync(offset, buffer, Token);
                Assert.Equal(content.Skip(offset).Take(count), buffer[..read]);
            },
            iter: 60);

    [Fact]
    public Task A_small_content_sealed_into_a_blob_with_others_comes_back() =>
        Gen.Select(SealedFormatTests.size.Array[1, 5], Gen.Int[0, 4]).SampleAsync(
            async (sizes, asked) =>
            {
                var row = await store.NewKeyAsync(Token);
                using var key = await store.Keys.OpenAsync(row, Token);
                var blobId = Guid.CreateVersion7();
                List<(ContentLocation Place, byte[] Content)> parts = [];
                await using (var writer = await store.Store.CreateAsync(blobId, Token))
                {
                    foreach (var size in sizes)
                    {
                        var content = RandomNumberGenerator.GetBytes(size);
                        ContentLocation place = new()
                        {
                            ContentId = Guid.CreateVersion7(),
                            BlobId = blobId,
                            BlobOffset = writer.Length,
                            SizeBytes = size,
                            Key = row,
                        };
                        var stored = ContentVault.Seal(key, place.ContentId, content);
                        Assert.Equal(place.StoredLength, stored.Length);
                        await writer.AppendAsync(stored, Token);
                        parts.Add((place, content));
                    }

                    await writer.CommitAsync(Token);
                }

                var (read, expected) = parts[asked % parts.Count];
                Assert.Equal(expected, await store.GetAsync(read, Token));
            },
            iter: 40);

    [Fact]
    public Task What_a_writer_left_is_taken_up_at_the_end_of_a_segment_and_read_back_for_its_digest() =>
        Gen.Select(size, size, Gen.Int[0, SealedFormat.StoredSegmentBytes], Gen.Int[1, 2 * Segment]).SampleAsync(
            async (first, second, torn, chunk) =>
            {
                var (head, tail) = (RandomNumberGenerator.GetBytes(first), RandomNumberGenerator.GetBytes(second));
                var row = await store.NewKeyAsync(Token);
                using var key = await store.Keys.OpenAsync(row, Token);
                ContentLocation place =
                    new() { ContentId = Guid.CreateVersion7(), BlobId = Guid.CreateVersion7(), SizeBytes = 0, Key = row };
                await using (var writer = await store.Vault.CreateAsync(key, place.ContentId, place.BlobId, Token))
                {
                    await writer.AppendAsync(head, Token);
                    await AssertReadsAsync(writer, head, chunk);
                    Assert.Equal(first / Segment * Segment, await writer.FlushAsync(Token));
                }

                // A power cut in the middle of a write: the part ends somewhere.
                var part = Assert.Single(store.Files, file => file.EndsWith($"{place.BlobId:D}.part", StringComparison.Ordinal));
                var length = Math.Max(0, new FileInfo(part).Length - torn);
                using (var file = File.OpenWrite(part))
                {
                    file.SetLength(length);
                }

                var kept = (int)(length / SealedFormat.StoredSegmentBytes * Segment);
                byte[] whole = [.. head.Take(kept), .. tail];
                await using (var writer = await store.Vault.ResumeAsync(key, place.ContentId, place.BlobId, Token))
                {
                    Assert.NotNull(writer);
                    Assert.Equal(kept, writer.Length);
                    await writer.AppendAsync(tail, Token);
                    await AssertReadsAsync(writer, whole, chunk);
                    await writer.CommitAsync(Token);
                }

                place = place with { SizeBytes = whole.Length };
                Assert.Equal(whole, await store.GetAsync(place, Token));
                Assert.Equal(place.StoredLength, store.Stored(place.BlobId).Length);
            },
            iter: 40);

    [Fact]
    public async Task Discarding_leaves_nothing_and_nothing_can_be_taken_up()
    {
        var row = await store.NewKeyAsync(Token);
        using var key = await store.Keys.OpenAsync(row, Token);
        var blobId = Guid.CreateVersion7();
        await using (var writer = await store.Vault.CreateAsync(key, Guid.CreateVersion7(), blobId, Token))
        {
            await writer.AppendAsync(new byte[3 * Segment], Token);
            await writer.DiscardAsync(Token);
            await Assert.ThrowsAsync<InvalidOperationException>(() => writer.AppendAsync(new byte[1], Token).AsTask());
        }

        Assert.Empty(store.Files);
        Assert.Null(await store.Vault.ResumeAsync(key, Guid.CreateVersion7(), blobId, Token));
    }

    [Fact]
    public async Task Several_reads_at_once_do_not_mix()
    {
        var content = RandomNumberGenerator.GetBytes((5 * Segment) + 77);
        var place = await store.PutAsync(await store.NewKeyAsync(Token), content, 100_000, Token);
        await using var reader = await store.Vault.OpenAsync(place, Token);
        await Parallel.ForAsync(0, 200, Token, async (i, ct) =>
        {
            var offset = i * 7919 % content.Length;
            var buffer = new byte[5000];
            var read = await reader!.ReadAsync(offset, buffer, ct);
            Assert.True(content.AsSpan(offset, read).SequenceEqual(buffer.AsSpan(0, read)));
            Assert.Equal(Math.Min(5000, content.Length - offset), read);
        });
    }

    [Fact]
    public async Task The_same_bytes_never_look_the_same()
    {
        var row = await store.NewKeyAsync(Token);
        var content = new byte[2 * Segment];
        var (one, two) = (await store.PutAsync(row, content, Segment, Token), await store.PutAsync(row, content, Segment, Token));
        var (first, second) = (store.Stored(one.BlobId), store.Stored(two.BlobId));
        Assert.False(first.AsSpan().SequenceEqual(second));
        Assert.False(first.AsSpan(0, SealedFormat.StoredSegmentBytes).SequenceEqual(
            first.AsSpan(SealedFormat.StoredSegmentBytes, SealedFormat.StoredSegmentBytes)));
    }

    [Fact]
    public async Task Bytes_from_before_sealing_are_read_as_they_are()
    {
        var (before, content) = (Guid.CreateVersion7(), RandomNumberGenerator.GetBytes(1000));
        await using (var writer = await store.Store.CreateAsync(before, Token))
        {
            await writer.AppendAsync(content, Token);
            await writer.CommitAsync(Token);
        }

        Assert.Equal(content, await store.GetAsync(new() { ContentId = before, BlobId = before, SizeBytes = 1000 }, Token));
        Assert.Equal(content[100..300], await store.GetAsync(
            new() { ContentId = before, BlobId = before, BlobOffset = 100, SizeBytes = 200 }, Token));
    }

    /// <summary>What documents were stored with in the past must stay readable: key, content and bytes of version 1.</summary>
    [Fact]
    public void Version_1_of_the_format_never_changes()
    {
        using Dmp.Storage.Keys.SecretBytes key = new(
            Convert.FromHexString("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
        Guid contentId = new("01890a5d-ac96-774b-bcce-b302099a8057");
        var stored = Convert.FromHexString(KnownSegment);
        var plain = new byte[stored.Length - 28];
        using ContentCipher cipher = new(key, contentId);
        cipher.Open(0, isLast: true, stored, plain);
        Assert.Equal("compte rendu"u8.ToArray(), plain);
    }

    // Computed by another implementation (Python's cryptography: HKDF-SHA256 and AES-GCM) with the nonce 00..0b.
    private const string KnownSegment = "000102030405060708090a0b960a925ef9464e4dbe8fa683958c05d6e0a0eb2e49ed99e0e0343b71";

    private static async Task AssertReadsAsync(IContentWriter writer, byte[] expected, int chunk)
    {
        Assert.Equal(expected.Length, writer.Length);
        var step = Math.Max(chunk, (expected.Length / 100) + 1);
        for (var offset = 0; offset <= expected.Length; offset += step)
        {
            var buffer = new byte[step];
            var read = await writer.ReadAsync(offset, buffer, Token);
            Assert.Equal(Math.Min(step, expected.Length - offset), read);
            Assert.True(expected.AsSpan(offset, read).SequenceEqual(buffer.AsSpan(0, read)));
        }
    }
}
