using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Dmp.Server.Tests.Limits;

/// <summary>A field of a request with a value that nobody sends in good faith.</summary>
internal sealed record HostileField(IReadOnlyList<FieldDescriptor> Way, string What, object Value, bool IsForbidden)
{
    private static readonly (string What, string Value)[] forbidden =
    [
        ("zero", "a\0b"),
        ("turned around", "a\u202Eb"),
        ("isolated", "\u2066ab"),
        ("zero width", "a\u200Bb"),
        ("byte order mark", "\uFEFFab"),
        ("noncharacter", "a\uFFFEb"),
        ("another noncharacter", "a\uFDD0b"),
        ("escape", "a\u001Bb"),
        ("blank", " "),
        ("only invisible", "\u2060"),
        ("endless", new string('x', 900_000)),
    ];

    /// <summary>The path of the field as faults name it; lists have one item that is bad.</summary>
    public string Path => string.Join('.', Way.Select((step, i) =>
        step.IsRepeated && (i < Way.Count - 1 || What != "many") ? $"{step.Name}[0]" : step.Name));

    /// <summary>Every field of a message, at any depth, with every hostile value it can take.</summary>
    public static IEnumerable<HostileField> Of(MessageDescriptor message, IReadOnlyList<FieldDescriptor>? before = null)
    {
        foreach (var field in message.Fields.InFieldNumberOrder())
        {
            FieldDescriptor[] way = [.. before ?? [], field];
            if (field.IsRepeated)
            {
                yield return new HostileField(
                    way, "many",
                    Enumerable.Repeat(ValuesOf(field).First().Value, field.FieldType == FieldType.Bytes ? 20_000 : 100_000), true);
            }

            if (field.FieldType == FieldType.Message)
            {
                foreach (var inner in Of(field.MessageType, way))
                {
                    yield return inner;
                }

                continue;
            }

            foreach (var (what, value, isForbidden) in ValuesOf(field).Where(value => value.What != ""))
            {
                yield return new HostileField(way, what, value, isForbidden);
            }
        }
    }

    /// <summary>Writes the value into a message, making the messages on its way.</summary>
    public void WriteTo(IMessage message)
    {
        foreach (var field in Way.SkipLast(1))
        {
            var value = field.Accessor.GetValue(message);
            if (value is IList items)
            {
                if (items.Count == 0)
                {
                    items.Add(New(field.MessageType));
                }

                message = (IMessage)items[0]!;
                continue;
            }

            if (value is null)
            {
                field.Accessor.SetValue(message, New(field.MessageType));
            }

            message = (IMessage)field.Accessor.GetValue(message);
        }

        var last = Way[^1];
        if (last.Accessor.GetValue(message) is not IList list)
        {
            last.Accessor.SetValue(message, Value);
        }
        else if (What == "many")
        {
            foreach (var item in (IEnumerable)Value)
            {
                list.Add(item);
            }
        }
        else
        {
            list.Add(Value);
        }
    }

    public override string ToString() => $"{string.Join('.', Way.Select(field => field.Name))}: {What}";

    private static IMessage New(MessageDescriptor message) => message.Parser.ParseFrom(ByteString.Empty);

    // The first is the one that a list is filled with.
    private static IEnumerable<(string What, object Value, bool IsForbidden)> ValuesOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.String => [("", "x", false), .. forbidden.Select(text => (text.What, (object)text.Value, true))],
        FieldType.Bytes => [("", ByteString.CopyFrom(1), false), ("endless", ByteString.CopyFrom(new byte[900_000]), field.Name != "data")],
        FieldType.Enum =>
        [
            ("unknown", System.Enum.ToObject(field.EnumType.ClrType, 999), false),
            ("negative", System.Enum.ToObject(field.EnumType.ClrType, -1), false),
        ],
        FieldType.Bool => [("true", true, false)],
        FieldType.Int32 => [("largest", int.MaxValue, false), ("smallest", int.MinValue, false)],
        FieldType.Int64 => [("largest", long.MaxValue, false), ("smallest", long.MinValue, false)],
        FieldType.UInt64 or FieldType.Fixed64 => [("largest", ulong.MaxValue, false)],
        FieldType.UInt32 or FieldType.Fixed32 => [("largest", uint.MaxValue, false)],
        FieldType.Message => [("", New(field.MessageType), false)],
        _ => throw new NotSupportedException($"{field.FullName} is {field.FieldType}: say what is hostile for it."),
    };
}
