using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Dmp.Care.V1;
using Dmp.Type.V1;

namespace Dmp.Server.Care;

/// <summary>
/// How often software asked for an examination, and how often there was one (meter <c>Dmp.Care</c>). Nothing is shown of what was asked of
/// less than ten records. Of records there is a hash under a key that ends with the process, and only until there are ten.
/// </summary>
internal sealed class ExamCounts : IDisposable
{
    public const string MeterName = "Dmp.Care";

    /// <summary>So many records before anything is shown.</summary>
    public const int RecordsMin = 10;

    /// <summary>Most pairs of software and code; further ones are not counted.</summary>
    private const int PairsMax = 2_000;

    private readonly Lock gate = new();
    private readonly Dictionary<(string Software, string Code), (Tally Asked, Tally Existed)> pairs = [];
    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);
    private readonly Meter meter;

    public ExamCounts(IMeterFactory meters)
    {
        meter = meters.Create(MeterName);
        meter.CreateObservableCounter(
            "dmp.care.exams.asked", () => Shown(pair => pair.Asked), description: "Questions for earlier exams, of ten records or more.");
        meter.CreateObservableCounter(
            "dmp.care.exams.existed", () => Shown(pair => pair.Existed), description: "Those that found one, of ten records or more.");
    }

    /// <summary>One question and its answer. That there was one means: within a window, or at all where there is none.</summary>
    public void Asked(string? software, Coding code, Guid recordId, ComparableExams answer)
    {
        var hash = Convert.ToHexString(HMACSHA256.HashData(key, recordId.ToByteArray())[..8]);
        lock (gate)
        {
            var pair = (software ?? "", $"{code.System}|{code.Code}");
            if (!pairs.TryGetValue(pair, out var tallies))
            {
                if (pairs.Count == PairsMax)
                {
                    return;
                }

                pairs[pair] = tallies = (new Tally(), new Tally());
            }

            tallies.Asked.Add(hash);
            if (answer.Exams.Any(exam => answer.Windows.Count == 0 || exam.Windows.Count > 0))
            {
                tallies.Existed.Add(hash);
            }
        }
    }

    public void Dispose() => meter.Dispose();

    private List<Measurement<long>> Shown(Func<(Tally Asked, Tally Existed), Tally> tally)
    {
        lock (gate)
        {
            return
            [
                .. pairs.Where(pair => tally(pair.Value).IsShown).Select(pair => new Measurement<long>(
                    tally(pair.Value).Count,
                    new KeyValuePair<string, object?>("software", pair.Key.Software),
                    new KeyValuePair<string, object?>("code", pair.Key.Code))),
            ];
        }
    }

    private sealed class Tally
    {
        private HashSet<string>? records = [];

        public long Count { get; private set; }

        public bool IsShown => records is null;

        public void Add(string record)
        {
            Count++;
            if (records is not null && records.Add(record) && records.Count >= RecordsMin)
            {
                records = null;
            }
        }
    }
}
