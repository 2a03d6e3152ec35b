using System.Net;
using Dmp.Server.Options;
using Npgsql;

namespace Dmp.Server.Startup;

/// <summary>The configuration is not one this server starts with. The message says what to set.</summary>
internal sealed class StartupRefusedException(string message) : Exception(message);

/// <summary>
/// Keeps the sandbox and real people apart: what is fine with fictitious people on loopback does not start anywhere else, and
/// the sandbox does not listen to the world.
/// </summary>
internal static class StartupGuard
{
    /// <summary>Passwords that everybody tries first.</summary>
    private static readonly string[] defaultPasswords = ["postgres", "password", "sandbox", "dmp", "secret", "changeme", "admin"];

    /// <exception cref="StartupRefusedException">Names every fault at once.</exception>
    public static void Check(bool isSandbox, ListenOptions listen, DatabaseOptions database, IdentityOptions identity, Realm realm)
    {
        var faults = isSandbox ? SandboxFaults(listen, realm) : Faults(listen, database, identity);
        var all = string.Join(" ", AddressFaults(listen).Concat(faults));
        if (all.Length > 0)
        {
            throw new StartupRefusedException(all);
        }
    }

    private static IEnumerable<string> AddressFaults(ListenOptions listen)
    {
        if (!IPAddress.TryParse(listen.Address, out _))
        {
            yield return "Dmp:Listen:Address must be an IP address.";
        }

        if (listen.CertificatePath is { Length: > 0 } path && !File.Exists(path))
        {
            yield return $"Dmp:Listen:CertificatePath names no file ({path}).";
        }
    }

    private static IEnumerable<string> SandboxFaults(ListenOptions listen, Realm realm)
    {
        if (IPAddress.TryParse(listen.Address, out var address) && !IPAddress.IsLoopback(address))
        {
            yield return "The sandbox listens on loopback only (Dmp:Listen:Address): its secrets are public and its port has no TLS.";
        }

        if (realm == Realm.Production && listen.CertificatePath is { Length: > 0 })
        {
            yield return "A production realm with a certificate is no sandbox: set DOTNET_ENVIRONMENT to Production.";
        }
    }

    private static IEnumerable<string> Faults(ListenOptions listen, DatabaseOptions database, IdentityOptions identity)
    {
        if (string.IsNullOrEmpty(listen.CertificatePath))
        {
            yield return "The gRPC port needs TLS outside the sandbox: set Dmp:Listen:CertificatePath and CertificateKeyPath.";
        }

        if (listen.Reflection)
        {
            yield return "Dmp:Listen:Reflection is for the sandbox only.";
        }

        foreach (var issuer in identity.Issuers)
        {
            if (!Uri.TryCreate(issuer.Authority, UriKind.Absolute, out var authority)
                || authority.Scheme != Uri.UriSchemeHttps
                || authority.IsLoopback)
            {
                yield return $"The issuer '{issuer.Name}' is on loopback or without TLS, as the sandbox's is; outside the sandbox its "
                    + "Authority must be an https address of another machine.";
            }
        }

        if (!database.Durable)
        {
            yield return "Dmp:Database:Durable=false is for tests only.";
        }

        if (HasDefaultPassword(database.ConnectionString))
        {
            yield return "Dmp:Database:ConnectionString has a default password; give the role one of its own.";
        }
    }

    private static bool HasDefaultPassword(string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            return false;
        }

        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        return settings.Password is { Length: > 0 } password
            && (defaultPasswords.Contains(password, StringComparer.OrdinalIgnoreCase)
                || string.Equals(password, settings.Username, StringComparison.OrdinalIgnoreCase));
    }
}
