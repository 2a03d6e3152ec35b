using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;

namespace Dmp.Storage.Keys;

/// <summary>
/// Azure Key Vault and Managed HSM over their REST interface (<c>wrapkey</c>, <c>unwrapkey</c>), with the credentials and the pipeline of
/// Azure.Core. The versions of one key are the master keys; names are <c>KEY/VERSION</c>.
/// </summary>
internal sealed partial class KeyVaultMasterKeys : IMasterKeyProvider
{
    private const string ApiVersion = "7.4";
    private const int PagesMax = 100;

    private readonly KeyVaultOptions options;
    private readonly Uri vault;
    private readonly HttpPipeline pipeline;

    public KeyVaultMasterKeys(KeyVaultOptions options)
        : this(options, CredentialOf(options), transport: null)
    {
    }

    /// <summary>With another credential and another way to the network, for tests.</summary>
    internal KeyVaultMasterKeys(KeyVaultOptions options, TokenCredential credential, HttpPipelineTransport? transport)
    {
        this.options = options;
        vault = options.Vault!;
        VaultClientOptions client = new();
        // An upload waits for this: a vault that is slow is told as one that is not there.
        client.Retry.MaxRetries = 3;
        client.Retry.Delay = TimeSpan.FromMilliseconds(200);
        client.Retry.MaxDelay = TimeSpan.FromSeconds(2);
        client.Retry.NetworkTimeout = TimeSpan.FromSeconds(10);
        // Bodies hold wrapped keys and, on the way there, keys.
        client.Diagnostics.IsLoggingContentEnabled = false;
        if (transport is not null)
        {
            client.Transport = transport;
        }

        pipeline = HttpPipelineBuilder.Build(client, new BearerTokenAuthenticationPolicy(credential, ScopeOf(vault)));
    }

    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        List<(string Name, long Created)> found = [];
        var next = AddressOf($"{options.KeyName}/versions");
        for (var page = 0; next is not null && page < PagesMax; page++)
        {
            var answer = await SendAsync(RequestMethod.Get, next, null, isUnwrap: false, isListing: true, cancellationToken);
            if (answer is null)
            {
                return [];
            }

            var versions = Parse(answer, VaultJson.Default.VersionPage);
            found.AddRange(versions.Value
                .Where(version => version.Attributes is not { Enabled: false })
                .Select(version => (NameOf(version.Kid), version.Attributes?.Created ?? 0)));
            next = NextOf(versions.NextLink);
        }

        return [.. found.OrderByDescending(version => version.Created)
            .ThenByDescending(version => version.Name, StringComparer.Ordinal)
            .Select(version => version.Name)];
    }

    public async Task<string> CreateAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var isSymmetric = options.KeyType == "oct-HSM";
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new KeyRequest(options.KeyType, isSymmetric ? 256 : options.KeyBits, ["wrapKey", "unwrapKey"]), VaultJson.Default.KeyRequest);
        var answer = await SendAsync(
            RequestMethod.Post, AddressOf($"{options.KeyName}/create"), body, isUnwrap: false, isListing: false, cancellationToken);
        return NameOf(Parse(answer!, VaultJson.Default.KeyBundle).Key.Kid);
    }

    public Task<byte[]> WrapAsync(string name, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken) =>
        OperateAsync(name, "wrapkey", secret, cancellationToken);

    public Task<byte[]> UnwrapAsync(string name, ReadOnlyMemory<byte> wrapped, CancellationToken cancellationToken) =>
        OperateAsync(name, "unwrapkey", wrapped, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<byte[]> OperateAsync(string name, string operation, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        // The name comes out of the database; it must not lead anywhere else in the vault.
        if (name.Split('/') is not [var key, var version] || !IsPlain(key) || !IsPlain(version))
        {
            throw new MasterKeyUnavailableException("A master key has a name that is none.");
        }

        var request = JsonSerializer.SerializeToUtf8Bytes(
            new KeyOperation(options.Algorithm, Base64Url.EncodeToString(value.Span)), VaultJson.Default.KeyOperation);
        var answer = await SendAsync(
            RequestMethod.Post, AddressOf($"{key}/{version}/{operation}"), request, operation == "unwrapkey", isListing: false,
            cancellationToken);
        try
        {
            return Base64Url.DecodeFromChars(Parse(answer!, VaultJson.Default.KeyResult).Value);
        }
        catch (FormatException malformed)
        {
            throw new MasterKeyUnavailableException("The key vault answered something else.", malformed);
        }
    }

    /// <summary>The body of a good answer; null for a listing of a key that is not there.</summary>
    private async Task<BinaryData?> SendAsync(
        RequestMethod method, Uri address, byte[]? body, bool isUnwrap, bool isListing, CancellationToken cancellationToken)
    {
        using var message = pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(address);
        message.Request.Headers.Add("Accept", "application/json");
        if (body is not null)
        {
            message.Request.Headers.Add("Content-Type", "application/json");
            message.Request.Content = RequestContent.Create(body);
        }

        try
        {
            await pipeline.SendAsync(message, cancellationToken);
        }
        catch (Exception failure) when (failure is RequestFailedException or AuthenticationFailedException or AggregateException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new MasterKeyUnavailableException("The key vault does not answer.", failure);
        }

        var response = message.Response;
        return response.Status switch
        {
            200 => response.Content,
            404 when isListing => null,
            404 => throw new MasterKeyUnavailableException("The key vault has no such key."),
            400 when isUnwrap => throw new WrappedKeyDamagedException("A wrapped key is not what its master key made."),
            401 or 403 => throw new MasterKeyUnavailableException($"The key vault refuses this identity (status {response.Status})."),
            _ => throw new MasterKeyUnavailableException($"The key vault answers with status {response.Status}."),
        };
    }

    private Uri AddressOf(string path) => new(vault, $"/keys/{path}?api-version={ApiVersion}");

    // The bearer token goes wherever the link leads.
    private Uri? NextOf(string? link) => string.IsNullOrEmpty(link) ? null
        : Uri.TryCreate(link, UriKind.Absolute, out var next) && next.Authority == vault.Authority && next.Scheme == vault.Scheme ? next
        : throw new MasterKeyUnavailableException("The key vault names another host.");

    private static string NameOf(string kid) =>
        Uri.TryCreate(kid, UriKind.Absolute, out var id) && id.AbsolutePath.Split('/') is ["", "keys", var name, var version]
            ? $"{name}/{version}"
            : throw new MasterKeyUnavailableException("The key vault answered something else.");

    private static bool IsPlain(string part) => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static T Parse<T>(BinaryData answer, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(answer.ToMemory().Span, type) ?? throw new JsonException();
        }
        catch (JsonException malformed)
        {
            throw new MasterKeyUnavailableException("The key vault answered something else.", malformed);
        }
    }

    private static TokenCredential CredentialOf(KeyVaultOptions options) => options.ManagedIdentityClientId is { Length: > 0 } client
        ? new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(client))
        : new DefaultAzureCredential(includeInteractiveCredentials: false);

    /// <summary>A vault of another cloud has another domain, and its own scope: the host without its first label.</summary>
    private static string ScopeOf(Uri vault) => $"https://{vault.Host[(vault.Host.IndexOf('.', StringComparison.Ordinal) + 1)..]}/.default";

    private sealed class VaultClientOptions : ClientOptions;

    internal sealed record KeyOperation(
        [property: JsonPropertyName("alg")] string Algorithm, [property: JsonPropertyName("value")] string Value);

    internal sealed record KeyResult([property: JsonPropertyName("value")] string Value);

    internal sealed record KeyRequest(
        [property: JsonPropertyName("kty")] string KeyType,
        [property: JsonPropertyName("key_size")] int KeySize,
        [property: JsonPropertyName("key_ops")] string[] Operations);

    internal sealed record KeyBundle([property: JsonPropertyName("key")] KeyVersion Key);

    internal sealed record KeyVersion(
        [property: JsonPropertyName("kid")] string Kid, [property: JsonPropertyName("attributes")] KeyAttributes? Attributes = null);

    internal sealed record KeyAttributes(
        [property: JsonPropertyName("enabled")] bool? Enabled = null, [property: JsonPropertyName("created")] long? Created = null);

    internal sealed record VersionPage(
        [property: JsonPropertyName("value")] KeyVersion[] Value, [property: JsonPropertyName("nextLink")] string? NextLink = null);

    [JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
    [JsonSerializable(typeof(KeyOperation))]
    [JsonSerializable(typeof(KeyResult))]
    [JsonSerializable(typeof(KeyRequest))]
    [JsonSerializable(typeof(KeyBundle))]
    [JsonSerializable(typeof(VersionPage))]
    private sealed partial class VaultJson : JsonSerializerContext;
}
