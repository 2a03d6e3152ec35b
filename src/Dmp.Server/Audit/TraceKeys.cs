using System.Security.Cryptography;
using Dmp.Proofs;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Audit;

/// <summary>The keys with which this server signs events and checkpoints. Read once: after a rotation servers are restarted.</summary>
internal sealed class TraceKeys
{
    public const string SandboxOrigin = "sandbox.dmp.example/trace";

    public TraceKeys(IOptions<AuditOptions> options) => Signers = [.. KeyFiles.Load(options.Value.KeyDirectory).Select(key => key.Key)];

    /// <summary>The newest first. Never empty: <see cref="Require"/> ran.</summary>
    public IReadOnlyList<NoteSigner> Signers { get; }

    /// <summary>The name of the log.</summary>
    public string Origin => Signers[0].Verifier.Name;

    /// <summary>Sees before the start that there is a key; makes a first one where <paramref name="mayCreate"/> says so.</summary>
    /// <exception cref="StartupRefusedException">There is none, or one cannot be used.</exception>
    public static void Require(string directory, string? origin, bool mayCreate, bool isSandbox)
    {
        try
        {
            var keys = KeyFiles.Load(directory);
            if (keys.Count == 0 && mayCreate)
            {
                // Witnesses tell logs apart by their names.
                var name = origin
                    ?? (isSandbox ? SandboxOrigin : $"dmp.example/trace/{RandomNumberGenerator.GetHexString(12, lowercase: true)}");
                KeyFiles.Create(directory, name, DateTimeOffset.UtcNow);
            }
            else if (keys.Count == 0)
            {
                throw new StartupRefusedException(
                    $"There is no key of the trace in {directory} (Dmp:Audit:KeyDirectory). Make one with: "
                    + $"dmp audit key new --keys {directory} --origin NAME");
            }
            else if (origin is not null && !string.Equals(origin, keys[0].Key.Verifier.Name, StringComparison.Ordinal))
            {
                throw new StartupRefusedException(
                    $"Dmp:Audit:LogOrigin is {origin}, and the keys in {directory} are of {keys[0].Key.Verifier.Name}.");
            }
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new StartupRefusedException($"The keys of the trace cannot be used (Dmp:Audit:KeyDirectory). {fault.Message}", fault);
        }
    }
}
