namespace Dmp.Client;

/// <summary>Secrets and tokens leave this machine only through TLS.</summary>
internal static class PlaintextRule
{
    public static bool Allows(Uri address) =>
        address.IsAbsoluteUri
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
}
