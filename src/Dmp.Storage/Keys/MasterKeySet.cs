namespace Dmp.Storage.Keys;

/// <summary>
/// All master keys that the settings reach. Ids say where a key is: <c>file/NAME</c>, <c>pkcs11/NAME</c>, <c>keyvault/NAME/VERSION</c>; so
/// keys of two places can be used side by side while records move from one to the other.
/// </summary>
public sealed class MasterKeySet : IAsyncDisposable
{
    private readonly Dictionary<string, IMasterKeyProvider> providers;
    private readonly string own;

    /// <summary>With the provider in which new keys are made.</summary>
    public MasterKeySet(MasterKeyKind kind, params IEnumerable<(MasterKeyKind Kind, IMasterKeyProvider Provider)> providers)
    {
        own = PrefixOf(kind);
        this.providers = providers.ToDictionary(provider => PrefixOf(provider.Kind), provider => provider.Provider, StringComparer.Ordinal);
    }

    /// <summary>The providers that the settings name. Nothing is reached before the first use.</summary>
    public static MasterKeySet Open(MasterKeyOptions options)
    {
        List<(MasterKeyKind, IMasterKeyProvider)> providers = [];
        if (!string.IsNullOrWhiteSpace(options.Directory))
        {
            providers.Add((MasterKeyKind.File, new FileMasterKeys(Path.GetFullPath(options.Directory))));
        }

        if (options.Pkcs11 is { } pkcs11)
        {
            providers.Add((MasterKeyKind.Pkcs11, new Pkcs11MasterKeys(pkcs11)));
        }

        if (options.KeyVault is { } keyVault)
        {
            providers.Add((MasterKeyKind.KeyVault, new KeyVaultMasterKeys(keyVault)));
        }

        return new MasterKeySet(options.Provider, providers);
    }

    /// <summary>The keys where new ones are made, the newest first.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await providers[own].ListAsync(cancellationToken)).Select(name => own + name)];

    /// <summary>Makes a key; answers its id.</summary>
    public async Task<string> CreateAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        own + await providers[own].CreateAsync(now, cancellationToken);

    /// <summary>Wraps the key of a record.</summary>
    public async Task<byte[]> WrapAsync(
        string masterKeyId, RecordKeyName name, ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        var (provider, keyName) = Find(masterKeyId);
        using var secret = name.Bind(key.Span);
        return await provider.WrapAsync(keyName, secret.Bytes, cancellationToken);
    }

    /// <summary>The key of a record. The caller disposes of it.</summary>
    /// <exception cref="WrappedKeyDamagedException">What is wrapped is not the key of that name.</exception>
    public async Task<SecretBytes> UnwrapAsync(
        string masterKeyId, RecordKeyName name, ReadOnlyMemory<byte> wrapped, CancellationToken cancellationToken)
    {
        var (provider, keyName) = Find(masterKeyId);
        using var secret = SecretBytes.Of(await provider.UnwrapAsync(keyName, wrapped, cancellationToken));
        return name.Release(secret);
    }

    /// <summary>Proves that a key can be used both ways.</summary>
    public async Task TryAsync(string masterKeyId, CancellationToken cancellationToken)
    {
        RecordKeyName nobody = new(Guid.Empty, Guid.Empty);
        using var key = SecretBytes.Random(RecordKeyName.KeyBytes);
        var wrapped = await WrapAsync(masterKeyId, nobody, key.Bytes, cancellationToken);
        using var again = await UnwrapAsync(masterKeyId, nobody, wrapped, cancellationToken);
        if (!again.Bytes.Span.SequenceEqual(key.Bytes.Span))
        {
            throw new MasterKeyUnavailableException($"The master key {masterKeyId} does not give back what it wraps.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var provider in providers.Values)
        {
            await provider.DisposeAsync();
        }
    }

    private (IMasterKeyProvider Provider, string Name) Find(string masterKeyId)
    {
        foreach (var (prefix, provider) in providers)
        {
            if (masterKeyId.StartsWith(prefix, StringComparison.Ordinal))
            {
                return (provider, masterKeyId[prefix.Length..]);
            }
        }

        throw new MasterKeyUnavailableException(
            $"The settings ({MasterKeyOptions.Section}) do not say where the master key {masterKeyId} is.");
    }

    private static string PrefixOf(MasterKeyKind kind) => kind switch
    {
        MasterKeyKind.File => "file/",
        MasterKeyKind.Pkcs11 => "pkcs11/",
        MasterKeyKind.KeyVault => "keyvault/",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
