using System.Buffers;
using Dmp.Server.Errors;
using Google.Protobuf.Reflection;

namespace Dmp.Server.Messages;

/// <summary>
/// Looks through a message as it was sent, before a single object is made of it: how many items its lists have, and what its texts hold.
/// Each list is counted before its items are looked at; of one that is too long nothing else is.
/// </summary>
internal sealed class MessageScan
{
    private readonly List<(FieldDescriptor Field, int Index)> way = [];
    private readonly List<MessageFault> faults = [];

    private MessageScan()
    {
    }

    /// <summary>What the message may not hold, at most one more than is told. Throws for what is no message at all.</summary>
    public static IReadOnlyList<MessageFault> Faults(ReadOnlySequence<byte> message, MessageLimits limits)
    {
        var scan = new MessageScan();
        scan.Read(message, limits, good: null);
        return scan.faults;
    }

    /// <summary>The same message without the fields that have faults.</summary>
    public static ReadOnlyMemory<byte> Good(ReadOnlySequence<byte> message, MessageLimits limits)
    {
        var good = new ArrayBufferWriter<byte>();
        new MessageScan().Read(message, limits, good);
        return good.WrittenMemory;
    }

    private bool IsFull => faults.Count > FieldFaults.Max;

    private void Read(ReadOnlySequence<byte> message, MessageLimits limits, ArrayBufferWriter<byte>? good)
    {
        Span<long> counts = stackalloc long[limits.Fields.Count];
        counts.Clear();
        Count(message, limits, counts);
        foreach (var field in limits.Fields)
        {
            if (counts[field.Slot] > MaxOf(field))
            {
                Tell(field, -1, field.Field.IsRepeated ? $"Must have at most {field.ItemsMax} items." : "Must be given once.");
            }
        }

        Span<int> seen = stackalloc int[limits.Fields.Count];
        seen.Clear();
        var reader = new WireReader(message);
        while (!reader.IsAtEnd && !(good is null && IsFull))
        {
            var start = reader.Position;
            var tag = reader.ReadTag();
            if (limits.Find(tag.Number) is not { } field || counts[field.Slot] > MaxOf(field))
            {
                reader.Skip(tag);
                continue;
            }

            if (tag.Kind != WireKind.Content)
            {
                reader.Skip(tag);
                Copy(message.Slice(start, reader.Position - start), good);
                continue;
            }

            var content = reader.ReadContent();
            var index = field.Field.IsRepeated ? seen[field.Slot]++ : -1;
            if (field is { Message: { } inner, Field.FieldType: FieldType.Message })
            {
                way.Add((field.Field, index));
                ReadInner(content, tag, inner, good);
                way.RemoveAt(way.Count - 1);
            }
            else if (FaultOf(content, field) is { } fault)
            {
                Tell(field, index, fault);
            }
            else
            {
                Copy(message.Slice(start, reader.Position - start), good);
            }
        }
    }

    private void ReadInner(ReadOnlySequence<byte> content, WireField tag, MessageLimits limits, ArrayBufferWriter<byte>? good)
    {
        if (good is null)
        {
            Read(content, limits, good: null);
            return;
        }

        var inner = new ArrayBufferWriter<byte>();
        Read(content, limits, inner);
        WriteVarint((uint)(tag.Number << 3) | (uint)tag.Kind, good);
        WriteVarint((uint)inner.WrittenCount, good);
        good.Write(inner.WrittenSpan);
    }

    // Lists by their items. Of a message that is no list, several are read as one: only one is sent by anybody.
    private static void Count(ReadOnlySequence<byte> message, MessageLimits limits, Span<long> counts)
    {
        var reader = new WireReader(message);
        while (!reader.IsAtEnd)
        {
            var tag = reader.ReadTag();
            var field = limits.Find(tag.Number);
            if (field is not null && tag.Kind == WireKind.Content && IsPacked(field))
            {
                counts[field.Slot] += NumbersIn(reader.ReadContent(), field.Field.FieldType);
                continue;
            }

            reader.Skip(tag);
            if (field is not null && (field.Field.IsRepeated || (field.Message is not null && tag.Kind == WireKind.Content)))
            {
                counts[field.Slot]++;
            }
        }
    }

    private static bool IsPacked(FieldLimits field) => field.Field is
    {
        IsRepeated: true, FieldType: not (FieldType.Message or FieldType.Group or FieldType.String or FieldType.Bytes)
    };

    private static long NumbersIn(ReadOnlySequence<byte> content, FieldType type)
    {
        if (type is FieldType.Double or FieldType.Fixed64 or FieldType.SFixed64)
        {
            return content.Length / sizeof(ulong);
        }

        if (type is FieldType.Float or FieldType.Fixed32 or FieldType.SFixed32)
        {
            return content.Length / sizeof(uint);
        }

        var numbers = 0L;
        foreach (var segment in content)
        {
            foreach (var part in segment.Span)
            {
                numbers += part < 0x80 ? 1 : 0;
            }
        }

        return numbers;
    }

    private static int MaxOf(FieldLimits field) => field.Field.IsRepeated ? field.ItemsMax : field.Message is null ? int.MaxValue : 1;

    private static string? FaultOf(ReadOnlySequence<byte> content, FieldLimits field)
    {
        switch (field.Field.FieldType)
        {
            case FieldType.Bytes:
                return content.Length > field.BytesMax ? $"Must have at most {field.BytesMax} bytes." : null;

            case FieldType.String when content.Length > (long)field.CharactersMax * 4:
                return $"Must have at most {field.CharactersMax} characters.";

            case FieldType.String:
                var text = content.IsSingleSegment ? content.FirstSpan : content.ToArray();
                var fault = TextRules.FaultOf(text, field.Text, field.CharactersMax, out var isText);
                return isText ? fault : throw new MalformedMessageException();

            default:
                return null;
        }
    }

    private void Tell(FieldLimits field, int index, string description)
    {
        if (!IsFull)
        {
            faults.Add(new MessageFault([.. way, (field.Field, index)], description));
        }
    }

    private static void Copy(ReadOnlySequence<byte> bytes, ArrayBufferWriter<byte>? good)
    {
        if (good is not null)
        {
            foreach (var segment in bytes)
            {
                good.Write(segment.Span);
            }
        }
    }

    private static void WriteVarint(uint value, ArrayBufferWriter<byte> good)
    {
        var output = good.GetSpan(5);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            output[length++] = (byte)(value | 0x80);
        }

        output[length++] = (byte)value;
        good.Advance(length);
    }
}
