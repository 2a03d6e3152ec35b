using System.Diagnostics;
using System.Globalization;
using Dmp.Interactions;
using Dmp.Interactions.Checks;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;

namespace Dmp.Benchmarks;

/// <summary>
/// A check of 20 medicines over whole editions, beside each pair of them compared with each rule by the names that they have. Needs the
/// published files: <c>reference/ansm</c> and <c>reference/bdpm-2026</c> in ../shared or DMP_SHARED.
/// </summary>
internal static class InteractionBenchmark
{
    private const int Medicines = 20;

    private static int Questions => Effort.Of(2_000, 20);

    public static void Run()
    {
        var shared = Environment.GetEnvironmentVariable("DMP_SHARED") ?? Path.Combine("..", "shared");
        var thesaurusFile = Path.Combine(shared, "reference", "ansm", "thesaurus_2023-09.layout.txt");
        if (!File.Exists(thesaurusFile))
        {
            Console.WriteLine($"interactions: skipped, there is no {thesaurusFile}");
            return;
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var begin = Stopwatch.GetTimestamp();
        var thesaurus = TextThesaurus.Read("2023-09", PublishedFile.At(thesaurusFile)).Thesaurus;
        var table = BdpmFiles.Read("2026-05", PublishedFile.In(Path.Combine(shared, "reference", "bdpm-2026"))).Table;
        var checker = new InteractionChecker(thesaurus, table);
        var loading = Stopwatch.GetElapsedTime(begin);
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;

        var marketed = table.ByCis.Values.Where(medicine => medicine is { IsMarketed: true, IsHomeopathic: false }).ToList();
        var random = new Random(20);
        var questions = Enumerable.Range(0, Questions)
            .Select(_ => Enumerable.Range(0, Medicines).Select(_ => marketed[random.Next(marketed.Count)]).ToList())
            .Select(question => (Medicines: question, Substances: question.Select(medicine => KeysOf(checker, medicine)).ToList()))
            .ToList();
        foreach (var (question, substances) in questions.Take(Questions / 10))
        {
            Check(checker, question);
            Compare(thesaurus, substances);
        }

        var (ours, floor, findings) = (new List<double>(), new List<double>(), 0);
        foreach (var (question, substances) in questions)
        {
            begin = Stopwatch.GetTimestamp();
            findings += Check(checker, question);
            ours.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            begin = Stopwatch.GetTimestamp();
            Compare(thesaurus, substances);
            floor.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        ours.Sort();
        floor.Sort();
        var (median, least) = (ours[ours.Count / 2], floor[floor.Count / 2]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"interactions, {Medicines} medicines: p50 {median:F2} ms, p99 {ours[ours.Count * 99 / 100]:F2} ms (wanted 5)"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"interactions, each pair with each rule: p50 {least:F2} ms, ratio {median / least:F3}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"interactions, findings of one question: {findings / (double)Questions:F1}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"interactions, loaded in {loading.TotalSeconds:F1} s, {held / 1048576d:F0} MiB (wanted 100)"));
    }

    private static int Check(InteractionChecker checker, List<Medicine> question) =>
        checker.Check([.. question.Select(medicine => new CheckItem { ProductCode = medicine.Cis })])
            .Pairs.Sum(pair => pair.Findings.Count);

    private static List<string> KeysOf(InteractionChecker checker, Medicine medicine) =>
        [.. checker.Map(medicine).Select(mapping => mapping.Key).OfType<string>()];

    /// <summary>What a program without an index does, once it has the names.</summary>
    private static int Compare(Thesaurus thesaurus, List<List<string>> substances)
    {
        var found = 0;
        for (var first = 0; first < substances.Count; first++)
        {
            for (var second = first + 1; second < substances.Count; second++)
            {
                foreach (var rule in thesaurus.Rules)
                {
                    if ((Meets(rule.First, first) && Meets(rule.Second, second))
                        || (Meets(rule.Second, first) && Meets(rule.First, second)))
                    {
                        found++;
                    }
                }
            }
        }

        return found;

        bool Meets(RuleEnd end, int item) => substances[item].Any(end.Members.Contains);
    }
}
