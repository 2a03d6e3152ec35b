using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Dmp.Client;

namespace Dmp.Story;

/// <summary>One fictitious person or system of the sandbox: calls the platform with its own tokens.</summary>
internal sealed record Persona(string Name, DmpClient Client, UserInfo Info);

/// <summary>The personas of the story. All of them call over one connection.</summary>
internal sealed class Personas : IDisposable
{
    // Public and worthless: the sandbox issuer listens on loopback and knows only people who do not exist.
    private const string SandboxSecret = "sandbox";

    private readonly HttpClient http = new();
    private readonly List<ClientCredentialsTokenSource> tokens = [];
    private readonly StoryOptions options;
    private DmpClient? client;

    public Personas(StoryOptions options) => this.options = options;

    /// <summary>Gets a token and asks the issuer who that is.</summary>
    public async Task<Persona> ArriveAsync(string name, CancellationToken ct)
    {
        var tokens = new ClientCredentialsTokenSource(
            new ClientCredentialsOptions { Issuer = options.Issuer, ClientId = name, ClientSecret = SandboxSecret });
        this.tokens.Add(tokens);
        client ??= new DmpClient(new DmpClientOptions { Address = options.Address, Tokens = tokens, Software = "Dmp.Story/1.0" });
        return new Persona(name, client.WithTokens(tokens), await ReadUserInfoAsync(await tokens.GetTokenAsync(ct), ct));
    }

    public void Dispose()
    {
        client?.Dispose();
        this.tokens.ForEach(tokens => tokens.Dispose());
        http.Dispose();
    }

    private async Task<UserInfo> ReadUserInfoAsync(string token, CancellationToken ct)
    {
        var discovery = await http.GetFromJsonAsync<JsonElement>(new Uri(options.Issuer, ".well-known/openid-configuration"), ct);
        var endpoint = discovery.GetProperty("userinfo_endpoint").GetString()!;
        using var request = new HttpRequestMessage(HttpMethod.Get, endpoint);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request, ct);
        response.EnsureSuccessStatusCode();
        return new UserInfo(await response.Content.ReadFromJsonAsync<JsonElement>(ct));
    }
}
