using System.Buffers;

namespace Dmp.Server.Messages;

/// <summary>Thrown for bytes that are no message at all.</summary>
internal sealed class MalformedMessageException : Exception;

/// <summary>Reads the fields of an encoded message one after the other, without making anything of them.</summary>
internal ref struct WireReader(ReadOnlySequence<byte> message)
{
    /// <summary>How deep fields may lie in each other. Messages of the contract need six.</summary>
    private const int GroupDepthMax = 32;

    private SequenceReader<byte> bytes = new(message);

    public readonly bool IsAtEnd => bytes.End;

    /// <summary>Where the reader stands.</summary>
    public readonly long Position => bytes.Consumed;

    public WireField ReadTag()
    {
        var tag = ReadVarint();
        var number = tag >> 3;
        return number is > 0 and <= 0x1FFF_FFFF ? new WireField((int)number, (WireKind)(tag & 7)) : throw new MalformedMessageException();
    }

    public ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (!bytes.TryRead(out var part))
            {
                break;
            }

            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw new MalformedMessageException();
    }

    /// <summary>The content of a field that has a length.</summary>
    public ReadOnlySequence<byte> ReadContent()
    {
        var length = ReadVarint();
        if (length > (ulong)bytes.Remaining)
        {
            throw new MalformedMessageException();
        }

        var content = bytes.UnreadSequence.Slice(0, (long)length);
        bytes.Advance((long)length);
        return content;
    }

    /// <summary>Reads over the rest of a field.</summary>
    public void Skip(WireField field) => Skip(field, 0);

    private void Skip(WireField field, int depth)
    {
        switch (field.Kind)
        {
            case WireKind.Varint:
                ReadVarint();
                break;
            case WireKind.Fixed64:
                Advance(sizeof(ulong));
                break;
            case WireKind.Fixed32:
                Advance(sizeof(uint));
                break;
            case WireKind.Content:
                ReadContent();
                break;
            case WireKind.GroupStart when depth < GroupDepthMax:
                for (var inner = ReadTag(); inner.Kind != WireKind.GroupEnd || inner.Number != field.Number; inner = ReadTag())
                {
                    if (inner.Kind == WireKind.GroupEnd)
                    {
                        throw new MalformedMessageException();
                    }

                    Skip(inner, depth + 1);
                }

                break;
            default:
                throw new MalformedMessageException();
        }
    }

    private void Advance(int length)
    {
        if (bytes.Remaining < length)
        {
            throw new MalformedMessageException();
        }

        bytes.Advance(length);
    }
}

/// <summary>The number of a field and how it is written.</summary>
internal readonly record struct WireField(int Number, WireKind Kind);

/// <summary>How a field is written.</summary>
internal enum WireKind
{
    Varint = 0,
    Fixed64 = 1,

    /// <summary>With its length before it: a text, bytes, a message, numbers without tags of their own.</summary>
    Content = 2,
    GroupStart = 3,
    GroupEnd = 4,
    Fixed32 = 5,
}
