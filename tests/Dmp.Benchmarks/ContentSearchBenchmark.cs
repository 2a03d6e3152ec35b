using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Dmp.Search.Index;
using Dmp.Search.Queries;
using Dmp.Search.Synonyms;
using Dmp.Search.Text;

namespace Dmp.Benchmarks;

/// <summary>
/// Questions to the text of a record of 500 documents, from sealed bytes to marked snippets, beside opening the same bytes: what none can
/// do without. The documents are made of sections of the published ones: <c>samples/cda</c> in ../shared or DMP_SHARED.
/// </summary>
internal static class ContentSearchBenchmark
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private static readonly string[] fixedQuestions =
    [
        "HTA", "infarctus du myocarde", "AVK", "pénicilline", "\"pas de\"", "12,5 mg", "traitement -insuline", "douleur thoracique",
        "de", "mg", "compte rendu d'imagerie", "hypertension artérielle diabète", "glycémie mmol/L",
    ];

    private static int Documents => Effort.Of(500, 20);

    private static int Questions => Effort.Of(1_000, 30);

    public static void Run()
    {
        var folder = Path.Combine(Environment.GetEnvironmentVariable("DMP_SHARED") ?? Path.Combine("..", "shared"), "samples", "cda");
        if (!Directory.Exists(folder))
        {
            Console.WriteLine($"content search: skipped, there is no {folder}");
            return;
        }

        foreach (var others in (int[])[1, 20])
        {
            Run(folder, others);
        }
    }

    /// <summary>Documents of a usual length, and such as long PDFs are.</summary>
    private static void Run(string folder, int others)
    {
        var random = new Random(20);
        var texts = Texts(folder, others, random);
        var blocks = Write(texts);
        var begin = Stopwatch.GetTimestamp();
        Write(texts);
        var written = Stopwatch.GetElapsedTime(begin);
        var chars = texts.Sum(text => text.Sections.Sum(section => (long)section.Text.Length + section.Title.Length));
        var bytes = blocks.Sum(block => (long)block.Length);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"content search: {Documents} documents, {chars / 1000} thousand characters, {bytes / 1000} KB of blocks "
            + $"({(double)bytes / chars:F2} a character), written in {written.TotalMilliseconds / Documents:F2} ms each"));
        Measure(blocks, Asked(texts, random));
    }

    private static List<byte[]> Write(List<DocumentText> texts) =>
        texts.ConvertAll(text => DocumentIndex.Write(new IndexedDocument("Document", text)));

    private static void Measure(List<byte[]> blocks, List<SearchQuery> questions)
    {
        using var aes = new AesGcm(RandomNumberGenerator.GetBytes(32), TagBytes);
        var nonce = new byte[NonceBytes];
        var sealedBlocks = blocks.ConvertAll(block =>
        {
            var (packed, tag) = (new byte[block.Length], new byte[TagBytes]);
            aes.Encrypt(nonce, block, packed, tag);
            return (Bytes: packed, Tag: tag);
        });
        var opened = blocks.ConvertAll(block => new byte[block.Length]);
        var (whole, floor, hits) = (new List<double>(), new List<double>(), 0L);
        for (var round = -questions.Count; round < questions.Count; round++)
        {
            // All are asked once before they are measured: what the compiler does first is of no server that has run for a minute.
            var question = questions[round < 0 ? round + questions.Count : round];
            var begin = Stopwatch.GetTimestamp();
            for (var i = 0; i < opened.Count; i++)
            {
                aes.Decrypt(nonce, sealedBlocks[i].Bytes, sealedBlocks[i].Tag, opened[i]);
            }

            var open = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            var answer = RecordSearch.Run(
                question,
                opened.Select((block, i) => new SearchBlock(i.ToString(CultureInfo.InvariantCulture), DateTimeOffset.UnixEpoch, block)));
            if (round >= 0)
            {
                floor.Add(open);
                whole.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
                hits += answer.Count;
            }
        }

        whole.Sort();
        floor.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"content search, opened and asked: p50 {At(whole, 50):F2} ms, p99 {At(whole, 99):F2} ms (wanted 50), "
            + $"{hits / (double)questions.Count:F0} documents found"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"content search, opened alone: p50 {At(floor, 50):F2} ms, p99 {At(floor, 99):F2} ms, "
            + $"ratio {At(whole, 50) / At(floor, 50):F1}"));
    }

    private static double At(List<double> sorted, int percent) => sorted[sorted.Count * percent / 100];

    /// <summary>The sections of one document, some of them left out, and some of others.</summary>
    private static List<DocumentText> Texts(string folder, int others, Random random)
    {
        var samples = Directory.EnumerateFiles(folder, "*.xml").Order(StringComparer.Ordinal).Select(file =>
        {
            using var content = File.OpenRead(file);
            return DocumentText.Read(content, "text/xml");
        }).Where(text => text.Sections.Count > 0).ToList();
        return
        [
            .. Enumerable.Range(0, Documents).Select(i => new DocumentText(
                [
                    .. samples[i % samples.Count].Sections.Where(_ => random.Next(10) < 8),
                    .. Enumerable.Range(0, others).SelectMany(_ => samples[random.Next(samples.Count)].Sections)
                        .Where(_ => others > 1 || random.Next(10) < 2),
                ],
                [])),
        ];
    }

    /// <summary>One to three words of one document, and the fixed ones among them.</summary>
    private static List<SearchQuery> Asked(List<DocumentText> texts, Random random)
    {
        List<SearchQuery> questions = [];
        while (questions.Count < Questions)
        {
            var words = texts[random.Next(texts.Count)].Sections.SelectMany(section => section.Text.Split(' ', '\n')).Append("").ToList();
            var typed = questions.Count % 4 == 0
                ? fixedQuestions[questions.Count / 4 % fixedQuestions.Length]
                : string.Join(' ', Enumerable.Range(0, 1 + random.Next(3)).Select(_ => words[random.Next(words.Count)]));
            if (SearchQuery.TryParse(typed, SynonymTable.Embedded, hasOpenEnd: false, out var question, out _))
            {
                questions.Add(question);
            }
        }

        return questions;
    }
}
