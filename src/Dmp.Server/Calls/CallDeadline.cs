using Grpc.Core;

namespace Dmp.Server.Calls;

/// <summary>The time by which the caller wants its answer.</summary>
internal static class CallDeadline
{
    /// <summary>It has passed: the framework completes the answer, or has done so.</summary>
    public static bool HasPassed(ServerCallContext context) =>
        context.Deadline < DateTime.MaxValue && context.Deadline <= TimeProvider.System.GetUtcNow().UtcDateTime;
}
