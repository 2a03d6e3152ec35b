using System.Text.RegularExpressions;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Server.Tests.Architecture;

/// <summary>Tests wait for conditions, by <c>Waiting</c>: a pause is too short on a busy machine or too long on a quiet one.</summary>
public sealed partial class WaitingTests
{
    // What pauses itself: the wait for a condition, clients between two attempts, a server that keeps others waiting, a slow line, a slow
    // reader.
    private static readonly string[] pausing =
    [
        "tests/Dmp.Benchmarks/DelayLine.cs",
        "tests/Dmp.Server.Tests/Delegations/MajorityTests.cs",
        "tests/Dmp.Server.Tests/Fixtures/ServerProcess.cs",
        "tests/Dmp.Server.Tests/Fixtures/Waiting.cs",
        "tests/Dmp.Server.Tests/Notices/NoNoticeIsLostTests.cs",
        "tests/Dmp.Server.Tests/Resilience/Chaos/ChaosSubscriber.cs",
        "tests/Dmp.Server.Tests/Resilience/Chaos/Patience.cs",
    ];

    [Fact]
    public void No_test_waits_by_the_clock() =>
        Assert.Equal(pausing, Repository.Files("tests", "*.cs").Where(path => Pause().IsMatch(Repository.Read(path))));

    [GeneratedRegex(@"Task\.Delay\(|Thread\.Sleep\(|PassedAsync\(DateTimeOffset\.UtcNow")]
    private static partial Regex Pause();
}
