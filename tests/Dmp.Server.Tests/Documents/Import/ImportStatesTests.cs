using Dmp.Server.Intake;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Server.Tests.Documents.Import;

/// <summary>What is legal in which state of an item of an import.</summary>
public sealed class ImportStatesTests
{
    public static TheoryData<string> States => [.. Enum.GetNames<ImportState>()];

    [Fact]
    public void The_decision_names_every_state_and_event()
    {
        Assert.Equal(Enum.GetNames<ImportState>().Order(), Table.Keys.Order());
        Assert.All(Table.Values, row => Assert.Equal(Enum.GetNames<ImportEvent>().Order(), row.Keys.Order()));
    }

    [Theory]
    [MemberData(nameof(States))]
    public void Each_event_leads_where_the_decision_says(string name)
    {
        var state = Enum.Parse<ImportState>(name);
        foreach (var (told, next) in Table[name])
        {
            var happening = Enum.Parse<ImportEvent>(told);
            if (next.Length == 0)
            {
                Assert.Throws<InvalidOperationException>(() => ImportStates.Next(state, happening));
            }
            else
            {
                Assert.Equal(next == "=" ? name : next, ImportStates.Next(state, happening).ToString());
            }
        }
    }

    [Theory]
    [MemberData(nameof(States))]
    public void Each_state_is_reached_leads_to_the_end_and_has_no_way_back(string name)
    {
        var state = Enum.Parse<ImportState>(name);
        Assert.Contains(state, From(ImportState.Asked).Union(From(ImportState.Gathering)));
        Assert.Contains(ImportState.Closed, From(state));

        // Only pieces come and go.
        ImportState[] back = [ImportState.Arriving, ImportState.Writing];
        Assert.All(
            Nexts(state).Where(next => From(next).Contains(state)), next => Assert.True(back.Contains(state) && back.Contains(next)));
        Assert.True(!state.IsWhole() || From(state).All(next => next.IsWhole()), "What is whole stays whole.");
        Assert.True(!state.IsSettled() || From(state).All(next => next.IsSettled()), "What is settled stays settled.");
    }

    /// <summary>The table of the decision: by state and event, what follows.</summary>
    private static Dictionary<string, Dictionary<string, string>> Table { get; } = Read();

    private static Dictionary<string, Dictionary<string, string>> Read()
    {
        var rows = Repository.Read("docs/adr/0035-states-of-an-item-of-an-import.md").Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(line => line.Split('|')[1..^1].Select(cell => cell.Trim()).ToArray())
            .ToList();
        return rows[1..].ToDictionary(row => row[0], row => rows[0][1..].Zip(row[1..]).ToDictionary(cell => cell.First,
            cell => cell.Second));
    }

    private static IEnumerable<ImportState> Nexts(ImportState state) => Table[state.ToString()].Values
        .Where(next => next is not ("" or "="))
        .Select(Enum.Parse<ImportState>);

    private static HashSet<ImportState> From(ImportState first)
    {
        HashSet<ImportState> reached = [first];
        var open = new Queue<ImportState>([first]);
        while (open.TryDequeue(out var state))
        {
            foreach (var next in Nexts(state).Where(reached.Add))
            {
                open.Enqueue(next);
            }
        }

        return reached;
    }
}
