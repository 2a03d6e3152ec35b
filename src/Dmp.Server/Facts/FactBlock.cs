using System.IO.Compression;
using Dmp.Facts;
using Dmp.Facts.V1;
using Dmp.Storage;
using Google.Protobuf;

namespace Dmp.Server.Facts;

/// <summary>What one version states, as it lies in the database: the contract's message, compressed, and sealed as content is.</summary>
internal static class FactBlock
{
    /// <summary>
    /// Bytes of facts of one version: an answer holds one version at least, and clients take four mebibytes at most, most of them.
    /// </summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>Of these, bytes of what was not read.</summary>
    private const int UnreadBytesMax = 64 * 1024;

    private const int AlwaysTold = 1 << 30;

    /// <summary>Codes, systems and words repeat themselves: a fifth to an eighth is left.</summary>
    private const int Quality = 4;
    private const int Window = 20;

    /// <summary>
    /// As the contract has it; of more facts than a block may hold the first ones, and the others counted. What was not read is told by its
    /// section as far as it has room, and behind that by its reason.
    /// </summary>
    public static DocumentFacts ToMessage(FactReading reading)
    {
        var message = new DocumentFacts { Failure = reading.Failure ?? "" };
        var size = 0;
        foreach (var fact in reading.Facts.Select(FactMapping.ToMessage))
        {
            size += fact.CalculateSize() + sizeof(int);
            if (size > BytesMax - UnreadBytesMax)
            {
                break;
            }

            message.Facts.Add(fact);
        }

        var left = reading.Facts.Skip(message.Facts.Count)
            .GroupBy(fact => (fact.Source.Section, fact.Source.SectionTitle))
            .Select(group => new Dmp.Facts.Model.Unread(
                group.Key.Section, group.Key.SectionTitle, Dmp.Facts.Model.UnreadReason.TooMany, group.Count()));
        Dictionary<UnreadReason, int> together = [];
        var told = 0;
        foreach (var unread in reading.Unread.Concat(left).Select(FactMapping.ToMessage))
        {
            told += unread.CalculateSize() + sizeof(int);
            if (told <= UnreadBytesMax)
            {
                message.Unread.Add(unread);
            }
            else
            {
                together[unread.Reason] = together.GetValueOrDefault(unread.Reason) + unread.Count;
            }
        }

        message.Unread.AddRange(together.Select(rest => new Unread { Reason = rest.Key, Count = rest.Value }));
        return message;
    }

    /// <summary>A bit for each kind that is there, and one for what is told whatever kinds are asked for.</summary>
    public static int BitsOf(DocumentFacts facts) =>
        Bits(facts.Facts.Select(FactMapping.KindOf), facts.Unread.Count > 0 || facts.Failure.Length > 0);

    /// <summary>Those of blocks that hold something of what is asked for.</summary>
    public static int BitsOf(IEnumerable<FactKind> kinds) => Bits(kinds, isAlwaysTold: true);

    private static int Bits(IEnumerable<FactKind> kinds, bool isAlwaysTold) =>
        kinds.Aggregate(isAlwaysTold ? AlwaysTold : 0, (bits, kind) => bits | (1 << (int)kind));

    /// <summary>The message, compressed.</summary>
    public static byte[] Pack(DocumentFacts facts)
    {
        var plain = facts.ToByteArray();
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(plain.Length)];
        return BrotliEncoder.TryCompress(plain, packed, out var length, Quality, Window)
            ? packed[..length]
            : throw new InvalidOperationException("A block became longer than it can.");
    }

    /// <exception cref="ContentDamagedException">It is not what was sealed.</exception>
    public static DocumentFacts Unpack(Guid documentId, byte[] block)
    {
        using var packed = new MemoryStream(block);
        using var plain = new BrotliStream(packed, CompressionMode.Decompress);
        try
        {
            return DocumentFacts.Parser.ParseFrom(plain);
        }
        catch (Exception broken) when (broken is InvalidProtocolBufferException or InvalidDataException or InvalidOperationException)
        {
            // A fault of ours, never the caller's.
            throw new ContentDamagedException(documentId, ContentDamage.Segment, innerException: broken);
        }
    }
}
