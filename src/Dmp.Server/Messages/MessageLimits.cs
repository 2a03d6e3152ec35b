using System.Collections.Concurrent;
using Dmp.Annotations.V1;
using Google.Protobuf.Reflection;

namespace Dmp.Server.Messages;

/// <summary>How much a message of a request may hold. Read from the contract once, at start.</summary>
internal sealed class MessageLimits
{
    private static readonly ConcurrentDictionary<MessageDescriptor, MessageLimits> known = new();

    private readonly FieldLimits?[] byNumber;

    private MessageLimits(MessageDescriptor message, Limits? ofMask = null)
    {
        Message = message;
        Fields = [.. message.Fields.InFieldNumberOrder().Select((field, slot) => FieldLimits.Of(field, slot, ofMask))];
        byNumber = new FieldLimits?[Fields.Count == 0 ? 1 : Fields.Max(limits => limits.Field.FieldNumber) + 1];
        foreach (var limits in Fields)
        {
            byNumber[limits.Field.FieldNumber] = limits;
        }

        HasUniqueIds = Fields.Any(limits => limits.Text == TextKind.UniqueId || limits.Message?.HasUniqueIds == true);
    }

    public MessageDescriptor Message { get; }

    public IReadOnlyList<FieldLimits> Fields { get; }

    /// <summary>It, or a message in it, names documents or sets by global identifiers.</summary>
    public bool HasUniqueIds { get; }

    /// <summary>A message of the contract. No request holds a message of its own type, which would never end.</summary>
    public static MessageLimits Of(MessageDescriptor message) =>
        known.TryGetValue(message, out var limits) ? limits : known.GetOrAdd(message, new MessageLimits(message));

    /// <summary>A field mask, whose list is bounded by the field that holds it.</summary>
    public static MessageLimits OfMask(MessageDescriptor message, Limits limits) => new(message, limits);

    public FieldLimits? Find(int number) => (uint)number < (uint)byNumber.Length ? byNumber[number] : null;
}
