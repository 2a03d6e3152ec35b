using System.Buffers.Binary;

namespace Dmp.Server.Audit;

/// <summary>Event ids carry their time, and the trace is divided by them (ADR 0011): a time is a range of ids.</summary>
internal static class EventIds
{
    /// <summary>The greatest of all.</summary>
    public static readonly Guid Last = Guid.AllBitsSet;

    /// <summary>The least id of the millisecond of a time.</summary>
    public static Guid Least(DateTimeOffset time)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, Math.Max(0, time.ToUnixTimeMilliseconds()) << 16);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>
    /// The least id that an event of a call can have. The id of the call carries when it began; an hour is left for a clock that was set
    /// back meanwhile.
    /// </summary>
    public static Guid LeastOfCall(Guid serverRequestId)
    {
        Span<byte> bytes = stackalloc byte[16];
        serverRequestId.TryWriteBytes(bytes, bigEndian: true, out _);
        return serverRequestId.Version == 7
            ? Least(DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16).AddHours(-1))
            : Guid.Empty;
    }

    /// <summary>The ids of events at or after <paramref name="from"/>, before <paramref name="to"/>; both ends belong to it.</summary>
    public static (Guid First, Guid Last) Between(DateTimeOffset? from, DateTimeOffset? to) => (
        from is { } begin ? Least(begin) : Guid.Empty,
        // The millisecond in which it ends belongs to it: the statement compares times too.
        to is { } end && end < DateTimeOffset.MaxValue.AddMilliseconds(-1) ? Least(end.AddMilliseconds(1)) : Last);
}
