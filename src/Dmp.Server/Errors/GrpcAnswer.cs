using System.Globalization;
using Google.Protobuf;
using Google.Rpc;
using Microsoft.AspNetCore.Http.Features;
using HttpResponse = Microsoft.AspNetCore.Http.HttpResponse;

namespace Dmp.Server.Errors;

/// <summary>
/// The status of a gRPC answer in its HTTP/2 form: <c>grpc-status</c>, <c>grpc-message</c> and
/// <c>grpc-status-details-bin</c>, in the headers while nothing was sent, else in the trailers.
/// </summary>
internal static class GrpcAnswer
{
    private const string StatusName = "grpc-status";
    private const string MessageName = "grpc-message";
    private const string DetailsName = "grpc-status-details-bin";

    /// <summary>Writes or overwrites the status, unless the answer has ended already: by a deadline, or by the line.</summary>
    public static void Write(HttpResponse response, Status whole, Guid serverRequestId)
    {
        if (HasEnded(response))
        {
            return;
        }

        var status = WireStatus.Bound(Failures.OfCall(whole, serverRequestId));
        var (message, details) = (Uri.EscapeDataString(status.Message), Convert.ToBase64String(status.ToByteArray()));
        try
        {
            if (!response.HasStarted)
            {
                response.StatusCode = StatusCodes.Status200OK;
                response.ContentType = "application/grpc";
            }

            var fields = Fields(response);
            fields[StatusName] = status.Code.ToString(CultureInfo.InvariantCulture);
            fields[MessageName] = message;
            fields[DetailsName] = details;
        }
        catch (InvalidOperationException)
        {
            // The answer ended between the look above and here: by a deadline, whose status the framework sends, or by its line.
        }
    }

    /// <summary>Nothing more can be said.</summary>
    public static bool HasEnded(HttpResponse response) => Fields(response).IsReadOnly;

    /// <summary>The status code; null when there is none.</summary>
    public static int? StatusOf(HttpResponse response) =>
        int.TryParse(Find(response, StatusName), CultureInfo.InvariantCulture, out var code) ? code : null;

    /// <summary>The status with its details; null when it has none.</summary>
    public static Status? DetailsOf(HttpResponse response)
    {
        if (Find(response, DetailsName) is not { Length: > 0 } encoded)
        {
            return null;
        }

        var padded = encoded.PadRight((encoded.Length + 3) / 4 * 4, '=');
        return Status.Parser.ParseFrom(Convert.FromBase64String(padded));
    }

    private static IHeaderDictionary Fields(HttpResponse response) =>
        response.HasStarted
            ? response.HttpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : response.Headers;

    private static string? Find(HttpResponse response, string name)
    {
        if (response.Headers.TryGetValue(name, out var header))
        {
            return header;
        }

        return response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers.TryGetValue(name, out var trailer) == true
            ? (string?)trailer
            : null;
    }
}
