using System.Net.Http.Headers;

namespace Dmp.Client;

/// <summary>
/// Names the calling software in the <c>user-agent</c>, before what gRPC says of itself: the gRPC client leaves out what metadata say.
/// </summary>
internal sealed class SoftwareHandler(DmpClientOptions options) : DelegatingHandler
{
    private static readonly ProductInfoHeaderValue sdk = new("Dmp.Client", typeof(SoftwareHandler).Assembly.GetName().Version?.ToString(3));

    private readonly ProductInfoHeaderValue? _software = options.Software is { } text ? ProductInfoHeaderValue.Parse(text) : null;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_software is not null)
        {
            var agent = request.Headers.UserAgent;
            ProductInfoHeaderValue[] grpc = [.. agent];
            agent.Clear();
            foreach (var product in (ProductInfoHeaderValue[])[_software, sdk, .. grpc])
            {
                agent.Add(product);
            }
        }

        return base.SendAsync(request, cancellationToken);
    }
}
