using System.Collections;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using TextKind = Dmp.Annotations.V1.TextKind;

namespace Dmp.Server.Messages;

/// <summary>
/// How every message of every request is read, of unary calls and of streams: bounded before anything is made of it. What it may not hold
/// is left out and kept as a fault (<see cref="MessageFaults"/>), fields that the contract does not know are dropped, and global
/// identifiers are in their one form.
/// </summary>
internal static class BoundMarshaller
{
    /// <summary>The marshaller of a request; of a message that is not ours, as it is.</summary>
    public static Marshaller<T> Of<T>(Marshaller<T> marshaller)
        where T : class
    {
        if (Activator.CreateInstance<T>() is not IMessage { Descriptor: { } message }
            || !message.FullName.StartsWith("dmp.", StringComparison.Ordinal))
        {
            return marshaller;
        }

        var limits = MessageLimits.Of(message);
        var parser = message.Parser.WithDiscardUnknownFields(true);
        return new Marshaller<T>(marshaller.ContextualSerializer, context => (T)Read(context, limits, parser));
    }

    private static IMessage Read(DeserializationContext context, MessageLimits limits, MessageParser parser)
    {
        var bytes = context.PayloadAsReadOnlySequence();
        try
        {
            var faults = MessageScan.Faults(bytes, limits);
            var message = faults.Count == 0 ? parser.ParseFrom(bytes) : parser.ParseFrom(MessageScan.Good(bytes, limits).Span);
            MessageFaults.Keep(message, faults);
            WriteUniqueIds(message, limits);
            return message;
        }
        catch (Exception e) when (e is MalformedMessageException or InvalidProtocolBufferException)
        {
            throw Failures.Of(ErrorReason.MessageMalformed);
        }
    }

    private static void WriteUniqueIds(IMessage message, MessageLimits limits)
    {
        if (!limits.HasUniqueIds)
        {
            return;
        }

        foreach (var limit in limits.Fields)
        {
            var value = limit is { Text: TextKind.UniqueId, Field.FieldType: FieldType.String } || limit.Message?.HasUniqueIds == true
                ? limit.Field.Accessor.GetValue(message)
                : null;
            switch (value)
            {
                case string id:
                    limit.Field.Accessor.SetValue(message, UniqueIds.Canonical(id));
                    break;
                case IMessage inner:
                    WriteUniqueIds(inner, limit.Message!);
                    break;
                case IList items:
                    foreach (var item in items.OfType<IMessage>())
                    {
                        WriteUniqueIds(item, limit.Message!);
                    }

                    break;
            }
        }
    }
}
