using System.Net.Http.Headers;

namespace Dmp.Client;

/// <summary>
/// Names the calling software in the <c>user-agent</c>, before what gRPC says of itself: the gRPC client leaves out what metadata say. And
/// names the address of a platform that cannot be reached.
/// </summary>
internal sealed class SoftwareHandler(DmpClientOptions options) : DelegatingHandler
{
    private static readonly ProductInfoHeaderValue sdk = new("Dmp.Client", typeof(SoftwareHandler).Assembly.GetName().Version?.ToString(3));

    private readonly ProductInfoHeaderValue? software = options.Software is { } text ? ProductInfoHeaderValue.Parse(text) : null;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (software is not null)
        {
            var agent = request.Headers.UserAgent;
            ProductInfoHeaderValue[] grpc = [.. agent];
            agent.Clear();
            foreach (var product in (ProductInfoHeaderValue[])[software, sdk, .. grpc])
            {
                agent.Add(product);
            }
        }

        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException failure) when (failure.HttpRequestError is HttpRequestError.SecureConnectionError
            or HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError)
        {
            // As gRPC knows it, so that the generated clients answer the same status as before, with the address in its words.
            var told = ConnectionFailure.Of("platform", request.RequestUri!, failure);
            throw new HttpRequestException(failure.HttpRequestError, told.Message, told);
        }
    }
}
