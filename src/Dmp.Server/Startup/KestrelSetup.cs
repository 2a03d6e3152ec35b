using System.Net;
using Dmp.Server.Edge;
using Dmp.Server.Options;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using ListenOptions = Dmp.Server.Options.ListenOptions;

namespace Dmp.Server.Startup;

/// <summary>The ports and what a connection may hold.</summary>
internal static class KestrelSetup
{
    // A window is what may be under way without an answer: bandwidth times delay. Kestrel opens it again by halves, so that 8 MiB for one
    // stream carry at least 160 MB/s over 25 ms; twice that for a connection lets a stream pass one that stands still (ADR 0006).
    private const int StreamWindowBytes = 8 * 1024 * 1024;
    private const int ConnectionWindowBytes = 16 * 1024 * 1024;

    // Above AccessGate.HeaderBytesMax, which answers the call. Kestrel's own limits end the connection and all its calls.
    private const int HeaderBytesMax = 1024 * 1024;

    private static readonly TimeSpan pingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan pingTimeout = TimeSpan.FromSeconds(20);

    /// <summary>What a connection may hold, and when it is given up.</summary>
    public static void SetLimits(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
        limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        limits.Http2.MaxRequestHeaderFieldSize = HeaderBytesMax;
        limits.MaxRequestHeadersTotalSize = HeaderBytesMax;

        // A dead peer is found by pings, a slow one by the stall limit of the upload, a large one by the limits of the
        // contract. Kestrel's own would end a hospital's slow line.
        limits.Http2.KeepAlivePingDelay = pingDelay;
        limits.Http2.KeepAlivePingTimeout = pingTimeout;
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
    }

    /// <summary>The port of gRPC, with the guard of the edge on each connection.</summary>
    public static void Listen(KestrelServerOptions kestrel, ListenOptions listen, ServerCertificate? certificate)
    {
        SetLimits(kestrel);
        var edge = kestrel.ApplicationServices.GetRequiredService<EdgeGuard>();
        var options = kestrel.ApplicationServices.GetRequiredService<IOptions<EdgeOptions>>().Value;
        kestrel.Limits.MaxConcurrentConnections = options.ConnectionsMax;

        var address = IPAddress.Parse(listen.Address);
        kestrel.Listen(address, listen.GrpcPort, port =>
        {
            port.Protocols = HttpProtocols.Http2;
            port.Use(next => connection => edge.OnConnectionAsync(connection, next));
            if (certificate is not null)
            {
                port.UseHttps(https => TlsSetup.Configure(https, certificate));
            }
        });
    }
}
