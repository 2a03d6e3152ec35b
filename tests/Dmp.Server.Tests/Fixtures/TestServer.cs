using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dmp.Server.Access;
using Dmp.Server.Options;
using Dmp.Server.Startup;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>The real server on a loopback port, with a database and a content directory of its own.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, bool> given = new();

    /// <summary>Setting of a server whose callers get their tokens from its own issuer. The others take those of the platform's.</summary>
    public const string WithIssuer = "--Dmp:Sandbox:Issuer=true";

    private readonly DmpApplication application;
    private readonly ConcurrentDictionary<string, GrpcChannel> channels = new(StringComparer.Ordinal);
    private readonly string directory;
    private NpgsqlDataSource? admin;

    private TestServer(DmpApplication application, string directory, string database, int issuerPort)
    {
        this.application = application;
        this.directory = directory;
        Database = database;
        SandboxIssuer = new Uri($"http://127.0.0.1:{issuerPort}/");
        Address = new Uri(application.Web.Services.GetRequiredService<IServer>().Features
            .GetRequiredFeature<IServerAddressesFeature>().Addresses
            .First(address => new Uri(address).Port != issuerPort));
    }

    public Uri Address { get; }

    /// <summary>Runs only <see cref="WithIssuer"/>.</summary>
    public Uri SandboxIssuer { get; }

    /// <summary>Name of the database, for <see cref="TestDatabase"/>.</summary>
    public string Database { get; }

    /// <summary>
    /// The connection of the test class that runs: whoever breaks streams may lose the whole connection, and no other class has to see it.
    /// </summary>
    public GrpcChannel Channel => channels.GetOrAdd(TestContext.Current.TestClass?.UniqueID ?? "", _ => OpenChannel());

    public IServiceProvider Services => application.Web.Services;

    public string ContentDirectory => Path.Combine(directory, "content");

    /// <summary>Where the server keeps what is its own.</summary>
    public string DataDirectory => directory;

    public string MasterKeyDirectory => Path.Combine(directory, "master-keys");

    /// <summary>What another server on the same database needs.</summary>
    public string[] SharedSettings =>
    [
        $"--Dmp:Content:Directory={ContentDirectory}",
        $"--Dmp:Keys:Directory={MasterKeyDirectory}",
        $"--Dmp:Audit:KeyDirectory={Services.GetRequiredService<IOptions<AuditOptions>>().Value.KeyDirectory}",
    ];

    public static async Task<TestServer> StartAsync(Platform platform, params string[] settings) =>
        await StartAsync(platform, platform.Databases, await platform.Databases.CreateAsync(), settings);

    /// <summary>Another server on the same database and content, with the same keys of the trace, as on a platform.</summary>
    public Task<TestServer> StartBesideAsync(Platform platform, params string[] settings) =>
        StartAsync(platform, platform.Databases, Database, [.. SharedSettings, .. settings]);

    /// <summary>On a database of another PostgreSQL.</summary>
    public static async Task<TestServer> StartAsync(Platform platform, TestDatabase databases, string database, string[] settings)
    {
        var directory = Directory.CreateTempSubdirectory("dmp-server-").FullName;
        var issuerPort = FreePort();
        var application = await DmpApplication.CreateAsync(
            [
                "--environment=Sandbox",
                .. platform.DatabaseSettings(databases, database),
                $"--Dmp:DataDirectory={directory}",
                "--Dmp:Listen:GrpcPort=0",

                // Many servers of tests share one PostgreSQL, which takes 200 connections and a process for each.
                "--Dmp:Database:ConnectionsMax=5",
                "--Dmp:Sandbox:Issuer=false",
                "--Dmp:Notices:Concurrency=1",
                $"--Dmp:Listen:SandboxIssuerPort={issuerPort.ToString(CultureInfo.InvariantCulture)}",
                "--Logging:LogLevel:Default=Warning",
                "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Warning",
                .. platform.IssuerSettings,
                .. settings,
            ],
            CancellationToken.None);
        await application.Web.StartAsync();
        return new TestServer(application, directory, database, issuerPort);
    }

    /// <summary>A connection of its own.</summary>
    public GrpcChannel OpenChannel() => GrpcChannel.ForAddress(Address, new GrpcChannelOptions { MaxReceiveMessageSize = null });

    /// <summary>
    /// A connection as the database's superuser, from a pool of this server's own: to wait for something asks again and again, and a new
    /// connection costs PostgreSQL a process.
    /// </summary>
    public ValueTask<NpgsqlConnection> OpenAdminAsync(Platform platform, CancellationToken ct = default) =>
        LazyInitializer.EnsureInitialized(
            ref admin,
            () => NpgsqlDataSource.Create(
                new NpgsqlConnectionStringBuilder(platform.Databases.AdminOf(Database)) { Pooling = true, MaxPoolSize = 3 }))
        .OpenConnectionAsync(ct);

    /// <summary>Reads the database as its superuser: what is really there.</summary>
    public async Task<T> QueryAsync<T>(Platform platform, string sql)
    {
        await using var connection = await OpenAdminAsync(platform);
        await using var command = new NpgsqlCommand(sql, connection);
        var result = (T)(await command.ExecuteScalarAsync())!;
        ForgetWhatRowsSaid(sql);
        return result;
    }

    /// <summary>A test that moves the times of rows does what no change of the platform does, so nobody is told of it.</summary>
    public void ForgetWhatRowsSaid(string sql)
    {
        if (sql.Contains("update ", StringComparison.Ordinal))
        {
            Services.GetRequiredService<RememberedFacts>().ForgetAll();
        }
    }

    public async Task StopAsync() => await application.Web.StopAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in channels.Values)
        {
            channel.Dispose();
        }

        await application.DisposeAsync();
        if (admin is not null)
        {
            await admin.DisposeAsync();
        }

        // A connection that was opened outside of the server's own pool stays for five minutes, one for each database: after two hundred
        // servers of tests PostgreSQL takes no more.
        NpgsqlConnection.ClearAllPools();
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Whether somebody takes connections on a port of this machine.</summary>
    public static async Task<bool> IsTakenAsync(int port, CancellationToken ct)
    {
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync("127.0.0.1", port, ct);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>
    /// A port that nobody has, and none of those that the system gives to connections: one of these would be taken by somebody's connection
    /// while a test has it closed.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                if (given.TryAdd(port, true))
                {
                    return port;
                }
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another one, then.
            }
        }
    }
}
