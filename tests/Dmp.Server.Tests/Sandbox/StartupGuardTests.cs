using Dmp.Server.Options;
using Dmp.Server.Startup;
using Xunit;

namespace Dmp.Server.Tests.Sandbox;

public sealed class StartupGuardTests : IDisposable
{
    private readonly string certificate = Path.GetTempFileName();

    public void Dispose() => File.Delete(certificate);

    [Fact]
    public void A_safe_production_starts() => StartupGuard.Check(Production());

    [Fact]
    public void A_plain_sandbox_starts() => StartupGuard.Check(Sandbox());

    [Fact]
    public void The_sandbox_may_have_default_secrets_because_it_is_on_loopback() =>
        StartupGuard.Check(Sandbox() with { Database = new() { ConnectionString = "Host=127.0.0.1;Username=postgres;Password=postgres" } });

    [Fact]
    public void Start_is_refused_without_TLS() =>
        AssertRefused(Production() with { Listen = new() }, "no TLS certificate (Dmp:Listen:CertificatePath)");

    [Fact]
    public void Start_is_refused_when_the_certificate_is_not_there() =>
        AssertRefused(Production() with { Listen = new() { CertificatePath = "/nowhere/server.pem" } }, "/nowhere/server.pem");

    [Fact]
    public void Start_is_refused_when_the_private_key_is_not_there() => AssertRefused(
        Production() with { Listen = new() { CertificatePath = certificate, CertificateKeyPath = "/nowhere/server.key" } },
        "/nowhere/server.key");

    [Fact]
    public void Start_is_refused_with_the_sandbox_issuer() =>
        AssertRefused(Production() with { Sandbox = new() { Issuer = true } }, "Dmp:Sandbox:Issuer");

    [Theory]
    [InlineData("http://login.example/")]
    [InlineData("ftp://login.example/")]
    [InlineData("login.example")]
    [InlineData("")]
    [InlineData("http://127.0.0.1:7444/")]
    public void Start_is_refused_with_an_issuer_without_https(string authority) =>
        AssertRefused(WithIssuer(authority), "issuer psc is not an https address");

    [Theory]
    [InlineData("https://127.0.0.1:7444/")]
    [InlineData("https://127.1.2.3/")]
    [InlineData("https://localhost/")]
    [InlineData("https://issuer.localhost/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:127.0.0.1]/")]
    [InlineData("https://0.0.0.0/")]
    public void Start_is_refused_with_an_issuer_on_loopback(string authority) =>
        AssertRefused(WithIssuer(authority), "issuer psc is on loopback");

    [Fact]
    public void Start_is_refused_in_the_test_realm_by_accident() =>
        AssertRefused(Production() with { Realm = new() { Realm = Realm.Test } }, "Dmp:Sandbox:AllowTestRealm");

    [Fact]
    public void The_test_realm_starts_when_it_is_meant() => StartupGuard.Check(
        Production() with { Realm = new() { Realm = Realm.Test }, Sandbox = new() { AllowTestRealm = true } });

    [Theory]
    [InlineData("Host=db;Username=dmp;Password=sandbox")]
    [InlineData("Host=db;Username=dmp;Password=Postgres")]
    [InlineData("Host=/run/postgresql;Username=dmp;Password=postgres")]
    public void Start_is_refused_with_a_default_password(string connection) =>
        AssertRefused(WithDatabase(connection), "has a default password");

    [Theory]
    [InlineData("Host=db;Username=dmp")]
    [InlineData("Host=db;Username=dmp;Password=")]
    [InlineData("Host=/run/postgresql,db;Username=dmp")]
    public void Start_is_refused_without_a_password_over_the_network(string connection) =>
        AssertRefused(WithDatabase(connection), "has no password");

    [Theory]
    [InlineData("Host=/run/postgresql;Username=dmp")]
    [InlineData("Host=db;Username=dmp;SSL Mode=VerifyCA;SSL Certificate=/etc/dmp/client.pem")]
    [InlineData("Host=db;Username=dmp;SSL Mode=VerifyFull;Passfile=/etc/dmp/pgpass")]
    public void Another_credential_than_a_password_starts(string connection) => StartupGuard.Check(WithDatabase(connection));

    [Fact]
    public void Start_is_refused_with_a_default_password_of_the_migrations() => AssertRefused(
        Production() with { Database = new() { MigrationConnectionString = "Host=db;Username=owner;Password=sandbox" } },
        "Dmp:Database:MigrationConnectionString");

    [Fact]
    public void A_broken_connection_string_is_refused_and_not_repeated()
    {
        var refusal = Assert.Throws<StartupRefusedException>(() => StartupGuard.Check(WithDatabase("Host=db;Pasword=s3cr3t-value")));
        Assert.Contains("Dmp:Database:ConnectionString is not a connection string", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t-value", refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.168.1.2")]
    public void The_sandbox_is_refused_beyond_loopback(string address) =>
        AssertRefused(Sandbox() with { Listen = new() { Address = address } }, "loopback only");

    [Fact]
    public void The_sandbox_is_refused_with_one_port_for_both() =>
        AssertRefused(Sandbox() with { Listen = new() { GrpcPort = 7444 } }, "the same port");

    [Fact]
    public void Start_is_refused_with_an_address_that_is_none() =>
        AssertRefused(Production() with { Listen = new() { Address = "localhost", CertificatePath = certificate } }, "not an IP address");

    [Fact]
    public void All_reasons_come_at_once_on_one_line()
    {
        var facts = Production() with { Listen = new(), Sandbox = new() { Issuer = true } };
        var refusal = Assert.Throws<StartupRefusedException>(() => StartupGuard.Check(facts));
        Assert.Equal(2, StartupGuard.Refusals(facts).Count());
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    [InlineData("Staging")]
    public void Every_environment_but_the_sandbox_has_the_strict_rules(string environment) => AssertRefused(
        Sandbox() with { Environment = environment }, "no TLS certificate");

    [Theory]
    [InlineData("Host=db;Username=dmp;Password=6ab1f0c2d94e")]
    [InlineData("Host=db;Username=dmp;Password=6ab1f0c2d94e;SSL Mode=Require")]
    [InlineData("Host=10.0.0.4;Username=dmp;Password=6ab1f0c2d94e;SSL Mode=Prefer")]
    [InlineData("Host=127.0.0.1,db:5433;Username=dmp;Password=6ab1f0c2d94e")]
    [InlineData("Host=2001:db8::1;Username=dmp;Password=6ab1f0c2d94e")]
    [InlineData("Host=localhost.example;Username=dmp;Password=6ab1f0c2d94e;SSL Mode=Disable")]
    public void Start_is_refused_with_a_database_on_another_host_without_verified_TLS(string connection)
    {
        AssertRefused(WithDatabase(connection), "Dmp:Database:ConnectionString is a database on another host without verified TLS");
        AssertRefused(
            Production() with { Database = new() { MigrationConnectionString = connection } },
            "Dmp:Database:MigrationConnectionString is a database on another host without verified TLS");
        StartupGuard.Check(Production() with { Database = new() { ConnectionString = connection, AllowUnverifiedTls = true } });
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Username=dmp;Password=6ab1f0c2d94e")]
    [InlineData("Host=localhost:5433,::1;Username=dmp;Password=6ab1f0c2d94e")]
    [InlineData("Host=/run/postgresql;Username=dmp")]
    public void A_database_on_this_machine_needs_no_TLS(string connection) => StartupGuard.Check(WithDatabase(connection));

    private StartupFacts WithIssuer(string authority) => Production() with { Issuers = [new("psc", authority)] };

    private StartupFacts WithDatabase(string connection) => Production() with { Database = new() { ConnectionString = connection } };

    private StartupFacts Production() => new()
    {
        Environment = "Production",
        Listen = new() { Address = "0.0.0.0", CertificatePath = certificate },
        Sandbox = new(),
        Realm = new(),
        Database = new() { ConnectionString = "Host=db;Username=dmp;Password=6ab1f0c2d94e;SSL Mode=VerifyFull" },
        Issuers = [new("psc", "https://login.example/realms/psc")],
    };

    private static StartupFacts Sandbox() => new()
    {
        Environment = "Sandbox",
        Listen = new(),
        Sandbox = new(),
        Realm = new() { Realm = Realm.Test },
        Database = new(),
        Issuers = [new("sandbox", "http://127.0.0.1:7444/")],
    };

    private static void AssertRefused(StartupFacts facts, string part)
    {
        var refusal = Assert.Throws<StartupRefusedException>(() => StartupGuard.Check(facts));
        Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
    }
}
