using System.CommandLine;
using Dmp.Proofs;

namespace Dmp.Cli.Audit;

/// <summary>The option <c>--keys</c>: the directory of the log's private keys, as the servers have it.</summary>
internal static class KeyDirectory
{
    private const string Variable = "DMP_AUDIT_KEYS";

    public static Option<string?> Option() => new("--keys")
    {
        Description = $"Directory of the private keys of the log. Otherwise from {Variable}.",
        HelpName = "DIR",
    };

    public static string? Find(string? given) =>
        given ?? (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set ? set : null);

    public static string Require(string? given) =>
        Find(given) ?? throw new RefusedException($"Where are the keys of the log? Give --keys, or set {Variable}.");

    /// <summary>The newest first.</summary>
    public static List<NoteSigner> Load(string directory)
    {
        try
        {
            return KeyFiles.Load(directory).ConvertAll(key => key.Key);
        }
        catch (FormatException fault)
        {
            throw new RefusedException(fault.Message);
        }
    }

    /// <summary>The key that signs events.</summary>
    public static NoteSigner RequireSigner(string? given)
    {
        var directory = Require(given);
        return Load(directory) is [var newest, ..] ? newest : throw new RefusedException($"There is no key of the log in {directory}.");
    }
}
