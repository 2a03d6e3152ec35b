using System.Security.Cryptography;
using System.Text;
using Dmp.Server.Options;
using Dmp.Server.Postgres;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>
/// The key that signs the sandbox's tokens, kept in the data directory so that tokens, and the keys that validators have
/// cached, outlive a restart.
/// </summary>
internal static class SigningKeyFile
{
    public const string Name = "sandbox-issuer.key.pem";

    private const int KeyBits = 2048;

    /// <summary>Reads the key, or makes it on the first start. One server owns a data directory at a time.</summary>
    /// <exception cref="StartupRefusedException">The file holds something else.</exception>
    public static RSA LoadOrCreate(string dataDirectory, ILogger logger)
    {
        var path = Path.Combine(dataDirectory, Name);
        if (File.Exists(path))
        {
            return Load(path);
        }

        Directory.CreateDirectory(dataDirectory);
        var key = RSA.Create(KeyBits);

        // Complete or absent: a server killed here leaves no half key behind.
        var half = path + ".new";
        UnixFile.WriteSecret(half, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        File.Move(half, path, overwrite: true);
        SandboxLog.SigningKeyCreated(logger, path);
        return key;
    }

    private static RSA Load(string path)
    {
        var key = RSA.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            key.ExportParameters(includePrivateParameters: true);
            return key;
        }
        catch (Exception fault) when (fault is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new StartupRefusedException(
                $"{path} holds no RSA private key in PEM; delete it and the sandbox issuer makes a new one.", fault);
        }
    }
}
