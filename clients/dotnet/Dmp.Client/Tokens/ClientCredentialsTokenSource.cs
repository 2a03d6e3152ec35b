using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Dmp.Client;

/// <summary>
/// Tokens of a program (back end, sandbox persona) from an OpenID Connect issuer: finds the token endpoint by discovery,
/// asks for a token with the client's secret or key, and keeps it until shortly before it expires. Many calls that need a token
/// at the same moment cause one request.
/// </summary>
public sealed class ClientCredentialsTokenSource : ITokenSource, IDisposable
{
    // One pool of connections for all sources; connections are renewed so that a moved issuer is found.
    private static readonly HttpClient sharedHttp =
        new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = TimeSpan.FromSeconds(30) };

    private static readonly TimeSpan renewBefore = TimeSpan.FromSeconds(60);

    // RFC 7523, section 3: a signed statement is good once, and not for long.
    private static readonly TimeSpan assertionLifetime = TimeSpan.FromMinutes(1);

    private readonly ClientCredentialsOptions options;
    private readonly HttpClient http;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim gate = new(1, 1);
    private Uri? tokenEndpoint;
    private volatile CachedToken? cached;

    /// <summary>Makes a source; nothing is fetched before the first token is needed.</summary>
    /// <param name="options">The issuer and the client.</param>
    /// <param name="http">The client to reach the issuer with, for example one with a client certificate; not disposed here.</param>
    /// <param name="time">The clock; the system's when null.</param>
    public ClientCredentialsTokenSource(ClientCredentialsOptions options, HttpClient? http = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!PlaintextRule.Allows(options.Issuer))
        {
            throw new ArgumentException(
                "The issuer must be an https address: a secret never travels in plain text beyond this machine.", nameof(options));
        }
        if (!AddressRule.HoldsNoSecret(options.Issuer))
        {
            throw new ArgumentException(
                "The issuer must not hold a user or password: addresses are shown in errors. Set ClientId and ClientSecret.",
                nameof(options));
        }
        if (string.IsNullOrEmpty(options.ClientSecret) == (options.ClientKey is null))
        {
            throw new ArgumentException("The client needs a secret or a key, and not both.", nameof(options));
        }
        this.options = options;
        this.http = http ?? sharedHttp;
        this.time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public async ValueTask<string> GetTokenAsync(CancellationToken cancellationToken)
    {
        if (Fresh() is { } present)
        {
            return present;
        }
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Fresh() ?? await FetchAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Invalidate(string token)
    {
        if (this.cached is { } cached && string.Equals(cached.Value, token, StringComparison.Ordinal))
        {
            Interlocked.CompareExchange(ref this.cached, null, cached);
        }
    }

    /// <summary>Frees the lock of this source.</summary>
    public void Dispose() => gate.Dispose();

    private string? Fresh() => this.cached is { } cached && time.GetUtcNow() < cached.RenewTime ? cached.Value : null;

    private async Task<string> FetchAsync(CancellationToken cancellationToken)
    {
        try
        {
            tokenEndpoint ??= await DiscoverAsync(cancellationToken).ConfigureAwait(false);
            using var content = new FormUrlEncodedContent(Form(tokenEndpoint));
            using var response = await http.PostAsync(tokenEndpoint, content, cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw await RefusedAsync(response, cancellationToken).ConfigureAwait(false);
            }
            var answer = await response.Content.ReadFromJsonAsync<TokenAnswer>(cancellationToken).ConfigureAwait(false);
            if (answer?.AccessToken is not { Length: > 0 } token)
            {
                throw new DmpAuthenticationException($"The issuer {options.Issuer} answered without an access token.");
            }
            cached = new CachedToken(token, RenewTime(answer.ExpiresInSeconds));
            return token;
        }
        catch (HttpRequestException failure)
        {
            throw ConnectionFailure.Of("issuer", options.Issuer, failure);
        }
        catch (Exception failure) when (failure is IOException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new DmpUnavailableException($"The issuer {options.Issuer} cannot be reached.", failure);
        }
        catch (JsonException failure)
        {
            throw new DmpAuthenticationException($"The issuer {options.Issuer} answered something that is not JSON.", failure);
        }
    }

    private Dictionary<string, string> Form(Uri tokenEndpoint)
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = options.ClientId };
        if (options.ClientKey is { } key)
        {
            form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            form["client_assertion"] = Assertion(key, tokenEndpoint);
        }
        else
        {
            form["client_secret"] = options.ClientSecret!;
        }
        if (options.Scope is { Length: > 0 } scope)
        {
            form["scope"] = scope;
        }
        return form;
    }

    // OpenID Connect Core 9: issuer and subject are the client, the audience is the token endpoint.
    private string Assertion(SigningCredentials key, Uri tokenEndpoint)
    {
        var now = time.GetUtcNow();
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = options.ClientId,
            Audience = tokenEndpoint.AbsoluteUri,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + assertionLifetime).UtcDateTime,
            Claims = new Dictionary<string, object>
            {
                [JwtRegisteredClaimNames.Sub] = options.ClientId,
                [JwtRegisteredClaimNames.Jti] = Guid.NewGuid().ToString(),
            },
            SigningCredentials = key,
        });
    }

    private async Task<Uri> DiscoverAsync(CancellationToken cancellationToken)
    {
        var address = new Uri($"{options.Issuer.AbsoluteUri.TrimEnd('/')}/.well-known/openid-configuration");
        using var response = await http.GetAsync(address, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw (DmpException?)Passes(response) ?? new DmpAuthenticationException(
                $"The issuer {options.Issuer} has no discovery document: HTTP {(int)response.StatusCode}. Its address may be wrong.");
        }
        var document = await response.Content.ReadFromJsonAsync<Discovery>(cancellationToken).ConfigureAwait(false);

        // OpenID Connect Discovery 4.3: a document that names another issuer must not be used.
        if (!string.Equals(document?.Issuer?.TrimEnd('/'), options.Issuer.AbsoluteUri.TrimEnd('/'), StringComparison.Ordinal))
        {
            throw new DmpAuthenticationException($"The discovery document of {options.Issuer} names another issuer.");
        }
        if (!Uri.TryCreate(document?.TokenEndpoint, UriKind.Absolute, out var endpoint) || !PlaintextRule.Allows(endpoint))
        {
            throw new DmpAuthenticationException($"The discovery document of {options.Issuer} names no usable token endpoint.");
        }
        return endpoint;
    }

    // An issuer that is broken, slow or busy may be well later. Null for any other answer: asking again changes nothing.
    private DmpUnavailableException? Passes(HttpResponseMessage response) =>
        response.StatusCode is >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
            ? new DmpUnavailableException($"The issuer {options.Issuer} answered {(int)response.StatusCode}.")
            : null;

    // Only the OAuth error code is taken over: a description could repeat what was sent.
    private async Task<DmpException> RefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (Passes(response) is { } passing)
        {
            return passing;
        }
        string? code = null;
        try
        {
            code = (await response.Content.ReadFromJsonAsync<OAuthError>(cancellationToken).ConfigureAwait(false))?.Error;
        }
        catch (JsonException)
        {
            // Some issuers answer a page; the HTTP status below is all there is to say then.
        }
        return new DmpAuthenticationException(
            $"The issuer {options.Issuer} refused a token to the client {options.ClientId}: "
            + $"{code ?? $"HTTP {(int)response.StatusCode}"}.");
    }

    // A minute early, or a tenth of the lifetime when tokens live shorter than ten minutes. An issuer that gives no
    // lifetime is asked again each minute.
    private DateTimeOffset RenewTime(double? expiresInSeconds)
    {
        var lifetime = TimeSpan.FromSeconds(expiresInSeconds ?? 120);
        var early = lifetime / 10 < renewBefore ? lifetime / 10 : renewBefore;
        return time.GetUtcNow() + lifetime - (expiresInSeconds is null ? renewBefore : early);
    }

    private sealed record CachedToken(string Value, DateTimeOffset RenewTime);

    private sealed record Discovery(
        [property: JsonPropertyName("issuer")] string? Issuer,
        [property: JsonPropertyName("token_endpoint")] string? TokenEndpoint);

    private sealed record TokenAnswer(
        [property: JsonPropertyName("access_token")] string? AccessToken,
        [property: JsonPropertyName("expires_in")] double? ExpiresInSeconds);

    private sealed record OAuthError([property: JsonPropertyName("error")] string? Error);
}
