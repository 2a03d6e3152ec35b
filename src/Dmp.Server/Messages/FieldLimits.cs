using Dmp.Annotations.V1;
using Google.Protobuf.Reflection;

namespace Dmp.Server.Messages;

/// <summary>How much one field of a request may hold, from its <c>(dmp.annotations.v1.limits)</c>.</summary>
internal sealed record FieldLimits
{
    /// <summary>The most characters of a path in a field mask, which is no message of ours.</summary>
    private const int MaskPathCharactersMax = 64;

    public required FieldDescriptor Field { get; init; }

    /// <summary>Its place in the counts of its message.</summary>
    public required int Slot { get; init; }

    /// <summary>0 for a field that is no list.</summary>
    public int ItemsMax { get; private init; }

    public int CharactersMax { get; private init; }

    public int BytesMax { get; private init; }

    public TextKind Text { get; private init; }

    /// <summary>What its message, or each of them, may hold.</summary>
    public MessageLimits? Message { get; private init; }

    public static FieldLimits Of(FieldDescriptor field, int slot, Limits? ofMask)
    {
        var limits = field.GetOptions()?.GetExtension(AnnotationsExtensions.Limits);
        var isMask = field.FieldType == FieldType.Message && field.MessageType.FullName == "google.protobuf.FieldMask";
        if (ofMask is not null)
        {
            limits = new Limits { MaxItems = ofMask.MaxItems, MaxCharacters = MaskPathCharactersMax };
        }

        return new FieldLimits
        {
            Field = field,
            Slot = slot,
            ItemsMax = field.IsRepeated ? Required(limits?.MaxItems ?? 0, field) : 0,
            CharactersMax = limits?.MaxCharacters is > 0 and var characters ? characters : Errors.TextRules.CharactersDefault,
            BytesMax = field.FieldType == FieldType.Bytes ? Required(limits?.MaxBytes ?? 0, field) : 0,
            Text = limits?.Text is null or TextKind.Unspecified ? TextKind.Identifier : limits.Text,
            Message = field.FieldType != FieldType.Message ? null
                : isMask ? MessageLimits.OfMask(field.MessageType, limits ?? new Limits())
                : MessageLimits.Of(field.MessageType),
        };
    }

    // A field without a limit stops the server at start, as a method without a rule does.
    private static int Required(int limit, FieldDescriptor field) => limit > 0 ? limit
        : throw new InvalidOperationException($"{field.FullName} can be sent in a request and has no (dmp.annotations.v1.limits).");
}
