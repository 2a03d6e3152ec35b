using Dapper;
using Dmp.Server.Options;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Dmp.Storage.Keys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Keys;

/// <summary>One key a record, whoever asks first; in memory for a while; and the first master key.</summary>
public sealed class RecordKeysTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_who_come_at_once_get_the_same_key(bool inTransaction)
    {
        var record = await platform.RecordAsync();
        var recordId = Guid.Parse(record.Id);

        // As several servers: each with a memory of its own.
        var found = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(async () =>
        {
            using var keys = NewKeys(new MasterKeyOptions());
            await using var connection = await OpenAsync(recordId);
            await using var transaction = inTransaction ? await connection.BeginTransactionAsync(Token) : null;
            using var key = await keys.GetOrCreateAsync(connection, recordId, Token);
            var contentId = Guid.Empty;
            var sealedBytes = ContentVault.Seal(key, contentId, "x"u8);
            if (transaction is not null)
            {
                await transaction.CommitAsync(Token);
            }

            return (key.RecordKeyId, sealedBytes);
        })));

        Assert.Single(found.Select(one => one.RecordKeyId).Distinct());
        Assert.Equal(
            1, await platform.Server.QueryAsync<long>(platform, $"select count(*) from record_key where record_id = '{record.Id}'"));
        using var last = NewKeys(new MasterKeyOptions());
        await using var again = await OpenAsync(recordId);
        using var same = await last.GetOrCreateAsync(again, recordId, Token);
        using var cipher = same.CipherOf(Guid.Empty);
        foreach (var (_, sealedBytes) in found)
        {
            var plain = new byte[1];
            cipher.Open(0, isLast: true, sealedBytes, plain);
            Assert.Equal("x"u8.ToArray(), plain);
        }
    }

    [Fact]
    public async Task A_transaction_that_rolls_back_leaves_no_key_and_holds_nobody_up()
    {
        var recordId = Guid.Parse((await platform.RecordAsync()).Id);
        using var keys = NewKeys(new MasterKeyOptions());
        await using var first = await OpenAsync(recordId);
        await using var second = await OpenAsync(recordId);
        Task<RecordKey> waiting;
        await using (await first.BeginTransactionAsync(Token))
        {
            using var lost = await keys.GetOrCreateAsync(first, recordId, Token);
            waiting = Task.Run(() => keys.GetOrCreateAsync(second, recordId, Token), Token);
        }

        using var key = await waiting;
        Assert.Equal(key.RecordKeyId, await platform.Server.QueryAsync<Guid>(
            platform, $"select record_key_id from record_key where record_id = '{recordId}'"));
    }

    [Fact]
    public async Task Keys_stay_in_memory_for_their_time_and_in_their_number_and_unwrapping_is_saved()
    {
        CountingKeys master = new();
        FakeTimeProvider time = new();
        using RecordKeys keys = new(
            new MasterKeySet(MasterKeyKind.File, (MasterKeyKind.File, master)),
            new MasterKeyOptions { CacheFor = TimeSpan.FromMinutes(5), CacheMax = 3 }, time, NullLogger<RecordKeys>.Instance);
        List<RecordKeyRow> rows = [];
        for (var i = 0; i < 5; i++)
        {
            RecordKeyName name = new(Guid.NewGuid(), Guid.NewGuid());
            using var secret = name.Bind(new byte[32]);
            rows.Add(new()
            {
                RecordKeyId = name.RecordKeyId,
                RecordId = name.RecordId,
                MasterKeyId = "file/k",
                Wrapped = secret.Bytes.ToArray(),
            });
        }

        async Task<int> UnwrappedAsync(int row)
        {
            var before = master.Unwrapped;
            using var key = await keys.OpenAsync(rows[row], Token);
            return master.Unwrapped - before;
        }

        foreach (var (row, unwrapped) in new[] { (0, 1), (0, 0), (1, 1), (2, 1), (0, 0) })
        {
            Assert.Equal(unwrapped, await UnwrappedAsync(row));
        }

        Assert.Equal(3, keys.CachedCount);
        Assert.Equal(1, await UnwrappedAsync(3));
        Assert.Equal(3, keys.CachedCount);
        Assert.Equal(1, await UnwrappedAsync(0));
        Assert.Equal(0, await UnwrappedAsync(3));

        // Not only when somebody asks: they are overwritten when their time is over.
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(0, keys.CachedCount);
        Assert.Equal(1, await UnwrappedAsync(3));

        // Destroyed: whatever is in memory.
        await Assert.ThrowsAsync<ContentErasedException>(() => keys.OpenAsync(rows[3] with { Wrapped = null }, Token));
        Assert.Equal(0, keys.CachedCount);
    }

    [Fact]
    public async Task A_server_with_other_master_keys_does_not_start_and_makes_none()
    {
        await using var server = await TestServer.StartAsync(platform);
        var elsewhere = Path.Combine(server.DataDirectory, "elsewhere");
        var refused = await Assert.ThrowsAsync<StartupRefusedException>(
            () => server.StartBesideAsync(platform, $"--Dmp:Keys:Directory={elsewhere}"));
        Assert.Contains("cannot be used (Dmp:Keys)", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(elsewhere));

        refused = await Assert.ThrowsAsync<StartupRefusedException>(() => server.StartBesideAsync(platform, "--Dmp:Keys:Provider=Pkcs11"));
        Assert.Contains("Dmp:Keys:Pkcs11 is missing", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<StartupRefusedException>(() => server.StartBesideAsync(platform, "--Dmp:Keys:Provider=Vault"));
        Assert.Contains("Dmp:Keys", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Elsewhere_than_in_a_sandbox_the_first_master_key_is_an_operators()
    {
        await using var database = NpgsqlDataSource.Create(platform.Databases.RuntimeOf(await platform.Databases.CreateAsync()));
        var directory = Directory.CreateTempSubdirectory("dmp-master-keys-");
        try
        {
            await using MasterKeySet keys = new(MasterKeyKind.File, (MasterKeyKind.File, new FileMasterKeys(directory.FullName)));
            var refused = await Assert.ThrowsAsync<StartupRefusedException>(
                () => MasterKeySetup.RequireAsync(keys, database, mayCreate: false, Token));
            Assert.Contains("dmp keys new", refused.Message, StringComparison.Ordinal);
            Assert.Empty(directory.GetFiles());

            // Several servers that start for the first time agree on one.
            await keys.CreateAsync(DateTimeOffset.UtcNow, Token);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => MasterKeySetup.RequireAsync(keys, database, mayCreate: false, Token)));
            await using var connection = await database.OpenConnectionAsync(Token);
            Assert.Equal(Assert.Single(await keys.ListAsync(Token)), await RecordKeySql.FindCurrentMasterAsync(connection, Token));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private RecordKeys NewKeys(MasterKeyOptions options) =>
        new(platform.Server.Services.GetRequiredService<MasterKeySet>(), options, TimeProvider.System, NullLogger<RecordKeys>.Instance);

    private async Task<NpgsqlConnection> OpenAsync(Guid recordId)
    {
        NpgsqlConnection connection = new(platform.Databases.RuntimeOf(platform.Server.Database));
        await connection.OpenAsync(Token);
        await connection.ExecuteAsync($"set role dmp_request; select set_config('dmp.record', '{recordId}', false)");
        return connection;
    }

    /// <summary>Counts; wraps nothing.</summary>
    private sealed class CountingKeys : IMasterKeyProvider
    {
        public int Unwrapped { get; private set; }

        public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string> CreateAsync(DateTimeOffset now, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<byte[]> WrapAsync(string name, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken) =>
            Task.FromResult(secret.ToArray());

        public Task<byte[]> UnwrapAsync(string name, ReadOnlyMemory<byte> wrapped, CancellationToken cancellationToken)
        {
            Unwrapped++;
            return Task.FromResult(wrapped.ToArray());
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
