using System.Collections.Concurrent;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Threading.Channels;
using Dmp.Client;
using Dmp.Document.V1;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Resilience;

/// <summary>
/// Goal: whatever breaks while documents stream in, what is acknowledged reads back whole, nothing is half visible, nothing is stored
/// twice. Method: uploads of all sizes through the SDK while the line is cut, the server killed and the database killed at random; some
/// callers give up for good. <c>DMP_FAULT_UPLOADS</c> makes it longer or shorter, <c>DMP_FAULT_SEED</c> repeats the sizes.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class TransferFaultTests
{
    private const int UploadsDefault = 100;
    private const int Callers = 8;
    private const int UploadsPerFault = 5;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_halved_or_doubled()
    {
        var uploads = Drill.Setting("DMP_FAULT_UPLOADS", UploadsDefault);
        var seed = Drill.Setting("DMP_FAULT_SEED", Environment.TickCount);
        await using var server = await ServerProcess.StartAsync("--Dmp:Upload:AbandonSeconds=2", "--Dmp:Content:OrphanAgeMin=00:10:00");
        var (_, recordId) = await KillTests.OpenAsync(server);
        await using var line = new BreakingLine(server.Address);
        var token = await server.TokenAsync("dr-martin");
        var run = new Run(recordId, uploads, seed, () => new DmpClient(new DmpClientOptions
        {
            Address = line.Address,
            Tokens = new DelegateTokenSource(_ => ValueTask.FromResult(token)),
            AttemptsMax = 200,
            BackoffInitial = TimeSpan.FromMilliseconds(50),
            BackoffMax = TimeSpan.FromSeconds(1),
            TransferStallTimeout = TimeSpan.FromSeconds(20),
        }));

        using var stop = new CancellationTokenSource();
        var faults = BreakAsync(server, line, run, stop.Token);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(run.WorkAsync, Token))).ContinueWith(
            async work =>
            {
                await stop.CancelAsync();
                if (work.IsFaulted)
                {
                    TestContext.Current.TestOutputHelper!.WriteLine(server.Output);
                }

                await work;
            },
            TaskScheduler.Default).Unwrap();
        var (cuts, servers, databases) = await faults;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{uploads} uploads, seed {seed}: {run.Acknowledged.Count} acknowledged, {run.GivenUp.Count} given up; {cuts} cuts, "
            + $"{servers} kills of the server, {databases} of the database; {line.Forwarded / 1e6:F0} MB sent for {run.Bytes / 1e6:F0} MB "
            + "of documents");
        Assert.True(cuts > 0 && servers > 0 && databases > 0, "too little broke");

        await CheckAsync(await server.AsAsync("dr-martin"), recordId, run);
    }

    private static async Task CheckAsync(DmpApi api, string recordId, Run run)
    {
        var found = new Dictionary<string, Document.V1.Document>();
        var request = new SearchDocumentsRequest { RecordId = recordId, PageSize = 200 };
        do
        {
            var page = await api.Documents.SearchDocumentsAsync(request, cancellationToken: Token);
            foreach (var document in page.Documents)
            {
                // The title is the request id: a second document with it was stored twice.
                Assert.True(found.TryAdd(document.Metadata.Title, document), "stored twice");
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.All(run.Acknowledged, upload => Assert.Equal(upload.Value, found[upload.Key].DocumentId));
        Assert.All(
            found.Keys, title => Assert.True(run.Acknowledged.ContainsKey(title) || run.GivenUp.ContainsKey(title), "nobody sent it"));
        foreach (var document in found.Values)
        {
            // Also those whose callers gave up before they heard of their success: there is no half of a document.
            Assert.Equal(run.ContentOf(document.Metadata.Title), await api.ReadAsync(document));
        }
    }

    private static async Task<(int Cuts, int Servers, int Databases)> BreakAsync(
        ServerProcess server, BreakingLine line, Run run, CancellationToken until)
    {
        var (cuts, servers, databases) = (0, 0, 0);
        for (var number = 1; ; number++)
        {
            // By what was brought in and not by the clock, so that a slow machine breaks no more often than it gets things done.
            for (var ended = 0; ended < UploadsPerFault; ended++)
            {
                if (!await run.EndsAsync(until))
                {
                    return (cuts, servers, databases);
                }
            }

            switch (number % 16)
            {
                case 8:
                    await server.KillAsync();
                    await server.RestartAsync();
                    servers++;
                    break;
                case 0:
                    await server.KillPostgresAsync();
                    databases++;
                    break;
                default:
                    line.Cut();
                    cuts++;
                    break;
            }
        }
    }

    /// <summary>What the callers do.</summary>
    private sealed class Run(string recordId, int uploads, int seed, Func<DmpClient> connect)
    {
        private readonly ConcurrentDictionary<string, int> numbers = new();
        private readonly Channel<string> ended = Channel.CreateUnbounded<string>();
        private int next;
        private long bytes;

        /// <summary>Document ids by request id.</summary>
        public ConcurrentDictionary<string, string> Acknowledged { get; } = new();

        public ConcurrentDictionary<string, bool> GivenUp { get; } = new();

        public long Bytes => Interlocked.Read(ref bytes);

        public byte[] ContentOf(string requestId) => ContentOf(numbers[requestId]);

        public async Task WorkAsync()
        {
            using var client = connect();
            while (Interlocked.Increment(ref next) is var number && number <= uploads)
            {
                var requestId = Guid.NewGuid().ToString();
                numbers[requestId] = number;
                var content = ContentOf(number);
                Interlocked.Add(ref bytes, content.Length);
                using var patience = new CancellationTokenSource(
                    number % 20 == 0 ? TimeSpan.FromMilliseconds(number % 7 * 20) : TimeSpan.FromMinutes(3));
                try
                {
                    var metadata = Given.Intent(recordId).Metadata;
                    metadata.Title = requestId;
                    var document = await client.UploadAsync(
                        recordId, new MemoryStream(content), metadata, new UploadOptions { RequestId = requestId },
                        cancellationToken: patience.Token);
                    Acknowledged[requestId] = document.DocumentId;
                }
                catch (OperationCanceledException) when (number % 20 == 0)
                {
                    GivenUp[requestId] = true;
                }

                ended.Writer.TryWrite(requestId);
            }
        }

        /// <summary>Waits for the end of one more upload, acknowledged or given up; false when there will be none.</summary>
        public async Task<bool> EndsAsync(CancellationToken until)
        {
            try
            {
                await ended.Reader.ReadAsync(until);
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        /// <summary>From 1 byte to 4 MB, many small ones, always the same for a number.</summary>
        private byte[] ContentOf(int number)
        {
#pragma warning disable CA5394 // Sizes and letters that can be repeated, no secrets.
            var random = new Random(seed + number);
            var size = (int)Math.Exp(random.NextDouble() * Math.Log(4_000_000));
            var content = new byte[Math.Max(1, size)];
            var letters = SHA256.HashData(BitConverter.GetBytes(seed + number));
            for (var i = 0; i < content.Length; i++)
            {
                content[i] = (byte)('a' + ((letters[i & 31] + (i >> 8)) & 15));
            }
#pragma warning restore CA5394
            return content;
        }
    }
}
