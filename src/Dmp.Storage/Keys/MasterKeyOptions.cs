namespace Dmp.Storage.Keys;

/// <summary>Where master keys are.</summary>
public enum MasterKeyKind
{
    /// <summary>Files for the service user alone.</summary>
    File,

    /// <summary>A token or HSM behind a PKCS#11 module; keys never leave it.</summary>
    Pkcs11,

    /// <summary>Azure Key Vault or Managed HSM; keys never leave it.</summary>
    KeyVault,
}

/// <summary>
/// The master keys that wrap the data keys of records, section <c>Dmp:Keys</c>. The command reads the same section, so that servers and
/// operators cannot mean different keys.
/// </summary>
public sealed record MasterKeyOptions
{
    public const string Section = "Dmp:Keys";

    /// <summary>Where new master keys are made. Keys of the other places that are configured too are still used, for moving.</summary>
    public MasterKeyKind Provider { get; init; } = MasterKeyKind.File;

    /// <summary>Directory of the key files, the same content on all servers. Default: <c>master-keys</c> in the data directory.</summary>
    public string? Directory { get; init; }

    public Pkcs11Options? Pkcs11 { get; init; }

    public KeyVaultOptions? KeyVault { get; init; }

    /// <summary>How long the key of a record stays in memory after it was unwrapped.</summary>
    public TimeSpan CacheFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most keys of records in memory.</summary>
    public int CacheMax { get; init; } = 10_000;

    /// <summary>
    /// Content without a key is read as it is: what was stored before content was sealed. <c>false</c> where there is none, so that nobody
    /// who can write to database and store passes off plain bytes as a document.
    /// </summary>
    public bool AcceptPlain { get; init; } = true;

    /// <summary>What is wrong, one sentence each.</summary>
    public IEnumerable<string> Faults()
    {
        if (Provider == MasterKeyKind.File && string.IsNullOrWhiteSpace(Directory))
        {
            yield return $"{Section}:Directory is missing.";
        }

        if (Provider == MasterKeyKind.Pkcs11 && Pkcs11 is null)
        {
            yield return $"{Section}:Pkcs11 is missing.";
        }

        if (Provider == MasterKeyKind.KeyVault && KeyVault is null)
        {
            yield return $"{Section}:KeyVault is missing.";
        }

        if (CacheFor < TimeSpan.Zero || CacheFor > TimeSpan.FromHours(1))
        {
            yield return $"{Section}:CacheFor is 0 to 1 hour.";
        }

        if (CacheMax is < 0 or > 1_000_000)
        {
            yield return $"{Section}:CacheMax is 0 to 1000000.";
        }

        foreach (var fault in (Pkcs11?.Faults() ?? []).Concat(KeyVault?.Faults() ?? []))
        {
            yield return fault;
        }
    }
}

/// <summary>A PKCS#11 token, section <c>Dmp:Keys:Pkcs11</c>.</summary>
public sealed record Pkcs11Options
{
    /// <summary>Path of the vendor's module (a shared library).</summary>
    public string Module { get; init; } = "";

    /// <summary>Label of the token.</summary>
    public string Token { get; init; } = "";

    /// <summary>File with the PIN of the user, for the service user alone.</summary>
    public string? PinFile { get; init; }

    /// <summary>The PIN itself, where settings come from a vault.</summary>
    public string? Pin { get; init; }

    /// <summary>
    /// Master keys are the AES keys of the token whose label begins so; the last one in the order of bytes is the newest.
    /// </summary>
    public string LabelPrefix { get; init; } = "dmp-master-";

    /// <summary>Most operations at once.</summary>
    public int SessionsMax { get; init; } = 8;

    internal IEnumerable<string> Faults()
    {
        if (Module.Length == 0 || Token.Length == 0)
        {
            yield return $"{MasterKeyOptions.Section}:Pkcs11 needs Module and Token.";
        }

        if (string.IsNullOrEmpty(PinFile) == string.IsNullOrEmpty(Pin))
        {
            yield return $"{MasterKeyOptions.Section}:Pkcs11 needs PinFile or Pin, and not both.";
        }

        if (LabelPrefix.Length == 0 || SessionsMax is < 1 or > 1000)
        {
            yield return $"{MasterKeyOptions.Section}:Pkcs11 needs a LabelPrefix, and SessionsMax of 1 to 1000.";
        }
    }
}

/// <summary>A key of Azure Key Vault or Managed HSM, section <c>Dmp:Keys:KeyVault</c>. Its versions are the master keys.</summary>
public sealed record KeyVaultOptions
{
    /// <summary><c>https://NAME.vault.azure.net</c> or <c>https://NAME.managedhsm.azure.net</c>.</summary>
    public Uri? Vault { get; init; }

    public string KeyName { get; init; } = "dmp-master";

    /// <summary><c>RSA</c> or <c>RSA-HSM</c> (RSA-OAEP-256), or <c>oct-HSM</c> (A256KW, Managed HSM only).</summary>
    public string KeyType { get; init; } = "RSA-HSM";

    /// <summary>Bits of a new RSA key.</summary>
    public int KeyBits { get; init; } = 3072;

    /// <summary>Client id of a user-assigned managed identity; without it the usual credentials of Azure.Identity are tried.</summary>
    public string? ManagedIdentityClientId { get; init; }

    internal string Algorithm => KeyType == "oct-HSM" ? "A256KW" : "RSA-OAEP-256";

    internal IEnumerable<string> Faults()
    {
        if (Vault is not { IsAbsoluteUri: true, Scheme: "https" })
        {
            yield return $"{MasterKeyOptions.Section}:KeyVault:Vault is not an https address.";
        }

        if (KeyType is not ("RSA" or "RSA-HSM" or "oct-HSM") || KeyBits is not (2048 or 3072 or 4096))
        {
            yield return $"{MasterKeyOptions.Section}:KeyVault: KeyType is RSA, RSA-HSM or oct-HSM, KeyBits 2048, 3072 or 4096.";
        }

        if (KeyName.Length == 0 || KeyName.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-'))
        {
            yield return $"{MasterKeyOptions.Section}:KeyVault:KeyName has letters, digits and hyphens only.";
        }
    }
}
