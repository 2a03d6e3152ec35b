using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Medications;

/// <summary>Times as the contract has them.</summary>
internal static class ProtoTimes
{
    public static Timestamp ToProto(this DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);
}
