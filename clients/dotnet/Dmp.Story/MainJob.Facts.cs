using System.Diagnostics;
using Dmp.Facts.V1;

namespace Dmp.Story;

/// <summary>What the documents state, without opening one.</summary>
internal sealed partial class MainJob
{
    private const int ShownMax = 6;

    private static readonly TimeSpan readingLimit = TimeSpan.FromSeconds(30);

    private async Task AskWhatTheyStateAsync(CancellationToken ct)
    {
        var begin = Stopwatch.GetTimestamp();
        List<DocumentFacts> stated;
        while ((stated = await ListFactsAsync(ct)).Exists(document => document.State == DocumentFactsState.Waiting)
            && Stopwatch.GetElapsedTime(begin) < readingLimit)
        {
            await Task.Delay(100, ct);
        }

        checks.That(
            "soon after they came the platform tells what they state",
            stated.TrueForAll(document => document.State is DocumentFactsState.Read or DocumentFactsState.NotStructured),
            "all read",
            string.Join(", ", stated.Select(document => document.State).Distinct()));
        var facts = stated.SelectMany(document => document.Facts).ToList();
        foreach (var fact in facts.Take(ShownMax))
        {
            Screen.Line(fact.KindCase switch
            {
                Fact.KindOneofCase.Medication => $"{fact.Medication.Role}: {fact.Medication.Name}",
                Fact.KindOneofCase.Observation => $"{fact.Observation.Code?.Display}: {Of(fact.Observation)}",
                _ => $"{fact.KindCase}: {fact.Text}",
            });
        }

        Screen.Line($"{facts.Count} statements of {stated.Count(document => document.State == DocumentFactsState.Read)} documents in all");
    }

    private static string Of(Observation observation) => string.Join(
        ", ", observation.Values.Select(value => $"{value.Quantity?.Low?.Value} {value.Quantity?.Low?.Unit}{value.Code?.Display}".Trim()));

    private async Task<List<DocumentFacts>> ListFactsAsync(CancellationToken ct)
    {
        List<DocumentFacts> stated = [];
        await foreach (var document in Physician.Client.ListFactsAsync(
            new ListFactsRequest { RecordId = recordId, Kinds = { FactKind.Medication, FactKind.Observation } }, ct))
        {
            stated.Add(document);
        }

        return stated;
    }
}
