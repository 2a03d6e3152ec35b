using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Identity.Fixtures;
using Xunit;

[assembly: AssemblyFixture(typeof(Platform))]

namespace Dmp.Server.Tests.Fixtures;

/// <summary>
/// What all wire tests share: PostgreSQL, an issuer whose tokens the servers accept, and one server with default settings.
/// Each test makes its own people and records, so all of them run at once.
/// </summary>
public sealed class Platform : IAsyncLifetime
{
    private readonly string directory = Directory.CreateTempSubdirectory("dmp-platform-").FullName;
    private Pooler? pooler;
    private TestDatabase? databases;
    private TestIssuer? issuer;
    private TestServer? server;

    internal TestDatabase Databases => databases ?? throw NotReady();

    internal TestIssuer Issuer => issuer ?? throw NotReady();

    internal TestServer Server => server ?? throw NotReady();

    /// <summary>The issuer as configuration of a server, beside the sandbox's own.</summary>
    internal string[] IssuerSettings =>
    [
        "--Dmp:Identity:Issuers:test:Name=test",
        "--Dmp:Identity:Issuers:test:Validation=Oidc",
        $"--Dmp:Identity:Issuers:test:Authority={Issuer.Authority}",
        $"--Dmp:Identity:Issuers:test:Audience={TestIssuer.DefaultAudience}",
        "--Dmp:Identity:Issuers:test:RequireHttpsMetadata=false",
        "--Dmp:Identity:Issuers:test:KindClaim=dmp_kind",
        .. Enum.GetNames<Dmp.Server.Calls.CallerKind>().Select((kind, i) => $"--Dmp:Identity:Issuers:test:CallerKinds:{i}={kind}"),
    ];

    internal Callers Callers => new(Issuer);

    /// <summary>Whether the servers are behind a pooler, whose sessions are not theirs.</summary>
    internal bool IsPooled => pooler is not null;

    /// <summary>How a server gets to a database.</summary>
    internal string[] DatabaseSettings(TestDatabase cluster, string database) => pooler is null || cluster != databases
        ? [$"--Dmp:Database:ConnectionString={cluster.RuntimeOf(database)}"]
        :
        [
            $"--Dmp:Database:ConnectionString={pooler.Through(cluster.RuntimeOf(database))};Max Auto Prepare=0",
            $"--Dmp:Database:SessionConnectionString={cluster.RuntimeOf(database)}",
        ];

    public async ValueTask InitializeAsync()
    {
        // PostgreSQL runs as another account when the tests run as root, and must be able to pass.
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        issuer = await TestIssuer.StartAsync();
        databases = await TestDatabase.StartAsync(directory);
        if (Environment.GetEnvironmentVariable("DMP_TEST_POOLER") == "1")
        {
            // A drill: every server of every test behind a PgBouncer that gives each transaction another session.
            Assert.Null(Pooler.WhyNot);
            await Pooler.GiveSettingsAsync(databases, "");
            pooler = await Pooler.StartAsync(databases, "transaction", 4, roundRobin: 1);
        }

        server = await TestServer.StartAsync(this, TestServer.WithIssuer, "--Dmp:Database:ConnectionsMax=20", "--Dmp:Facts:Workers=2");
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        if (pooler is not null)
        {
            await pooler.DisposeAsync();
        }

        if (databases is not null)
        {
            await databases.DisposeAsync();
        }

        if (issuer is not null)
        {
            await issuer.DisposeAsync();
        }

        if (OperatingSystem.IsLinux())
        {
            await ServerProcess.DeleteTemplateAsync();
        }

        Directory.Delete(directory, recursive: true);
    }

    /// <summary>With further metadata in each call.</summary>
    internal DmpApi As(string? token, params (string Key, string Value)[] metadata) => new(Server.Channel, token, metadata);

    internal DmpApi As(TestProfessional professional) => As(Callers.Token(professional));

    internal DmpApi As(TestPatient patient) => As(Callers.Token(patient));

    internal DmpApi InSecretAs(TestProfessional professional, string secret = "true") =>
        new(Server.Channel, Callers.Token(professional), ("dmp-secret-connection", secret));

    internal DmpApi AsStructure(string structureId) => As(Callers.StructureToken(structureId));

    internal DmpApi AsRepresentativeOf(params TestPatient[] patients) => As(Callers.RepresentativeToken(patients));

    internal DmpApi AsOperator() => As(Callers.RoleToken("operator", "dmp.operator"));

    internal DmpApi AsAuditor() => As(Callers.RoleToken("auditor", "dmp.auditor"));

    private static InvalidOperationException NotReady() => new("The fixture is not initialized.");
}
