namespace Dmp.Client;

/// <summary>
/// Tokens from a function of the application, for example the access token of the user who is logged in. The function is
/// asked before every call and keeps its own cache.
/// </summary>
/// <param name="getToken">Gives a token that is valid now.</param>
public sealed class DelegateTokenSource(Func<CancellationToken, ValueTask<string>> getToken) : ITokenSource
{
    private readonly Func<CancellationToken, ValueTask<string>> getToken =
        getToken ?? throw new ArgumentNullException(nameof(getToken));

    /// <inheritdoc/>
    public ValueTask<string> GetTokenAsync(CancellationToken cancellationToken) => getToken(cancellationToken);

    /// <summary>Does nothing: what is cached belongs to the function.</summary>
    /// <param name="token">The token that was refused.</param>
    public void Invalidate(string token)
    {
    }
}
