namespace Dmp.Client;

/// <summary>Gives the access token of one identity. Implementations are safe for use by several threads.</summary>
public interface ITokenSource
{
    /// <summary>Gives a token that is valid now, from a cache whenever possible: it is asked before every call.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The access token, without the word <c>Bearer</c>.</returns>
    public ValueTask<string> GetTokenAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The platform answered that this token has expired: the next <see cref="GetTokenAsync"/> gives another one. A token
    /// that is no longer the cached one is ignored, so that many calls failing at once cost one new token.
    /// </summary>
    /// <param name="token">The token that was refused.</param>
    public void Invalidate(string token);
}
