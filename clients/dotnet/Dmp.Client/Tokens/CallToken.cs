using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// The token of one attempt. It is attached as call credentials because gRPC awaits those for every kind of call, streams
/// included; the token that was used is remembered so that exactly that one can be dropped.
/// </summary>
internal sealed class CallToken
{
    private readonly ITokenSource source;
    private string? used;

    public CallToken(ITokenSource source)
    {
        this.source = source;
        Credentials = CallCredentials.FromInterceptor(AttachAsync);
    }

    public CallCredentials Credentials { get; }

    /// <summary>Drops the token when the answer says that it has expired; true when another attempt makes sense.</summary>
    public bool DropIfExpired(ErrorDetails details)
    {
        if (used is null || details.ErrorReason != Error.V1.ErrorReason.TokenExpired)
        {
            return false;
        }
        source.Invalidate(used);
        return true;
    }

    private async Task AttachAsync(AuthInterceptorContext context, Metadata metadata)
    {
        used = await source.GetTokenAsync(context.CancellationToken).ConfigureAwait(false);
        metadata.Add("authorization", $"Bearer {used}");
    }
}
