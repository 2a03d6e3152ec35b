using Grpc.Core;

namespace Dmp.Client;

/// <summary>The token is missing or was refused, or the issuer gave none (UNAUTHENTICATED).</summary>
public sealed class DmpAuthenticationException : DmpException
{
    /// <summary>Makes an exception that did not come from an answer of the platform.</summary>
    /// <param name="message">What happened, for developers.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public DmpAuthenticationException(string message, Exception? innerException = null)
        : base(StatusCode.Unauthenticated, message, innerException)
    {
    }

    internal DmpAuthenticationException(ErrorDetails details, Exception? innerException)
        : base(details, innerException)
    {
    }
}

/// <summary>The caller is known but may not do this (PERMISSION_DENIED).</summary>
public sealed class DmpAccessDeniedException : DmpException
{
    /// <summary>Makes an exception that did not come from an answer of the platform.</summary>
    /// <param name="message">What happened, for developers.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public DmpAccessDeniedException(string message, Exception? innerException = null)
        : base(StatusCode.PermissionDenied, message, innerException)
    {
    }

    internal DmpAccessDeniedException(ErrorDetails details, Exception? innerException)
        : base(details, innerException)
    {
    }
}

/// <summary>
/// The request is wrong and will stay wrong (INVALID_ARGUMENT, OUT_OF_RANGE, and RESOURCE_EXHAUSTED of what is too large); see
/// <see cref="DmpException.FieldViolations"/>.
/// </summary>
public sealed class DmpInvalidRequestException : DmpException
{
    /// <summary>Makes an exception that did not come from an answer of the platform.</summary>
    /// <param name="message">What happened, for developers.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public DmpInvalidRequestException(string message, Exception? innerException = null)
        : base(StatusCode.InvalidArgument, message, innerException)
    {
    }

    internal DmpInvalidRequestException(ErrorDetails details, Exception? innerException)
        : base(details, innerException)
    {
    }
}

/// <summary>The record holds no such thing for this caller (NOT_FOUND). What is hidden answers the same as what never existed.</summary>
public sealed class DmpNotFoundException : DmpException
{
    /// <summary>Makes an exception that did not come from an answer of the platform.</summary>
    /// <param name="message">What happened, for developers.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public DmpNotFoundException(string message, Exception? innerException = null)
        : base(StatusCode.NotFound, message, innerException)
    {
    }

    internal DmpNotFoundException(ErrorDetails details, Exception? innerException)
        : base(details, innerException)
    {
    }
}

/// <summary>The state of the platform does not allow the call (ABORTED, ALREADY_EXISTS, FAILED_PRECONDITION).</summary>
public sealed class DmpConflictException : DmpException
{
    /// <summary>Makes an exception that did not come from an answer of the platform.</summary>
    /// <param name="message">What happened, for developers.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public DmpConflictException(string message, Exception? innerException = null)
        : base(StatusCode.Aborted, message, innerException)
    {
    }

    internal DmpConflictException(ErrorDetails details, Exception? innerException)
        : base(details, innerException)
    {
    }
}

/// <summary>
/// The platform could not be reached, did not answer in time, or has too much to do for this caller (UNAVAILABLE, DEADLINE_EXCEEDED, and
/// RESOURCE_EXHAUSTED with <see cref="DmpException.RetryAfter"/>). Repeat later, with the same request id.
/// </summary>
public sealed class DmpUnavailableException : DmpException
{
    /// <summary>Makes an exception that did not come from an answer of the platform.</summary>
    /// <param name="message">What happened, for developers.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public DmpUnavailableException(string message, Exception? innerException = null)
        : base(StatusCode.Unavailable, message, innerException)
    {
    }

    internal DmpUnavailableException(ErrorDetails details, Exception? innerException)
        : base(details, innerException)
    {
    }
}

/// <summary>
/// TLS with the platform or the issuer failed, mostly because its certificate is not trusted. Nothing was sent. Repeating does not help:
/// the certificate, the trust in its authority or the clock of this machine is wrong.
/// </summary>
public sealed class DmpTlsException : DmpException
{
    /// <summary>Makes an exception that did not come from an answer of the platform.</summary>
    /// <param name="message">What happened, for developers.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public DmpTlsException(string message, Exception? innerException = null)
        : base(StatusCode.Unavailable, message, innerException)
    {
    }
}

/// <summary>
/// The bytes that travelled are not the bytes that were stored or sent: the SDK found another digest, size or order. Never use those bytes.
/// </summary>
public sealed class DmpIntegrityException : DmpException
{
    /// <summary>Makes an exception that did not come from an answer of the platform.</summary>
    /// <param name="message">What happened, for developers.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public DmpIntegrityException(string message, Exception? innerException = null)
        : base(StatusCode.DataLoss, message, innerException)
    {
    }
}
