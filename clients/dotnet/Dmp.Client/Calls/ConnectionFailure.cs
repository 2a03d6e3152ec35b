using System.Security.Authentication;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>Says which address could not be reached, and why: what the platform has not answered, only the SDK can tell.</summary>
internal static class ConnectionFailure
{
    /// <summary>The exception of the SDK for a request that did not come through.</summary>
    /// <param name="whose">Who was to be reached, for example <c>platform</c>.</param>
    /// <param name="address">Where; only scheme, host and port are told.</param>
    /// <param name="failure">What the connection ended with.</param>
    public static DmpException Of(string whose, Uri address, HttpRequestException failure)
    {
        var where = $"{whose} at {address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)}";
        return failure.HttpRequestError switch
        {
            // A handshake that broke off says nothing of the certificate, and may succeed later.
            HttpRequestError.SecureConnectionError when Cause<AuthenticationException>(failure) is { } refused => new DmpTlsException(
                $"TLS with the {where} failed: {refused.Message} "
                + "A certificate authority of one's own is named in the handler (clients/README.md).",
                failure),
            HttpRequestError.NameResolutionError => new DmpUnavailableException(
                $"The {where} cannot be reached: its name is not known.", failure),
            HttpRequestError.ProxyTunnelError => new DmpUnavailableException(
                $"The {where} cannot be reached: the proxy gives no way to it. {failure.Message}", failure),
            _ => new DmpUnavailableException($"The {where} cannot be reached: {failure.Message}", failure),
        };
    }

    /// <summary>
    /// What the SDK itself ended a call with, before anything was sent: no connection, or no token. Null when the call got further.
    /// </summary>
    public static DmpException? Of(Status status) => status.DebugException switch
    {
        DmpException token => token,
        HttpRequestException { InnerException: DmpException connection } => connection,
        _ => null,
    };

    private static T? Cause<T>(Exception? failure)
        where T : Exception
    {
        while (failure is not (null or T))
        {
            failure = failure.InnerException;
        }
        return failure as T;
    }
}
