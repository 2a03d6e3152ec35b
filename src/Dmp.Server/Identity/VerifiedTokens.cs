using System.Security.Cryptography;
using System.Text;
using Dmp.Server.Calls;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Dmp.Server.Identity;

/// <summary>Who a token is, and the keys of its issuer that say so.</summary>
internal sealed record VerifiedToken(
    Caller Caller,
    DateTimeOffset ExpireTime,
    IConfigurationManager<OpenIdConnectConfiguration> Issuer,
    OpenIdConnectConfiguration Keys);

/// <summary>
/// Verifies the token of a call, and remembers by its hash what came of it: neither signature nor claims can change. Only until the token
/// ends or the keys of its issuer are others; only what was accepted; and only for the client certificate it came with, which it may
/// be bound to.
/// </summary>
internal sealed class VerifiedTokens(TimeProvider time) : IDisposable
{
    /// <summary>A kibibyte or two each.</summary>
    private const int TokensMax = 20_000;

    private readonly MemoryCache tokens = new(new MemoryCacheOptions { SizeLimit = TokensMax });

    /// <summary>The caller, or how the token was refused.</summary>
    /// <exception cref="OperationCanceledException">The caller left.</exception>
    public async Task<(VerifiedToken? Token, AuthenticateResult? Refused)> VerifyAsync(HttpContext http)
    {
        var hash = HashOf(http);
        if (hash is not null && tokens.TryGetValue(hash, out VerifiedToken? known) && await StandsAsync(known!, http.RequestAborted))
        {
            return (known, null);
        }

        var result = await http.AuthenticateAsync();
        if (!result.Succeeded)
        {
            http.RequestAborted.ThrowIfCancellationRequested();
            return (null, result);
        }

        var verified = http.Features.Get<VerifiedToken>() ?? throw new InvalidOperationException("A token was accepted without a caller.");
        if (hash is not null)
        {
            tokens.Set(hash, verified, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = verified.ExpireTime });
        }

        return (verified, null);
    }

    public void Dispose() => tokens.Dispose();

    // The same object as long as nothing was fetched; what is fetched anew is another one, whatever it holds.
    private async Task<bool> StandsAsync(VerifiedToken known, CancellationToken ct)
    {
        try
        {
            return time.GetUtcNow() < known.ExpireTime && ReferenceEquals(known.Keys, await known.Issuer.GetConfigurationAsync(ct));
        }
        catch (InvalidOperationException)
        {
            // The issuer does not answer, which is told as ever.
            return false;
        }
    }

    private static string? HashOf(HttpContext http)
    {
        if (http.Request.Headers.Authorization is not [{ Length: > 0 } header])
        {
            return null;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(header));
        if (http.Connection.ClientCertificate is { } certificate)
        {
            hash.AppendData([0]);
            hash.AppendData(certificate.RawDataMemory.Span);
        }

        return Convert.ToBase64String(hash.GetHashAndReset());
    }
}
