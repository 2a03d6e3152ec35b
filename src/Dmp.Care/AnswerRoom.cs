using Google.Protobuf;

namespace Dmp.Care;

/// <summary>How much of an answer there is room for: nobody can make one unreadable with documents of long words.</summary>
internal static class AnswerRoom
{
    /// <summary>Most bytes of an answer, below what clients of gRPC take by default.</summary>
    public const int BytesMax = 3 * 1024 * 1024;

    // In a list each message has a tag and a length.
    private const int FrameBytes = 6;

    /// <summary>The first messages for which there is room; one that is too large is passed over.</summary>
    /// <param name="messages">What there is, the most important first.</param>
    /// <param name="most">Most messages.</param>
    /// <param name="bytes">Most bytes.</param>
    public static IReadOnlyList<T> First<T>(IEnumerable<T> messages, int most, int bytes)
        where T : IMessage
    {
        List<T> fitting = [];
        foreach (var message in messages)
        {
            var size = message.CalculateSize() + FrameBytes;
            if (size > bytes)
            {
                continue;
            }

            bytes -= size;
            fitting.Add(message);
            if (fitting.Count == most)
            {
                break;
            }
        }

        return fitting;
    }

    /// <summary>The last of messages that stand oldest first, without a gap, as far as there is room.</summary>
    /// <param name="messages">What there is.</param>
    /// <param name="bytes">Most bytes; what is taken is subtracted.</param>
    public static IReadOnlyList<T> NewestOf<T>(IReadOnlyList<T> messages, ref int bytes)
        where T : IMessage
    {
        var first = messages.Count;
        while (first > 0 && messages[first - 1].CalculateSize() + FrameBytes is var size && size <= bytes)
        {
            bytes -= size;
            first--;
        }

        return [.. messages.Skip(first)];
    }
}
