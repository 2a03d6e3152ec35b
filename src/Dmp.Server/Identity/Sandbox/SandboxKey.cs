using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>The issuer's signing key: made once and kept in the data directory, so that tokens outlive a restart.</summary>
internal static class SandboxKey
{
    private const int KeyBits = 2048;
    private const string FileName = "sandbox-issuer.pem";

    public static RsaSecurityKey LoadOrCreate(string dataDirectory)
    {
        Directory.CreateDirectory(dataDirectory);
        var path = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(path))
        {
            Create(path);
        }

        var rsa = RSA.Create();
        rsa.ImportFromPem(File.ReadAllText(path));
        var thumbprint = Base64UrlEncoder.Encode(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo()));
        return new RsaSecurityKey(rsa) { KeyId = thumbprint[..16] };
    }

    /// <summary>Whole or not at all, and for the owner alone from its first byte.</summary>
    private static void Create(string path)
    {
        using var rsa = RSA.Create(KeyBits);
        var half = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var writer = new StreamWriter(half, options))
        {
            writer.Write(rsa.ExportPkcs8PrivateKeyPem());
        }

        try
        {
            File.Move(half, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another server of this data directory was first; its key counts.
            File.Delete(half);
        }
    }
}
