using System.Net;
using System.Net.Sockets;
using Dmp.Server.Audit;
using Dmp.Server.Identity.Sandbox;
using Dmp.Server.Options;
using Dmp.Server.Postgres;
using Dmp.Server.Search;
using Dmp.Storage;
using Dmp.Storage.Keys;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Startup;

/// <summary>The whole server: its database, its services, its endpoints.</summary>
internal sealed class DmpApplication : IAsyncDisposable
{
    private readonly ILoggerFactory loggers;
    private readonly DatabaseSetup database;
    private readonly MasterKeySet masterKeys;

    private DmpApplication(WebApplication web, ILoggerFactory loggers, DatabaseSetup database, MasterKeySet masterKeys)
    {
        Web = web;
        this.loggers = loggers;
        this.database = database;
        this.masterKeys = masterKeys;
    }

    public WebApplication Web { get; }

    /// <summary>Prepares everything that must be there before the first call. The caller starts <see cref="Web"/>.</summary>
    /// <exception cref="StartupRefusedException">The configuration is not one this server starts with.</exception>
    /// <exception cref="ManagedPostgresException">The private PostgreSQL does not start.</exception>
    /// <exception cref="Dmp.Migrator.MigrationException">The schema cannot be brought up to date.</exception>
    public static async Task<DmpApplication> CreateAsync(string[] args, CancellationToken ct)
    {
        // The folder of the program, not the current one: appsettings.json lies there, wherever it is started from.
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var environment = builder.Environment.EnvironmentName;
        var isSandbox = SandboxOptions.IsSandbox(environment);
        var configuration = builder.Configuration;
        var dataDirectory = configuration["Dmp:DataDirectory"] is { Length: > 0 } chosen
            ? Path.GetFullPath(chosen)
            : DataDirectory.Default();
        var listen = configuration.GetSection(ListenOptions.Section).Get<ListenOptions>() ?? new ListenOptions();
        var sandboxOptions = configuration.GetSection(SandboxOptions.Section).Get<SandboxOptions>() ?? new SandboxOptions();
        var runsIssuer = sandboxOptions.IssuerRuns(environment);
        AddDefaults(configuration, dataDirectory, isSandbox, isSandbox && runsIssuer, listen);
        var databaseOptions = configuration.GetSection(DatabaseOptions.Section).Get<DatabaseOptions>() ?? new DatabaseOptions();
        var identityOptions = configuration.GetSection(IdentityOptions.Section).Get<IdentityOptions>() ?? new IdentityOptions();
        StartupGuard.Check(new StartupFacts
        {
            Environment = environment,
            Listen = listen,
            Sandbox = sandboxOptions,
            Realm = configuration.GetSection(RealmOptions.Section).Get<RealmOptions>() ?? new RealmOptions(),
            Database = databaseOptions,
            Issuers = [.. identityOptions.Issuers.Select(issuer => new ConfiguredIssuer(issuer.Name, issuer.Authority))],
        });

        var certificate = ServerCertificate.Open(listen);
        var auditOptions = configuration.GetSection(AuditOptions.Section).Get<AuditOptions>()!;
        var ownsAll = isSandbox || string.IsNullOrWhiteSpace(databaseOptions.ConnectionString);
        TraceKeys.Require(auditOptions.KeyDirectory, auditOptions.LogOrigin, ownsAll, isSandbox);

        var masterKeyOptions = MasterKeySetup.Read(configuration);

        // Of the database, which is there before the host and its loggers are, and until after they are gone.
        var loggers = LoggerFactory.Create(logging => logging.AddConfiguration(configuration.GetSection("Logging")).AddConsole());
        DatabaseSetup? database = null;
        MasterKeySet? masterKeys = null;
        try
        {
            database = await DatabaseSetup.OpenAsync(databaseOptions, dataDirectory, isSandbox, loggers, ct);
            masterKeys = MasterKeySet.Open(masterKeyOptions);
            await MasterKeySetup.RequireAsync(masterKeys, database.Source, ownsAll && masterKeyOptions.Provider == MasterKeyKind.File, ct);
            builder.WebHost.ConfigureKestrel(kestrel => KestrelSetup.Listen(kestrel, listen, certificate));
            if (certificate is not null)
            {
                builder.Services.AddSingleton(certificate);
                builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<CertificateRenewal>(services, listen));
            }

            if (listen.ProbePort is { } probePort)
            {
                builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<ProbeHost>(services, listen, probePort));
            }

            builder.Services.AddDmp(database, masterKeys, masterKeyOptions);
            builder.Services.AddDmpAuthentication(configuration);
            if (runsIssuer)
            {
                builder.Services.AddSandboxIssuer(listen.SandboxIssuerPort, dataDirectory);
            }

            var web = builder.Build();

            // Before the host starts, which would log what is wrong with a stack trace.
            web.Services.GetService<IStartupValidator>()?.Validate();
            web.Services.GetRequiredService<SearchWords>();
            if (web.Services.GetRequiredService<IOptions<ContentOptions>>().Value.Uses(ContentStoreKind.S3))
            {
                await web.Services.GetRequiredService<S3ContentStore>().RequireUsableAsync(ct);
            }

            RequirePorts(listen);
            web.MapDmp(withReflection: isSandbox && listen.Reflection);
            return new DmpApplication(web, loggers, database, masterKeys);
        }
        catch (Exception)
        {
            await (masterKeys?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (database?.DisposeAsync() ?? ValueTask.CompletedTask);
            loggers.Dispose();
            throw;
        }
    }

    /// <summary>Ends the server first and its database after it.</summary>
    public async ValueTask DisposeAsync()
    {
        await Web.DisposeAsync();
        await masterKeys.DisposeAsync();
        await database.DisposeAsync();
        loggers.Dispose();
    }

    /// <summary>Kestrel would log a stack trace, and name no setting.</summary>
    private static void RequirePorts(ListenOptions listen)
    {
        (string Setting, string Address, int Port)[] ports =
            [("GrpcPort", listen.Address, listen.GrpcPort), ("ProbePort", listen.ProbeAddress, listen.ProbePort ?? 0)];
        foreach (var (setting, address, port) in ports)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Parse(address), port);
                listener.Start();
            }
            catch (SocketException refused)
            {
                throw new StartupRefusedException(
                    $"The port {port} on {address} (Dmp:Listen:{setting}) cannot be used: {refused.Message}.", refused);
            }
        }
    }

    /// <summary>What follows from other settings; every source of configuration wins over it.</summary>
    private static void AddDefaults(
        ConfigurationManager configuration, string dataDirectory, bool isSandbox, bool runsIssuer, ListenOptions listen)
    {
        var defaults = new Dictionary<string, string?>
        {
            ["Dmp:Content:Directory"] = Path.Combine(dataDirectory, "content"),
            ["Dmp:Scan:QuarantineDirectory"] = Path.Combine(dataDirectory, "quarantine"),
            ["Dmp:Audit:KeyDirectory"] = Path.Combine(dataDirectory, "audit-keys"),
            ["Dmp:Keys:Directory"] = Path.Combine(dataDirectory, "master-keys"),
        };
        if (isSandbox)
        {
            defaults["Dmp:Notices:MailboxDirectory"] = Path.Combine(dataDirectory, "mailbox");
        }

        if (runsIssuer)
        {
            foreach (var (key, value) in SandboxIssuer.Configuration(listen.SandboxIssuerPort))
            {
                defaults[key] = value;
            }
        }

        configuration.Sources.Insert(0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = defaults });
    }
}
