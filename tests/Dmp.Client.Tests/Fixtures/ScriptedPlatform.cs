using System.Net;
using System.Security.Cryptography.X509Certificates;
using Dmp.Document.V1;
using Dmp.Event.V1;
using Dmp.Record.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dmp.Client.Tests.Fixtures;

/// <summary>
/// A real gRPC server (and a real token endpoint) on loopback. Each test says what a method does; what is not said is
/// UNIMPLEMENTED.
/// </summary>
public sealed class ScriptedPlatform : IAsyncDisposable
{
    private readonly WebApplication app;

    private ScriptedPlatform(WebApplication app) => this.app = app;

    public Uri Address { get; private set; } = null!;

    public Uri Issuer { get; private set; } = null!;

    public Func<CheckAccessRequest, ServerCallContext, Task<CheckAccessResponse>>? CheckAccess { get; set; }

    public Func<OpenRecordRequest, ServerCallContext, Task<OpenRecordResponse>>? OpenRecord { get; set; }

    public Func<SearchDocumentsRequest, ServerCallContext, Task<SearchDocumentsResponse>>? SearchDocuments { get; set; }

    public Func<IAsyncStreamReader<UploadDocumentRequest>, IServerStreamWriter<UploadDocumentResponse>, ServerCallContext, Task>? Upload
    {
        get;
        set;
    }

    public Func<IAsyncStreamReader<ImportDocumentsRequest>, IServerStreamWriter<ImportDocumentsResponse>, ServerCallContext, Task>? Import
    {
        get;
        set;
    }

    public Func<ReadDocumentRequest, IServerStreamWriter<ReadDocumentResponse>, ServerCallContext, Task>? Read { get; set; }

    public Func<IAsyncStreamReader<SubscribeRequest>, IServerStreamWriter<SubscribeResponse>, ServerCallContext, Task>? Subscribe
    {
        get;
        set;
    }

    public RequestDelegate? Token { get; set; }

    /// <summary>What the discovery document names as its issuer; the truth when null.</summary>
    public string? IssuerNamed { get; set; }

    /// <param name="certificate">With it the platform speaks TLS; null for plain HTTP/2.</param>
    public static async Task<ScriptedPlatform> StartAsync(X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (certificate is not null)
                {
                    listen.UseHttps(certificate);
                }
            });
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddGrpc();
        ScriptedPlatform? platform = null;
        builder.Services.AddSingleton(_ => platform!);
        var app = builder.Build();
        platform = new ScriptedPlatform(app);
        app.MapGrpcService<Records>();
        app.MapGrpcService<Documents>();
        app.MapGrpcService<Events>();
        app.MapGet("/.well-known/openid-configuration", () => Results.Json(new
        {
            issuer = platform.IssuerNamed ?? platform.Issuer.AbsoluteUri,
            token_endpoint = new Uri(platform.Issuer, "token").AbsoluteUri,
        }));
        app.MapPost("/token", context => platform.Token!(context));
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        platform.Address = new Uri(addresses[0]);
        platform.Issuer = new Uri(addresses[1]);
        return platform;
    }

    public DmpClient Client(Action<DmpClientOptions>? change = null)
    {
        var options = new DmpClientOptions
        {
            Address = Address,
            Tokens = new DelegateTokenSource(_ => ValueTask.FromResult("token-1")),
            BackoffInitial = TimeSpan.FromMilliseconds(5),
            BackoffMax = TimeSpan.FromMilliseconds(20),

            // A test that waits for a failure is not to wait for minutes.
            RetryBudget = TimeSpan.FromSeconds(5),
        };
        change?.Invoke(options);
        return new DmpClient(options);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private static Task<T> Unscripted<T>() => throw new RpcException(new Status(StatusCode.Unimplemented, "not in the script"));

    private sealed class Records(ScriptedPlatform platform) : RecordService.RecordServiceBase
    {
        public override Task<CheckAccessResponse> CheckAccess(CheckAccessRequest request, ServerCallContext context) =>
            platform.CheckAccess?.Invoke(request, context) ?? Unscripted<CheckAccessResponse>();

        public override Task<OpenRecordResponse> OpenRecord(OpenRecordRequest request, ServerCallContext context) =>
            platform.OpenRecord?.Invoke(request, context) ?? Unscripted<OpenRecordResponse>();
    }

    private sealed class Documents(ScriptedPlatform platform) : DocumentService.DocumentServiceBase
    {
        public override Task<SearchDocumentsResponse> SearchDocuments(SearchDocumentsRequest request, ServerCallContext context) =>
            platform.SearchDocuments?.Invoke(request, context) ?? Unscripted<SearchDocumentsResponse>();

        public override Task UploadDocument(
            IAsyncStreamReader<UploadDocumentRequest> requestStream, IServerStreamWriter<UploadDocumentResponse> responseStream,
            ServerCallContext context) =>
            platform.Upload?.Invoke(requestStream, responseStream, context) ?? Unscripted<object>();

        public override Task ImportDocuments(
            IAsyncStreamReader<ImportDocumentsRequest> requestStream, IServerStreamWriter<ImportDocumentsResponse> responseStream,
            ServerCallContext context) =>
            platform.Import?.Invoke(requestStream, responseStream, context) ?? Unscripted<object>();

        public override Task ReadDocument(
            ReadDocumentRequest request, IServerStreamWriter<ReadDocumentResponse> responseStream, ServerCallContext context) =>
            platform.Read?.Invoke(request, responseStream, context) ?? Unscripted<object>();
    }
    private sealed class Events(ScriptedPlatform platform) : EventService.EventServiceBase
    {
        public override Task Subscribe(
            IAsyncStreamReader<SubscribeRequest> requestStream, IServerStreamWriter<SubscribeResponse> responseStream,
            ServerCallContext context) =>
            platform.Subscribe?.Invoke(requestStream, responseStream, context) ?? Unscripted<object>();
    }
}
