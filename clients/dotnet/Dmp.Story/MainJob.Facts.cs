using System.Diagnostics;
using Dmp.Codes.V1;
using Dmp.Facts.V1;
using Dmp.Interactions.V1;
using Dmp.Search.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Story;

/// <summary>What the documents state, without opening one.</summary>
internal sealed partial class MainJob
{
    private const int ShownMax = 6;
    private const int CodesMax = 500;

    /// <summary>COUMADINE 5 mg, by its code CIS.</summary>
    private const string Coumadine = "63245753";

    private static readonly TimeSpan readingLimit = TimeSpan.FromSeconds(30);

    private async Task AskWhatTheyStateAsync(CancellationToken ct)
    {
        var stated = await ListReadFactsAsync(ct);
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
                Fact.KindOneofCase.Medication => $"{fact.Medication.Role}: {NameOf(fact.Medication)}",
                Fact.KindOneofCase.Observation => $"{fact.Observation.Code?.Display}: {Of(fact.Observation)}",
                _ => $"{fact.KindCase}: {fact.Text}",
            });
        }

        await NameCodesAsync(facts, ct);
        Screen.Line($"{facts.Count} statements of {stated.Count(document => document.State == DocumentFactsState.Read)} documents in all");
    }

    /// <summary>What documents state, once nothing of it waits.</summary>
    private async Task<List<DocumentFacts>> ListReadFactsAsync(CancellationToken ct)
    {
        var begin = Stopwatch.GetTimestamp();
        List<DocumentFacts> stated;
        while ((stated = await ListFactsAsync(ct)).Exists(document => document.State == DocumentFactsState.Waiting)
            && Stopwatch.GetElapsedTime(begin) < readingLimit)
        {
            await Task.Delay(100, ct);
        }

        return stated;
    }

    /// <summary>What the codes of the results mean, by the code systems that the operator put in force.</summary>
    private async Task NameCodesAsync(List<Fact> facts, CancellationToken ct)
    {
        var queries = facts.Select(fact => fact.Observation?.Code)
            .Where(code => code is { Code.Length: > 0, System.Length: > 0 })
            .Select(code => new CodeQuery { ListOid = code!.System, Code = code.Code })
            .Distinct()
            .Take(CodesMax)
            .ToList();
        if (queries.Count == 0)
        {
            return;
        }

        var answer = await Physician.Client.LookupCodesAsync(new LookupCodesRequest { Codes = { queries } }, ct);
        checks.That(
            "every code that is looked up has an answer, and each list names its edition",
            answer.Results.Count == queries.Count && answer.Results.All(result => result.Outcome != LookupOutcome.Unspecified)
                && answer.Lists.All(list => list.Edition.Name.Length > 0),
            "every code",
            $"{answer.Results.Count} of {queries.Count}");
        foreach (var concept in answer.Results.SelectMany(result => result.Concepts).Take(ShownMax / 2))
        {
            Screen.Line($"{concept.Code} is {concept.Display}");
        }
    }

    /// <summary>The physician means to prescribe an anticoagulant, and asks which published rules it meets.</summary>
    private async Task AskForInteractionsAsync(CancellationToken ct)
    {
        var answer = await Physician.Client.CheckRecordInteractionsAsync(
            new CheckRecordInteractionsRequest
            {
                RecordId = recordId,
                Proposed = { new Medicine { ProductCode = Coumadine } },
                StatedFrom = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddYears(-20)),
            },
            ct);
        var (medicines, pairs) = (answer.Report.Medicines, answer.Report.Pairs);
        checks.That(
            "what is proposed is checked with what documents state, and every pair has an answer",
            medicines.Count > 1 && pairs.Count == medicines.Count * (medicines.Count - 1) / 2
                && pairs.All(pair => pair.Outcome != CheckOutcome.Unspecified),
            "every pair",
            $"{pairs.Count} of {medicines.Count} medicines");
        foreach (var pair in pairs.Where(pair => pair.First == 0))
        {
            var levels = answer.Report.Rules.Where(rule => pair.Findings.Any(finding => finding.RuleId == rule.RuleId))
                .SelectMany(rule => rule.Severities)
                .Select(severity => severity.Level.ToString());
            Screen.Line($"{NameOf(medicines[0])} with {NameOf(medicines[pair.Second])}: "
                + string.Join(", ", levels.DefaultIfEmpty(pair.Outcome.ToString())));
        }

        Screen.Line($"rules of the edition {answer.Report.Thesaurus.Name}: reference information, no advice");
    }

    /// <summary>The physician looks for a word of a title instead of opening every document.</summary>
    private async Task FindWordsAsync(CancellationToken ct)
    {
        var wanted = documents.Find(document => !document.Stored!.Metadata.MediaType.StartsWith("image/", StringComparison.Ordinal));
        var word = wanted?.Stored!.Metadata.Title.Split(' ', '\'', '’').MaxBy(one => one.Length) ?? "introuvable";
        var answer = await Physician.Client.SearchContentAsync(
            new SearchContentRequest { RecordId = recordId, Text = $"\"{word}\"", HitsMax = 100 }, ct);
        checks.That(
            "a search in the words of the documents finds those that have them",
            wanted is null || answer.Hits.Any(hit => hit.DocumentId == wanted.Stored!.DocumentId) || answer.FoundCount > answer.Hits.Count,
            "found",
            $"{answer.FoundCount} of {answer.Documents.Searched}");
        foreach (var hit in answer.Hits.Take(ShownMax / 2))
        {
            Screen.Line($"{hit.Title}: {hit.Snippet.ReplaceLineEndings(" ")}");
        }

        Screen.Line($"\"{word}\" stands in {answer.FoundCount} of {answer.Documents.Searched} documents with words");
    }

    /// <summary>By its name, or by its code: a FHIR document may have the one or the other.</summary>
    private static string NameOf(Medication medication) =>
        medication.Name.Length > 0 ? medication.Name : medication.Codes.FirstOrDefault()?.Display ?? medication.ProductText;

    private static string NameOf(CheckedMedicine medicine) =>
        medicine.Name.Length > 0 ? medicine.Name : medicine.Medicine.SubstanceName;

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
