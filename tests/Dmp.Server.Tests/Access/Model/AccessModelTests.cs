using System.Collections.Concurrent;
using System.Globalization;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Access.Model;

/// <summary>
/// Random lives of records: grants, blocks, masks, replacements, emergencies, teams, rules, birthdays and closings, each followed by
/// reads, against a model of the rules. <c>DMP_MODEL_SEQUENCES</c> says how many, <c>DMP_MODEL_SEED</c> where to begin.
/// </summary>
public sealed class AccessModelTests(Platform platform, ITestOutputHelper output)
{
    private const int SequencesByDefault = 10;
    private const int SeedByDefault = 1;
    private const int Length = 40;

    [Fact]
    public async Task The_server_and_the_model_agree()
    {
        var (sequences, seed) = (Drill.Setting("DMP_MODEL_SEQUENCES", SequencesByDefault), Drill.Setting("DMP_MODEL_SEED", SeedByDefault));
        var differences = new ConcurrentBag<string>();
        var steps = 0;
        await Parallel.ForEachAsync(Enumerable.Range(seed, sequences), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (one, _) =>
        {
            var (difference, taken) = await AccessModelRun.RunAsync(platform, one, Length);
            Interlocked.Add(ref steps, taken);
            if (difference is not null)
            {
                differences.Add(difference);
            }
        });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sequences} sequences from seed {seed}: {steps} calls compared"));
        Assert.True(differences.IsEmpty, string.Join('\n', differences));
        Assert.True(steps > sequences * Length, "too few calls were compared");
    }
}
