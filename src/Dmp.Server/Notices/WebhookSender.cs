using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Dmp.Notice.V1;
using Dmp.Server.Options;

namespace Dmp.Server.Notices;

/// <summary>Calls a patient application. Only the address of the configuration is ever called; what it answers is not read.</summary>
internal sealed class WebhookSender(HttpClient http, WebhookOptions webhook, TimeProvider time) : INoticeSender
{
    public async Task<AttemptResult> SendAsync(NoticeContent notice, CancellationToken ct)
    {
        var id = notice.NoticeId.ToString();
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>
        {
            ["notice_id"] = id,
            ["kind"] = NameOf((NoticeKind)notice.Kind),
            ["record_id"] = notice.RecordId.ToString(),
            ["time"] = notice.EventTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        });
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", now.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSignature.Of(webhook.Secrets, id, now, body));
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            return new AttemptResult(response switch
            {
                { IsSuccessStatusCode: true } => NoticeDeliveryFailure.Unspecified,
                { StatusCode: HttpStatusCode.Gone } => NoticeDeliveryFailure.Gone,
                _ => NoticeDeliveryFailure.RefusedForNow,
            });
        }
        catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException or IOException)
        {
            return new AttemptResult(NoticeDeliveryFailure.Unreachable);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>One client for all applications. Whatever an answer says leads nowhere else.</summary>
    public static HttpClient CreateClient() =>
        new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 16 * 1024,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        })
        {
            // Each attempt has a limit of its own.
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };

    private static string NameOf(NoticeKind kind) => kind switch
    {
        NoticeKind.FirstAccess => "FIRST_ACCESS",
        NoticeKind.EmergencyAccess => "EMERGENCY_ACCESS",
        NoticeKind.NewDocument => "NEW_DOCUMENT",
        NoticeKind.ConsentChanged => "CONSENT_CHANGED",
        NoticeKind.DocumentAnnounced => "DOCUMENT_ANNOUNCED",
        NoticeKind.WishesChanged => "WISHES_CHANGED",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
