using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// The consistency tokens of the changes seen so far: as few as name the latest state. A token says nothing to this side, so
/// which is the later one is known only from the calls: the answer of a change covers the tokens that were sent with it.
/// Changes that run at the same time leave a token each, until the next one.
/// </summary>
internal sealed class SeenChanges
{
    public const string MetadataName = "dmp-consistency-token";

    // As many as may be changing at the same time without one being forgotten, and far below the limit for headers.
    private const int TokensMax = 32;

    private readonly object gate = new();
    private volatile string[] tokens = [];

    /// <summary>Oldest first. Never changed in place.</summary>
    public string[] Tokens => tokens;

    /// <summary>Takes the token of an answer, which covers those that were sent.</summary>
    public void Answered(string[] sent, Metadata trailers)
    {
        if (trailers.GetValue(MetadataName) is { Length: > 0 } token)
        {
            Replace(sent, [token]);
        }
    }

    /// <summary>Takes tokens of another process.</summary>
    public void Add(IEnumerable<string> tokens) => Replace([], tokens);

    public void Forget(string[] tokens) => Replace(tokens, []);

    private void Replace(string[] covered, IEnumerable<string> added)
    {
        lock (gate)
        {
            tokens = [.. tokens.Except(covered, StringComparer.Ordinal).Union(added, StringComparer.Ordinal).TakeLast(TokensMax)];
        }
    }
}
