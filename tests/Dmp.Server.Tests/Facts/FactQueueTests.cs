using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Dmp.Facts.V1;
using Dmp.Server.Data;
using Dmp.Server.Facts;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Facts;

/// <summary>
/// In which order documents are read, how many at once, and that one of them costs no other one anything. A server without workers takes
/// them in; who reads them, begins when all are there. The order of their last transactions is the order in which they were read.
/// </summary>
public sealed class FactQueueTests(Platform platform)
{
    private const string NoWorkers = "--Dmp:Facts:Workers=0";

    private const string OneWorker = "--Dmp:Facts:Workers=1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_small_is_known_when_it_comes()
    {
        await using var place = await PlaceAsync();
        var small = await place.AddAsync(128 * 1024);
        var large = await place.AddAsync((128 * 1024) + 1);
        Assert.Equal([small], await place.ListAsync("not alone"));
        Assert.Equal([large], await place.ListAsync("alone"));
    }

    [Fact]
    public async Task Small_documents_do_not_wait_behind_large_ones()
    {
        await using var place = await PlaceAsync();
        var large = await place.AddAsync(200_000, 3);
        var small = await place.AddAsync(1_000, 5);
        await using var reader = await place.ReadAllAsync(OneWorker);
        var order = await place.OrderAsync();
        Assert.Equal(small.Order(), order.Take(5).Order());
        Assert.Equal(large, order.Skip(5));
    }

    /// <summary>The small ones fill three turns; the large one has the second.</summary>
    [Fact]
    public async Task Large_documents_do_not_wait_until_no_small_one_is_left()
    {
        await using var place = await PlaceAsync();
        await place.AddAsync(1_000, 40);
        var large = Assert.Single(await place.AddAsync(200_000, 1));
        await using var reader = await place.ReadAllAsync(OneWorker);
        Assert.Equal(16, (await place.OrderAsync()).IndexOf(large));
    }

    /// <summary>One of several workers reads no large document, so that a small one does not even wait for the one that is read.</summary>
    [Fact]
    public async Task A_server_of_several_workers_reads_small_documents_beside_large_ones()
    {
        await using var place = await PlaceAsync();
        await place.AddAsync(3_000_000, 6);
        await using var reader = await place.Server.StartBesideAsync(platform, "--Dmp:Facts:Workers=2");
        await Fixtures.Waiting.UntilAsync(async () => (await place.ListAsync("attempts > 0")).Count > 0);
        var small = Assert.Single(await place.AddAsync(1_000, 1));
        await place.UntilReadAsync();
        Assert.True((await place.OrderAsync()).IndexOf(small) < 6);
    }

    [Fact]
    public void Each_queue_has_half_of_the_time_of_a_worker()
    {
        var turns = FactTurns.OfBoth;
        Assert.Equal([FactQueue.Small, FactQueue.Alone], turns.Next);
        var (small, large) = (0, 0);
        for (var i = 0; i < 1_000; i++)
        {
            // Both wait all the time: a large one takes twelve seconds, a few small ones one second.
            var took = turns.Next[0];
            small += took == FactQueue.Small ? 1 : 0;
            large += took == FactQueue.Alone ? 12 : 0;
            turns.Took(took, TimeSpan.FromSeconds(took == FactQueue.Alone ? 12 : 1));
            Assert.InRange(large - small, -1, 12);
        }

        Assert.Equal([FactQueue.Small], FactTurns.OfSmall.Next);
    }

    [Fact]
    public async Task Large_documents_that_are_alone_are_read_one_after_the_other()
    {
        var turns = FactTurns.OfBoth;
        turns.Took(FactQueue.Alone, TimeSpan.FromHours(1));
        Assert.Equal([FactQueue.Small, FactQueue.Alone], turns.Next);
        await using var place = await PlaceAsync();
        var large = await place.AddAsync(200_000, 3);
        await using var reader = await place.ReadAllAsync(OneWorker);
        Assert.Equal(large, await place.OrderAsync());
    }

    [Fact]
    public async Task Small_documents_are_taken_sixteen_at_a_time_and_nobody_takes_them_twice()
    {
        await using var place = await PlaceAsync();
        var documents = await place.AddAsync(1_000, 20);
        var (one, places) = await place.ClaimAsync(FactQueue.Small);
        Assert.Equal(documents[..16], one.Select(claimed => claimed.DocumentId.ToString()));
        Assert.Equal(one.Select(claimed => (claimed.DocumentId, claimed.Version)).Order(), places.Keys.Order());
        Assert.All(one, claimed => Assert.Equal((1, 1_000), (claimed.Attempts, places[(claimed.DocumentId, 1)].SizeBytes)));
        var (two, _) = await place.ClaimAsync(FactQueue.Small);
        Assert.Equal(documents[16..], two.Select(claimed => claimed.DocumentId.ToString()));
        Assert.Empty((await place.ClaimAsync(FactQueue.Small)).Claimed);
        Assert.Empty((await place.ClaimAsync(FactQueue.Alone)).Claimed);
    }

    [Fact]
    public async Task What_is_taken_at_a_time_has_no_more_than_a_mebibyte()
    {
        await using var place = await PlaceAsync();
        var documents = await place.AddAsync(120_000, 10);
        Assert.Equal(
            documents[..8], (await place.ClaimAsync(FactQueue.Small)).Claimed.Select(claimed => claimed.DocumentId.ToString()));
    }

    [Fact]
    public async Task What_was_taken_together_is_written_together()
    {
        await using var place = await PlaceAsync();
        await place.AddAsync(1_000, 16);
        await using var reader = await place.ReadAllAsync(OneWorker);
        Assert.Equal(1, await place.CountTransactionsAsync());
    }

    /// <summary>A server that ends with many of them may have ended by one: each is taken by itself after that.</summary>
    [Fact]
    public async Task What_a_server_died_with_is_read_one_by_one()
    {
        await using var place = await PlaceAsync();
        await place.AddAsync(1_000, 16);

        // Taken by a server that is never heard of again, for a time that is over.
        Assert.Equal(16, (await place.ClaimAsync(FactQueue.Small, TimeSpan.FromSeconds(-1))).Claimed.Count);
        Assert.Equal(16, (await place.ListAsync("alone and attempts = 1")).Count);
        Assert.Empty((await place.ClaimAsync(FactQueue.Small)).Claimed);
        await using var reader = await place.ReadAllAsync(OneWorker);
        Assert.Equal(16, await place.CountTransactionsAsync());
        Assert.Equal(16, (await place.ListAsync("state = 3 and attempts = 0 and not alone")).Count);
    }

    /// <summary>A server ended five times with the same sixteen: the one by which it did is given up, and the others are read.</summary>
    [Fact]
    public async Task A_document_that_ends_servers_takes_no_other_one_with_it()
    {
        await using var place = await PlaceAsync();
        var documents = await place.AddAsync(1_000, 16);
        await place.ClaimAsync(FactQueue.Small, TimeSpan.FromSeconds(-1));
        var poison = documents[5];
        await place.ExecuteAsync($"update document_facts set due_time = due_time - interval '1 minute' where document_id = '{poison}'");
        for (var attempt = 2; attempt <= 5; attempt++)
        {
            var (taken, _) = await place.ClaimAsync(FactQueue.Alone, TimeSpan.FromMinutes(-1));
            Assert.Equal((poison, attempt), (Assert.Single(taken).DocumentId.ToString(), taken[0].Attempts));
        }

        await using var reader = await place.ReadAllAsync(OneWorker);
        Assert.Equal([poison], await place.ListAsync("state = 4"));
        Assert.Equal(15, (await place.ListAsync("state = 3 and attempts = 0")).Count);
    }

    [Fact]
    public async Task A_document_that_cannot_be_read_costs_those_taken_with_it_nothing()
    {
        await using var place = await PlaceAsync();
        var lost = (await place.AddAsync(1_000, 16))[3];
        await place.ExecuteAsync(
            $"update document_version set blob_id = gen_random_uuid(), blob_offset = 0 where document_id = '{lost}'");
        await using var reader = await place.Server.StartBesideAsync(platform, OneWorker);
        await Fixtures.Waiting.UntilAsync(async () => (await place.ListAsync("state = 3")).Count == 15);
        Assert.Equal([lost], await place.ListAsync("state = 2 and attempts = 1 and alone and due_time > now()"));
        Assert.Equal(15, (await place.ListAsync("state = 3 and attempts = 0 and due_time is null")).Count);
    }

    /// <summary>Of three that a server took, another one has taken one over since.</summary>
    [Fact]
    public async Task What_was_read_is_written_for_those_that_are_still_this_servers()
    {
        await using var place = await PlaceAsync();
        await place.AddAsync(1_000, 3);
        var (claimed, _) = await place.ClaimAsync(FactQueue.Small);
        await place.ExecuteAsync(
            $"update document_facts set due_time = due_time + interval '1 minute' where document_id = '{claimed[1].DocumentId}'");
        var database = place.Server.Services.GetRequiredService<Database>();
        FinishedReading[] finished =
            [.. claimed.Select(one => new FinishedReading { Claimed = one, State = DocumentFactsState.NotStructured })];
        Assert.Equal(
            [DocumentFactsState.NotStructured, DocumentFactsState.NotStructured],
            await database.OnConnectionAsync(connection => FactQueueSql.FinishAsync(connection, finished, 1), Token));
        Assert.Equal([claimed[1].DocumentId.ToString()], await place.ListAsync("state = 2 and attempts = 1"));
        await database.OnConnectionAsync(
            connection => FactQueueSql.PostponeAsync(
                connection, [.. claimed.Select(one => (one, one.DueTime))], isCounted: false),
            Token);
        Assert.Equal([claimed[1].DocumentId.ToString()], await place.ListAsync("attempts = 1 and due_time > now()"));
    }

    /// <summary>
    /// Whoever looks for what is due locks a row for a moment that was taken meanwhile. What was read of it must not be lost for that.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_somebody_looks_at_for_a_moment_is_written_all_the_same(bool isFinished)
    {
        await using var place = await PlaceAsync();
        await place.AddAsync(1_000, 3);
        var (claimed, _) = await place.ClaimAsync(FactQueue.Small);
        await using var other = new NpgsqlConnection(platform.Databases.AdminOf(place.Server.Database));
        await other.OpenAsync(Token);
        await using var looking = await other.BeginTransactionAsync(Token);
        await using (var look = new NpgsqlCommand(
            $"select from document_facts where document_id = '{claimed[1].DocumentId}' for update", other, looking))
        {
            await look.ExecuteNonQueryAsync(Token);
        }

        var database = place.Server.Services.GetRequiredService<Database>();
        FinishedReading[] finished =
            [.. claimed.Select(one => new FinishedReading { Claimed = one, State = DocumentFactsState.NotStructured })];
        var written = database.OnConnectionAsync(
            async connection =>
            {
                if (isFinished)
                {
                    await FactQueueSql.FinishAsync(connection, finished, 1);
                }
                else
                {
                    await FactQueueSql.PostponeAsync(
                        connection, [.. claimed.Select(one => (one, one.DueTime.AddDays(-1)))], isCounted: false);
                }

                return true;
            },
            Token);
        await Fixtures.Waiting.UntilAsync(async () => written.IsCompleted || await place.Server.QueryAsync<long>(
            platform, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0);
        await looking.CommitAsync(Token);
        await written;

        Assert.Empty(await place.ListAsync(isFinished ? "due_time is not null" : "due_time > now() - interval '12 hours'"));
    }

    [Fact]
    public async Task Servers_share_what_waits_in_both_queues()
    {
        await using var place = await PlaceAsync();
        await place.AddAsync(1_000, 40);
        await place.AddAsync(200_000, 4);
        await using var one = await place.Server.StartBesideAsync(platform, OneWorker);
        await using var two = await place.Server.StartBesideAsync(platform, "--Dmp:Facts:Workers=2");
        await place.UntilReadAsync();
        Assert.Equal(44, (await place.ListAsync("state = 3 and attempts = 0")).Count);
    }

    /// <summary>How long what was taken last has waited, of each queue.</summary>
    [Fact]
    public async Task The_lag_of_each_queue_is_told()
    {
        await using var place = await PlaceAsync();
        await place.AddAsync(1_000, 1);
        await place.AddAsync(200_000, 1);
        await place.ExecuteAsync("update document_facts set due_time = now() - interval '1 hour' where not alone");
        await place.ExecuteAsync("update document_facts set due_time = now() - interval '2 hours' where alone");
        Dictionary<string, double> most = [];
        using MeterListener meters = new();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "dmp.facts.lag")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
        {
            lock (most)
            {
                var queue = (string)tags[0].Value!;
                most[queue] = Math.Max(seconds, most.GetValueOrDefault(queue));
            }
        });
        meters.Start();
        await using var reader = await place.ReadAllAsync(OneWorker);
        lock (most)
        {
            Assert.InRange(most["Small"], 3_600, 7_000);
            Assert.InRange(most["Alone"], 7_200, 90_000);
        }
    }

    private async Task<Place> PlaceAsync()
    {
        var server = await TestServer.StartAsync(platform, NoWorkers);
        var (physician, patient) = (TestProfessional.New(), TestPatient.New());
        var api = new DmpApi(server.Channel, platform.Callers.Token(physician));
        var opened = await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token);
        await api.DeclareAsync(opened.Record.RecordId);
        return new Place(platform, server, api, opened.Record.RecordId);
    }

    /// <summary>A server that reads nothing, with one record.</summary>
    private sealed class Place(Platform platform, TestServer server, DmpApi api, string recordId) : IAsyncDisposable
    {
        public TestServer Server => server;

        /// <summary>A text of so many bytes.</summary>
        public async Task<string> AddAsync(int bytes) => Assert.Single(await AddAsync(bytes, 1));

        /// <summary>Their ids, in their order.</summary>
        public async Task<List<string>> AddAsync(int bytes, int count)
        {
            List<string> documents = [];
            for (var i = 0; i < count; i++)
            {
                documents.Add((await api.UploadAsync(Given.Intent(recordId), Words(bytes))).DocumentId);
            }

            return documents;
        }

        public Task<List<string>> ListAsync(string condition) => server.ListAsync<string>(
            platform, $"select document_id::text from document_facts where {condition} order by document_id");

        /// <summary>In the order in which they were read.</summary>
        public Task<List<string>> OrderAsync() => server.ListAsync<string>(
            platform, "select document_id::text from document_facts order by xmin::text::bigint, document_id");

        public Task<long> CountTransactionsAsync() =>
            server.QueryAsync<long>(platform, "select count(distinct xmin::text) from document_facts");

        public Task ExecuteAsync(string sql) => server.ExecuteAsync(platform, sql);

        public Task<(IReadOnlyList<ClaimedReading> Claimed, IReadOnlyDictionary<(Guid DocumentId, int Version), ReadingPlace> Places)>
            ClaimAsync(FactQueue queue, TimeSpan? lease = null) => server.Services.GetRequiredService<Database>().OnConnectionAsync(
            async connection =>
            {
                var now = DateTimeOffset.UtcNow;
                var claimed = await FactQueueSql.ClaimAsync(connection, queue, now, now + (lease ?? TimeSpan.FromMinutes(5)), Token);
                return (claimed, await FactQueueSql.FindPlacesAsync(connection, claimed, Token));
            },
            Token);

        /// <summary>Another server, which has read all of them.</summary>
        public async Task<TestServer> ReadAllAsync(string setting)
        {
            var reader = await server.StartBesideAsync(platform, setting);
            await UntilReadAsync();
            return reader;
        }

        public Task UntilReadAsync() =>
            Fixtures.Waiting.UntilAsync(async () => (await ListAsync("due_time is not null")).Count == 0);

        public ValueTask DisposeAsync() => server.DisposeAsync();

        private static byte[] Words(int bytes)
        {
            StringBuilder text = new();
            for (var i = 0; text.Length < bytes; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"mot{i} ");
            }

            return Encoding.ASCII.GetBytes(text.ToString(0, bytes));
        }
    }
}
