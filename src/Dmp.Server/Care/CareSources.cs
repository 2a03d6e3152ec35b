using Dmp.Care.V1;
using Dmp.Server.Calls;
using Dmp.Server.Facts;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Dmp.Server.Care;

/// <summary>Which documents an answer tells.</summary>
internal static class CareSources
{
    /// <summary>In the order of the reading: every document that a <see cref="Source"/> in the answer names, at any depth.</summary>
    public static IReadOnlyList<TracedDocument> TracedOf(RecordReading reading, params IEnumerable<IMessage> answers)
    {
        HashSet<string> told = new(StringComparer.Ordinal);
        foreach (var answer in answers)
        {
            Gather(answer, told);
        }

        return
        [
            .. reading.Stating.Select(one => one.Row)
                .Concat(reading.Others.Select(one => one.Row))
                .Where(row => told.Contains(row.DocumentId.ToString()))
                .Select(row => row.Traced),
        ];
    }

    private static void Gather(IMessage message, HashSet<string> told)
    {
        if (message is Source source)
        {
            told.Add(source.DocumentId);
            return;
        }

        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message))
        {
            switch (field.Accessor.GetValue(message))
            {
                case IMessage one:
                    Gather(one, told);
                    break;
                case System.Collections.IList list:
                    foreach (var item in list)
                    {
                        Gather((IMessage)item, told);
                    }

                    break;
                default:
                    break;
            }
        }
    }
}
