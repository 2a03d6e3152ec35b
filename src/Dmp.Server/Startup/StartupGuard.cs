using System.Net;
using Dmp.Server.Options;
using Npgsql;

namespace Dmp.Server.Startup;

/// <summary>An issuer whose tokens the server is to accept.</summary>
internal sealed record ConfiguredIssuer(string Name, string Authority);

/// <summary>What decides whether the server may start.</summary>
internal sealed record StartupFacts
{
    public required string Environment { get; init; }

    public required ListenOptions Listen { get; init; }

    public required SandboxOptions Sandbox { get; init; }

    public required RealmOptions Realm { get; init; }

    public required DatabaseOptions Database { get; init; }

    /// <summary>The issuers of the configuration; the sandbox issuer is not among them unless somebody wrote it down.</summary>
    public required IReadOnlyList<ConfiguredIssuer> Issuers { get; init; }
}

/// <summary>
/// Keeps what is good enough for a sandbox out of every other environment, and the sandbox on this machine. The rules hold
/// before anything listens. A refusal never repeats a secret.
/// </summary>
internal static class StartupGuard
{
    private static readonly string[] defaultPasswords = ["sandbox", "postgres", "password", "dmp", "changeme", "changeit"];

    /// <exception cref="StartupRefusedException">The server must not start; the message holds every reason.</exception>
    public static void Check(StartupFacts facts)
    {
        var refusals = Refusals(facts).ToList();
        if (refusals.Count > 0)
        {
            throw new StartupRefusedException("The server does not start. " + string.Join(' ', refusals));
        }
    }

    /// <summary>The reasons against a start, one sentence each.</summary>
    public static IEnumerable<string> Refusals(StartupFacts facts)
    {
        if (!IPAddress.TryParse(facts.Listen.Address, out var address))
        {
            return ["Dmp:Listen:Address is not an IP address."];
        }

        if (!IPAddress.TryParse(facts.Listen.ProbeAddress, out var probes))
        {
            return ["Dmp:Listen:ProbeAddress is not an IP address."];
        }

        if (new ListenOptionsValidator().Validate(null, facts.Listen) is { Failed: true } faults)
        {
            return [.. faults.Failures];
        }

        return SandboxOptions.IsSandbox(facts.Environment)
            ? SandboxRefusals(facts, address, probes)
            : [.. IdentityRefusals(facts), .. TlsRefusals(facts.Listen), .. SecretRefusals(facts.Database), .. TestSettingRefusals(facts)];
    }

    private static IEnumerable<string> SandboxRefusals(StartupFacts facts, IPAddress address, IPAddress probes)
    {
        // Whoever reaches the sandbox gets a token: the secrets of its personas are public.
        if (!IPAddress.IsLoopback(address))
        {
            yield return $"The sandbox listens on loopback only, and Dmp:Listen:Address is {address}.";
        }

        if (!IPAddress.IsLoopback(probes))
        {
            yield return $"The sandbox listens on loopback only, and Dmp:Listen:ProbeAddress is {probes}.";
        }

        if (facts.Sandbox.IssuerRuns(facts.Environment) && facts.Listen.GrpcPort == facts.Listen.SandboxIssuerPort)
        {
            yield return "Dmp:Listen:GrpcPort and Dmp:Listen:SandboxIssuerPort are the same port.";
        }
    }

    private static IEnumerable<string> IdentityRefusals(StartupFacts facts)
    {
        if (facts.Sandbox.IssuerRuns(facts.Environment))
        {
            yield return $"The sandbox issuer (Dmp:Sandbox:Issuer) runs in the environment {SandboxOptions.EnvironmentName} only; "
                + $"this is {facts.Environment}.";
        }

        if (facts.Realm.Realm == Realm.Test && !facts.Sandbox.AllowTestRealm)
        {
            yield return "Dmp:Realm is Test, which softens the checks of identities; set Dmp:Sandbox:AllowTestRealm to true when that "
                + "is meant.";
        }

        foreach (var issuer in facts.Issuers)
        {
            if (!Uri.TryCreate(issuer.Authority, UriKind.Absolute, out var authority) || authority.Scheme != Uri.UriSchemeHttps)
            {
                yield return $"The authority of the issuer {issuer.Name} is not an https address.";
            }
            else if (IsThisMachine(authority))
            {
                yield return $"The authority of the issuer {issuer.Name} is on loopback, where only the sandbox has an issuer.";
            }
        }
    }

    private static IEnumerable<string> TlsRefusals(ListenOptions listen)
    {
        if (string.IsNullOrWhiteSpace(listen.CertificatePath))
        {
            yield return "The gRPC port has no TLS certificate (Dmp:Listen:CertificatePath).";
        }
        else if (!File.Exists(listen.CertificatePath))
        {
            yield return $"There is no TLS certificate at {listen.CertificatePath} (Dmp:Listen:CertificatePath).";
        }

        if (!string.IsNullOrWhiteSpace(listen.CertificateKeyPath) && !File.Exists(listen.CertificateKeyPath))
        {
            yield return $"There is no private key at {listen.CertificateKeyPath} (Dmp:Listen:CertificateKeyPath).";
        }
    }

    private static IEnumerable<string> SecretRefusals(DatabaseOptions database) =>
        [.. SecretRefusals("Dmp:Database:ConnectionString", database.ConnectionString, database.AllowUnverifiedTls),
            .. SecretRefusals("Dmp:Database:SessionConnectionString", database.SessionConnectionString, database.AllowUnverifiedTls),
            .. SecretRefusals("Dmp:Database:MigrationConnectionString", database.MigrationConnectionString, database.AllowUnverifiedTls)];

    private static IEnumerable<string> TestSettingRefusals(StartupFacts facts)
    {
        if (facts.Listen.Reflection)
        {
            yield return "Dmp:Listen:Reflection is for the sandbox only.";
        }

        if (!facts.Database.Durable)
        {
            yield return "Dmp:Database:Durable is false, which loses documents when the machine stops; it is for tests only.";
        }
    }

    private static IEnumerable<string> SecretRefusals(string setting, string? connectionString, bool allowUnverifiedTls)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            yield break;
        }

        if (Parse(connectionString) is not { } connection)
        {
            yield return $"{setting} is not a connection string.";
            yield break;
        }

        if (!allowUnverifiedTls && connection.SslMode is not (SslMode.VerifyCA or SslMode.VerifyFull) && !IsThisMachine(connection.Host))
        {
            yield return $"{setting} is a database on another host without verified TLS; add SSL Mode=VerifyFull to it, "
                + "or set Dmp:Database:AllowUnverifiedTls to true when nobody else can reach that network.";
        }

        if (defaultPasswords.Contains(connection.Password, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"{setting} has a default password.";
        }
        else if (string.IsNullOrEmpty(connection.Password) && !HasAnotherCredential(connection) && !IsSocket(connection.Host))
        {
            yield return $"{setting} has no password for a server that is reached over the network.";
        }
    }

    private static NpgsqlConnectionStringBuilder? Parse(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException)
        {
            // The message of the exception may repeat a part of the string, and with it the password.
            return null;
        }
    }

    private static bool HasAnotherCredential(NpgsqlConnectionStringBuilder connection) =>
        !string.IsNullOrEmpty(connection.Passfile) || !string.IsNullOrEmpty(connection.SslCertificate);

    // On a Unix socket PostgreSQL asks the kernel who calls. Several hosts are separated by commas; @ is an abstract socket.
    private static bool IsSocket(string? hosts) =>
        hosts is { Length: > 0 } && hosts.Split(',').All(host => host.TrimStart() is ['/' or '@', ..]);

    // Several hosts are separated by commas, each with a port or without; all of them must be here.
    private static bool IsThisMachine(string? hosts) => hosts is { Length: > 0 } && hosts.Split(',').Select(host => host.Trim()).All(host =>
        IsSocket(host)
        || (Uri.TryCreate($"tcp://{(host.Count(':') > 1 && host[0] != '[' ? $"[{host}]" : host)}", UriKind.Absolute, out var address)
            && IsLoopbackName(address)));

    private static bool IsLoopbackName(Uri address) =>
        address.IsLoopback
        || address.IdnHost.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.IdnHost.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));

    private static bool IsThisMachine(Uri authority) =>
        authority.IsLoopback
        || authority.IdnHost.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(authority.IdnHost.TrimEnd('.'), out var address)
            && (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));
}
