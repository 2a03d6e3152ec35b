using System.Net;
using Dmp.Server.Startup;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dmp.Benchmarks;

/// <summary>A service beside ours that does the least for the same call: the windows of the server, and nothing else of it.</summary>
internal static class Floor
{
    /// <summary>Starts it; with an issuer, it checks tokens of that.</summary>
    public static async Task<(WebApplication Floor, Uri Address)> StartAsync<T>(Action<IServiceCollection> add, Uri? issuer = null)
        where T : class
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            KestrelSetup.SetLimits(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = GrpcSetup.MessageBytesMax);
        add(builder.Services);
        if (issuer is not null)
        {
            builder.Services.AddAuthorization();
            builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(jwt =>
            {
                jwt.Authority = issuer.ToString();
                jwt.RequireHttpsMetadata = false;
                jwt.TokenValidationParameters.ValidateAudience = false;
            });
        }

        var floor = builder.Build();
        if (issuer is not null)
        {
            floor.UseAuthentication();
            floor.UseAuthorization();
        }

        var service = floor.MapGrpcService<T>();
        if (issuer is not null)
        {
            service.RequireAuthorization();
        }

        await floor.StartAsync();
        var addresses = floor.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        return (floor, new Uri(addresses.First()));
    }
}
