using System.Security.Cryptography.X509Certificates;
using Dmp.Client;

namespace Dmp.Cli.Platform;

/// <summary>The platform, with what must be freed after it.</summary>
/// <param name="Client">The client.</param>
/// <param name="Tokens">Its tokens, when they hold something.</param>
/// <param name="Certificate">Its certificate.</param>
/// <param name="Address">Where the platform is.</param>
/// <param name="ClientId">Who calls, as far as that is known here: empty for a token command.</param>
internal sealed record PlatformClient(
    DmpClient Client, IDisposable? Tokens, X509Certificate2? Certificate, string Address, string ClientId) : IDisposable
{
    public void Dispose()
    {
        Client.Dispose();
        Tokens?.Dispose();
        Certificate?.Dispose();
    }
}
