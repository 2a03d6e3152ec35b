using System.Globalization;
using Google.Protobuf;
using Google.Rpc;
using Microsoft.AspNetCore.Http.Features;
using HttpResponse = Microsoft.AspNetCore.Http.HttpResponse;
using ServerCallContext = Grpc.Core.ServerCallContext;

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
        try
        {
            if (!response.HasStarted)
            {
                response.StatusCode = StatusCodes.Status200OK;
                response.ContentType = "application/grpc";
            }

            var fields = Fields(response);
            fields[StatusName] = status.Code.ToString(CultureInfo.InvariantCulture);
            fields[MessageName] = Uri.EscapeDataString(status.Message);
            fields[DetailsName] = Convert.ToBase64String(status.ToByteArray());
        }
        catch (InvalidOperationException)
        {
            // A deadline passed between the look above and here: the framework has sent its own status.
        }
    }

    /// <summary>Nothing more can be said.</summary>
    public static bool HasEnded(HttpResponse response) => Fields(response).IsReadOnly;

    /// <summary>The deadline of the call has passed: the framework completes its answer, or has done so.</summary>
    public static bool IsLate(ServerCallContext context) =>
        context.Deadline < DateTime.MaxValue && context.Deadline <= TimeProvider.System.GetUtcNow().UtcDateTime;

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
