using System.Security.Cryptography;
using System.Text.Json;

namespace Dmp.Server.Postgres;

/// <summary>Generated passwords of the three login roles, kept beside the cluster for the next start.</summary>
internal sealed record PostgresSecrets
{
    // 192 bits; hexadecimal, so that no quoting rule ever matters.
    private const int PasswordLength = 48;

    public required string Admin { get; init; }

    public required string Owner { get; init; }

    public required string Runtime { get; init; }

    public static PostgresSecrets? Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<PostgresSecrets>(File.ReadAllBytes(path)) : null;

    public static PostgresSecrets Generate() => new()
    {
        Admin = RandomNumberGenerator.GetHexString(PasswordLength, lowercase: true),
        Owner = RandomNumberGenerator.GetHexString(PasswordLength, lowercase: true),
        Runtime = RandomNumberGenerator.GetHexString(PasswordLength, lowercase: true),
    };

    /// <summary>Complete or absent: a server killed here finds the old file or none.</summary>
    public void Write(string path)
    {
        var half = path + ".new";
        UnixFile.WriteSecret(half, JsonSerializer.SerializeToUtf8Bytes(this));
        File.Move(half, path, overwrite: true);
    }

    /// <summary>Passwords stay out of logs and debuggers.</summary>
    public override string ToString() => nameof(PostgresSecrets);
}
