using System.Collections;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;

namespace Dmp.Server.Errors;

/// <summary>What was wrong with a field of a message as it came: the way to it and what is expected there.</summary>
internal sealed record MessageFault((FieldDescriptor Field, int Index)[] Way, string Description)
{
    /// <summary>The path of the field from the message at <paramref name="from"/> of the way, as <c>a.b[3].c</c>.</summary>
    public string PathFrom(int from) =>
        string.Join('.', Way.Skip(from).Select(step => step.Index < 0 ? step.Field.Name : $"{step.Field.Name}[{step.Index}]"));
}

/// <summary>
/// What a message could not hold and therefore does not hold. It is told with the message it belongs to and with each message around it, so
/// that whoever checks one of them (<see cref="Errors.FieldFaults.Of"/>) tells it under the path that a caller knows.
/// </summary>
internal static class MessageFaults
{
    private static readonly ConditionalWeakTable<IMessage, List<BadRequest.Types.FieldViolation>> known = [];

    public static IReadOnlyList<BadRequest.Types.FieldViolation> Of(IMessage message) =>
        known.TryGetValue(message, out var faults) ? faults : [];

    /// <summary>Keeps the faults of a message that came, for as long as the message is there.</summary>
    public static void Keep(IMessage message, IEnumerable<MessageFault> faults)
    {
        foreach (var fault in faults)
        {
            var holder = message;
            for (var step = 0; step < fault.Way.Length && holder is not null; step++)
            {
                known.GetOrCreateValue(holder).Add(new BadRequest.Types.FieldViolation
                {
                    Field = fault.PathFrom(step),
                    Description = fault.Description,
                });
                holder = Next(holder, fault.Way[step]);
            }
        }
    }

    private static IMessage? Next(IMessage holder, (FieldDescriptor Field, int Index) step) => step.Field.Accessor.GetValue(holder) switch
    {
        IMessage inner => inner,
        IList items when step.Index >= 0 && step.Index < items.Count => items[step.Index] as IMessage,
        _ => null,
    };
}
