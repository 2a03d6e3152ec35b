using System.Collections.ObjectModel;
using Dmp.Error.V1;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// A call to the platform failed. The subclasses say what the program can do about it; <see cref="ErrorReason"/> says
/// exactly why.
/// </summary>
/// <remarks>
/// A cancellation asked for by the caller is no <see cref="DmpException"/>: it surfaces as
/// <see cref="OperationCanceledException"/>. Nothing here holds medical content, an INS, a token or a secret, so all of it
/// may be logged.
/// </remarks>
public class DmpException : Exception
{
    /// <summary>Makes an exception that did not come from an answer of the platform.</summary>
    /// <param name="statusCode">The gRPC status that describes it best.</param>
    /// <param name="message">What happened, for developers.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public DmpException(StatusCode statusCode, string message, Exception? innerException = null)
        : base(message, innerException) => StatusCode = statusCode;

    internal DmpException(ErrorDetails details, Exception? innerException)
        : base(details.ToString(), innerException)
    {
        StatusCode = details.StatusCode;
        Reason = details.Reason;
        ErrorReason = details.ErrorReason;
        FieldViolations = details.FieldViolations;
        LocalizedMessage = details.LocalizedMessage;
        ServerRequestId = details.ServerRequestId;
        RetryAfter = details.RetryAfter;
        Metadata = details.Metadata;
    }

    /// <summary>The gRPC status of the call.</summary>
    public StatusCode StatusCode { get; }

    /// <summary>
    /// The stable reason as it travelled, for example <c>RECORD_ACCESS_DENIED</c>. Empty when the failure did not come from
    /// the platform itself (connection, proxy, token issuer).
    /// </summary>
    public string Reason { get; } = "";

    /// <summary>
    /// The reason as an enum; <see cref="ErrorReason.Unspecified"/> when there is none or when it is newer than this SDK
    /// (<see cref="Reason"/> still holds its name).
    /// </summary>
    public ErrorReason ErrorReason { get; }

    /// <summary>Every field the platform refused, all of them at once.</summary>
    public IReadOnlyList<FieldViolation> FieldViolations { get; } = [];

    /// <summary>A French sentence to show to the practitioner or patient.</summary>
    public string? LocalizedMessage { get; }

    /// <summary>The id under which support finds the call.</summary>
    public string? ServerRequestId { get; }

    /// <summary>After this time the same call, with the same request id, may succeed.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Values that belong to the reason, for example <c>limit_bytes</c>; the keys are in the contract.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>
    /// Turns what a generated client (<see cref="DmpClient.Records"/> and its sisters) threw into the exception that the
    /// methods of <see cref="DmpClient"/> throw.
    /// </summary>
    /// <param name="exception">The exception of the generated client.</param>
    /// <returns>The exception of the fitting subclass, with <paramref name="exception"/> inside.</returns>
    public static DmpException From(RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);

        // A connection or token source that fails inside a call arrives wrapped in a status; its own exception says more.
        if (ConnectionFailure.Of(exception.Status) is { } own)
        {
            return own;
        }

        var details = ErrorDetails.From(exception);
        return details.StatusCode switch
        {
            StatusCode.Unauthenticated => new DmpAuthenticationException(details, exception),
            StatusCode.PermissionDenied => new DmpAccessDeniedException(details, exception),
            // Too many at once passes; too large does not.
            StatusCode.ResourceExhausted when details.RetryAfter is not null => new DmpUnavailableException(details, exception),
            StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.ResourceExhausted
                => new DmpInvalidRequestException(details, exception),
            StatusCode.NotFound => new DmpNotFoundException(details, exception),
            StatusCode.Aborted or StatusCode.AlreadyExists or StatusCode.FailedPrecondition
                => new DmpConflictException(details, exception),
            StatusCode.Unavailable or StatusCode.DeadlineExceeded => new DmpUnavailableException(details, exception),
            _ => new DmpException(details, exception),
        };
    }
}
