using System.Security.Cryptography;
using System.Text;
using Dmp.Interactions;
using Npgsql;

namespace Dmp.Server.Startup;

/// <summary>The small code lists of a sandbox (<c>Codes/Sandbox/codes.sql</c>), written by the owner of the schema.</summary>
internal static class SandboxCodes
{
    /// <summary>Adds what is not there yet.</summary>
    public static async Task AddAsync(string ownerConnectionString, CancellationToken ct)
    {
        using var reader = new StreamReader(typeof(SandboxCodes).Assembly.GetManifestResourceStream("codes.sql")!);
        var script = await reader.ReadToEndAsync(ct);
        await using var connection = new NpgsqlConnection(ownerConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(script, connection);
        command.Parameters.AddWithValue("Sha256", PublishedDigest.Of([("codes.sql", SHA256.HashData(Encoding.UTF8.GetBytes(script)))]));
        await command.ExecuteNonQueryAsync(ct);
    }
}
