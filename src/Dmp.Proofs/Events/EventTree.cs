using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Dmp.Proofs;

/// <summary>A part of an event, with what proves it.</summary>
internal sealed record EventPart(int Slot, byte[] Salt, byte[] Content, byte[][] Path);

/// <summary>
/// The commitment of one event: an RFC 6962 tree of exactly 256 parts, most of them empty. Each part can be shown with its proof
/// while the others stay hidden, and nobody sees how many others there are: places are drawn at random and an empty subtree
/// has a hash that only the salt of the event tells from a real one.
/// </summary>
internal sealed class EventTree
{
    public const int Slots = 256;
    public const int Levels = 8;
    public const int SaltBytes = 32;

    /// <summary>Most documents of one event; the largest page of a search is 200.</summary>
    public const int DocumentsMax = Slots - FirstDocumentSlot;

    private const int FirstDocumentSlot = 3;
    private const int SlotSaltBytes = 16;

    private readonly byte[] salt;
    private readonly byte[]?[] contents = new byte[]?[Slots];
    private readonly int[] places;

    // Hashes of level 0, then 1, up to the root; null where nothing is below.
    private readonly byte[]?[][] hashes = new byte[]?[Levels + 1][];

    public EventTree(byte[] salt, byte[] core, byte[] review, byte[] internals, IReadOnlyList<byte[]> documents)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(salt.Length, SaltBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(documents.Count, DocumentsMax);
        this.salt = salt;
        using var random = Random();
        places = Places(random, documents.Count);
        (contents[0], contents[1], contents[2]) = (core, review, internals);
        for (var i = 0; i < documents.Count; i++)
        {
            contents[places[i]] = documents[i];
        }

        this.hashes[0] = [.. contents.Select((content, slot) => content is null ? null : Leaf(SlotSalt(random, slot), content))];
        for (var level = 1; level <= Levels; level++)
        {
            var below = this.hashes[level - 1];
            var hashes = this.hashes[level] = new byte[]?[below.Length / 2];
            for (var i = 0; i < hashes.Length; i++)
            {
                if (below[2 * i] is not null || below[(2 * i) + 1] is not null)
                {
                    hashes[i] = TreeHash.Node(HashOf(random, level - 1, 2 * i), HashOf(random, level - 1, (2 * i) + 1));
                }
            }
        }
    }

    public byte[] Root => hashes[Levels][0]!;

    public EventPart Core => Part(0);

    public EventPart Review => Part(1);

    public EventPart Internals => Part(2);

    /// <summary>The document at this place of the event's list.</summary>
    public EventPart Document(int i) => Part(places[i]);

    public static byte[] Leaf(ReadOnlySpan<byte> slotSalt, ReadOnlySpan<byte> content) => TreeHash.Leaf([.. slotSalt, .. content]);

    private EventPart Part(int slot)
    {
        using var random = Random();
        return new EventPart(
            slot,
            SlotSalt(random, slot),
            contents[slot]!,
            [.. Enumerable.Range(0, Levels).Select(level => HashOf(random, level, (slot >> level) ^ 1))]);
    }

    // The largest empty subtree has the hash, not each of its parts.
    private byte[] HashOf(IncrementalHash random, int level, int index) => hashes[level][index] ?? Draw(random, "empty"u8, level, index);

    private static byte[] SlotSalt(IncrementalHash random, int slot) => Draw(random, "slot"u8, 0, slot)[..SlotSaltBytes];

    // One for all that is drawn: setting the key costs more than the hash.
    private IncrementalHash Random() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, salt);

    private static byte[] Draw(IncrementalHash random, ReadOnlySpan<byte> what, int level, int index)
    {
        Span<byte> message = stackalloc byte[what.Length + 3];
        what.CopyTo(message);
        message[what.Length] = (byte)level;
        BinaryPrimitives.WriteUInt16BigEndian(message[(what.Length + 1)..], (ushort)index);
        random.AppendData(message);
        return random.GetHashAndReset();
    }

    /// <summary>
    /// A different slot for each document: the beginning of a shuffle (Fisher-Yates) with bytes that follow from the salt.
    /// </summary>
    private static int[] Places(IncrementalHash random, int count)
    {
        var slots = Enumerable.Range(FirstDocumentSlot, DocumentsMax).ToArray();
        byte[] bytes = [];
        var (block, next) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            var choices = slots.Length - i;
            int drawn;
            do
            {
                if (next == bytes.Length)
                {
                    (bytes, next) = (Draw(random, "place"u8, 0, block++), 0);
                }

                drawn = bytes[next++];
            }
            while (drawn >= 256 - (256 % choices)); // Each choice as likely as every other.

            var chosen = i + (drawn % choices);
            (slots[i], slots[chosen]) = (slots[chosen], slots[i]);
        }

        return slots[..count];
    }
}
