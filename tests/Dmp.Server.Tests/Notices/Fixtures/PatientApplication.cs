using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dmp.Server.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dmp.Server.Tests.Notices.Fixtures;

/// <summary>One call as it came.</summary>
internal sealed record ReceivedCall(IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public JsonElement Json { get; } = JsonDocument.Parse(Body).RootElement;

    public string NoticeId => Json.GetProperty("notice_id").GetString()!;

    public string Kind => Json.GetProperty("kind").GetString()!;

    public string RecordId => Json.GetProperty("record_id").GetString()!;

    /// <summary>As the specification of Standard Webhooks says it, written without a look at the server's code.</summary>
    public bool IsSignedWith(string secret)
    {
        using var mac = new HMACSHA256(Convert.FromBase64String(secret["whsec_".Length..]));
        var content = $"{Headers["webhook-id"]}.{Headers["webhook-timestamp"]}.{Encoding.UTF8.GetString(Body)}";
        var expected = "v1," + Convert.ToBase64String(mac.ComputeHash(Encoding.UTF8.GetBytes(content)));
        return Headers["webhook-signature"].Split(' ').Contains(expected);
    }
}

/// <summary>A patient application: a real HTTP server on loopback that receives webhooks.</summary>
internal sealed class PatientApplication : IAsyncDisposable
{
    private readonly WebApplication web;
    private readonly ConcurrentQueue<ReceivedCall> received = [];
    private readonly int port = TestServer.FreePort();

    private PatientApplication()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        web = builder.Build();
        web.MapPost("/notices", ReceiveAsync);
        web.MapPost("/elsewhere", context =>
        {
            WasRedirected = true;
            return Task.CompletedTask;
        });
    }

    public IReadOnlyCollection<ReceivedCall> Received => received;

    /// <summary>The secrets it is called with, newest first.</summary>
    public string[] Secrets { get; } = [NewSecret(), NewSecret()];

    /// <summary>The status it answers with.</summary>
    public int Status { get; set; } = StatusCodes.Status200OK;

    public bool WasRedirected { get; private set; }

    public Uri Url => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/notices"));

    public static async Task<PatientApplication> StartAsync()
    {
        var application = new PatientApplication();
        await application.web.StartAsync();
        return application;
    }

    public string[] SettingsAs(string name) =>
    [
        $"--Dmp:Notices:Webhooks:{name}:Url={Url}",
        .. Secrets.Select(
            (secret, i) => string.Create(CultureInfo.InvariantCulture, $"--Dmp:Notices:Webhooks:{name}:Secrets:{i}={secret}")),
    ];

    public IEnumerable<ReceivedCall> About(string recordId) => received.Where(call => call.RecordId == recordId);

    public async ValueTask DisposeAsync() => await web.DisposeAsync();

    private static string NewSecret() => "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        received.Enqueue(new ReceivedCall(
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray()));
        context.Response.StatusCode = Status;
        if (Status is >= 300 and < 400)
        {
            context.Response.Headers.Location = "/elsewhere";
        }
    }
}
