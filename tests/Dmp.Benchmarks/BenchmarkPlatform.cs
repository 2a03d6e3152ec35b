using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dmp.Client;
using Dmp.Consent.V1;
using Dmp.Record.V1;
using Dmp.Server.Postgres;
using Dmp.Server.Startup;
using Dmp.Type.V1;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>The real server with its private PostgreSQL, a record to work on, and a client of the physician who opened it.</summary>
internal sealed class BenchmarkPlatform : IAsyncDisposable
{
    private readonly DmpApplication application;
    private readonly string directory;
    private readonly ClientCredentialsTokenSource tokens;
    private readonly ClientCredentialsTokenSource colleagueTokens;
    private int opened;

    private BenchmarkPlatform(DmpApplication application, string directory, Uri issuer, Uri address)
    {
        this.application = application;
        this.directory = directory;
        tokens = Tokens(issuer, "dr-martin");
        colleagueTokens = Tokens(issuer, "dr-bernard");
        Address = address;
        Issuer = issuer;
        Client = Connect(address);
        Colleague = Client.WithTokens(colleagueTokens);
    }

    public Uri Address { get; }

    /// <summary>Of the tokens.</summary>
    public Uri Issuer { get; }

    public DmpClient Client { get; }

    /// <summary>Another physician, of another practice.</summary>
    public DmpClient Colleague { get; }

    /// <summary>National identifiers of the colleague and of the practice, as the sandbox has them.</summary>
    public string ColleagueId => "801234502027";

    public string ColleagueStructureId => "1990000226";

    public string RecordId { get; private set; } = "";

    public string Directory => directory;

    public IServiceProvider Services => application.Web.Services;

    /// <summary>The same physician over another line.</summary>
    public DmpClient Connect(Uri address) => new(new DmpClientOptions { Address = address, Tokens = tokens });

    /// <summary>What autovacuum does within a minute: fresh statistics, and new plans.</summary>
    public async Task AnalyzeAsync()
    {
        await using var connection = await OpenOwnerAsync();
        await using var analyze = new NpgsqlCommand("vacuum analyze", connection);
        await analyze.ExecuteNonQueryAsync();
    }

    /// <summary>A connection of the role that owns the schema.</summary>
    public async Task<NpgsqlConnection> OpenOwnerAsync()
    {
        var connection = new NpgsqlConnection(await OwnerConnectionAsync());
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>As that role.</summary>
    public async Task<string> OwnerConnectionAsync()
    {
        var source = Services.GetRequiredService<NpgsqlDataSource>();
        return new NpgsqlConnectionStringBuilder(source.ConnectionString)
        {
            Username = PostgresRoles.Owner,
            Password = await SecretAsync("Owner"),
        }.ConnectionString;
    }

    /// <summary>A password of the private PostgreSQL.</summary>
    public async Task<string> SecretAsync(string role)
    {
        using var secrets = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(directory, "postgres", "secrets.json")));
        return secrets.RootElement.GetProperty(role).GetString()!;
    }

    public static async Task<BenchmarkPlatform> StartAsync()
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("dmp-bench-").FullName;
        if (OperatingSystem.IsLinux())
        {
            // PostgreSQL runs as another account when this runs as root, and must be able to pass.
            File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        var issuerPort = FreePort();
        var application = await DmpApplication.CreateAsync(
            [
                "--environment=Sandbox",
                $"--Dmp:DataDirectory={directory}",
                "--Dmp:Listen:GrpcPort=0",
                $"--Dmp:Listen:SandboxIssuerPort={issuerPort.ToString(CultureInfo.InvariantCulture)}",
                // One caller stands for many subscribers.
                "--Dmp:Feed:StreamsMax=1000",
                "--Logging:LogLevel:Default=Warning",
                "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Warning",
            ],
            CancellationToken.None);
        await application.Web.StartAsync();
        var address = application.Web.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>()
            .Addresses.Select(text => new Uri(text)).First(uri => uri.Port != issuerPort);
        var issuer = new Uri($"http://127.0.0.1:{issuerPort}/");
        var platform = new BenchmarkPlatform(application, directory, issuer, address);
        await platform.OpenRecordAsync(issuer);
        return platform;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        tokens.Dispose();
        colleagueTokens.Dispose();
        await application.DisposeAsync();
        System.IO.Directory.Delete(directory, recursive: true);
    }

    /// <summary>Opens a record for a person nobody is, authorised for the physician.</summary>
    public async Task<string> OpenAnotherRecordAsync() => (await OpenAnotherPersonAsync()).RecordId;

    /// <summary>The same, with the number of the person.</summary>
    public async Task<(string RecordId, string InsNumber)> OpenAnotherPersonAsync()
    {
        var number = string.Create(CultureInfo.InvariantCulture, $"2800163220{++opened:000}");
        var key = 97 - (long.Parse(number, CultureInfo.InvariantCulture) % 97);
        var insNumber = string.Create(CultureInfo.InvariantCulture, $"{number}{key:00}");
        var record = await Client.OpenRecordAsync(new OpenRecordRequest
        {
            Ins = new Ins { Number = insNumber, System = "1.2.250.1.213.1.4.10" },
            Traits = new IdentityTraits
            {
                BirthFamilyName = "ESSAI",
                BirthGivenNames = { "ANNE" },
                BirthDate = "1980-01-14",
                Sex = Sex.Female,
                BirthPlaceCode = "63220",
            },
            IdentityStatus = IdentityStatus.Qualified,
            PatientInformed = true,
        });
        await Client.DeclareConsentAsync(
            new DeclareConsentRequest { RecordId = record.Record.RecordId, Collection = ConsentCollection.PatientPresent });
        return (record.Record.RecordId, insNumber);
    }

    private static ClientCredentialsTokenSource Tokens(Uri issuer, string persona) =>
        new(new ClientCredentialsOptions { Issuer = issuer, ClientId = persona, ClientSecret = "sandbox" });

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task OpenRecordAsync(Uri issuer)
    {
        using var patientTokens = Tokens(issuer, "patient-jeanne");
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", await patientTokens.GetTokenAsync(CancellationToken.None));
        var claims = await http.GetFromJsonAsync<JsonElement>(new Uri(issuer, "connect/userinfo"));
        string Text(string name) => claims.GetProperty(name).GetString()!;
        var opened = await Client.OpenRecordAsync(new OpenRecordRequest
        {
            Ins = new Ins { Number = Text("ins"), System = Text("ins_system") },
            Traits = new IdentityTraits
            {
                BirthFamilyName = Text("birth_family_name"),
                BirthGivenNames = { claims.GetProperty("birth_given_names").EnumerateArray().Select(name => name.GetString()!) },
                BirthDate = Text("birth_date"),
                Sex = Text("sex") == "F" ? Sex.Female : Sex.Male,
                BirthPlaceCode = Text("birth_place_code"),
            },
            IdentityStatus = IdentityStatus.Qualified,
            PatientInformed = true,
        });
        RecordId = opened.Record.RecordId;
        await Client.DeclareConsentAsync(new DeclareConsentRequest { RecordId = RecordId, Collection = ConsentCollection.PatientPresent });
    }
}
