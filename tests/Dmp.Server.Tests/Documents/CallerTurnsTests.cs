using Dmp.Server.Calls;
using Dmp.Server.Intake;
using NpgsqlTypes;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>Calls share a turn when every answer is the same for their callers, and only then.</summary>
public sealed class CallerTurnsTests
{
    private static readonly Caller physician = new()
    {
        Kind = CallerKind.Professional,
        Subject = "s",
        ProfessionalId = "810001234567",
        StructureId = "1750000018",
        SpecialtyCode = "SM26",
    };

    private readonly CallerTurns<string> turns = new();
    private readonly TaskCompletionSource served = new();

    public static TheoryData<string, bool> Others => new()
    {
        { "the same", true },
        { "another moment of the same database", true },
        { "an occupational physician by another token", false },
        { "another structure", false },
        { "another kind", false },
        { "another database", false },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Who_comes_while_others_are_served_shares_the_next_turn_with_the_same_caller(string who, bool isShared)
    {
        var caller = physician with { HasSeen = new DatabasePosition(1, new NpgsqlLogSequenceNumber(10)) };
        var other = who switch
        {
            "the same" => caller,
            "another moment of the same database" => caller with { HasSeen = new DatabasePosition(1, new NpgsqlLogSequenceNumber(20)) },
            "an occupational physician by another token" => caller with { SpecialtyCode = "SM25" },
            "another structure" => caller with { StructureId = "1750000026" },
            "another kind" => caller with { Kind = CallerKind.Structure },
            _ => caller with { HasSeen = new DatabasePosition(2, new NpgsqlLogSequenceNumber(10)) },
        };
        List<string> seen = [];
        Task ServeAsync(IReadOnlyList<string> items)
        {
            lock (seen)
            {
                seen.Add(string.Join(' ', items));
            }

            return served.Task;
        }

        // Two turns are under way; what comes then waits for the third.
        Task[] calls =
        [
            turns.ServeAsync(caller, "1", ServeAsync), turns.ServeAsync(caller, "2", ServeAsync),
            turns.ServeAsync(caller, "3", ServeAsync), turns.ServeAsync(other, "4", ServeAsync),
        ];
        served.SetResult();
        await Task.WhenAll(calls);

        Assert.Equal(isShared ? ["1", "2", "3 4"] : ["1", "2", "3", "4"], seen.Order());
    }
}
