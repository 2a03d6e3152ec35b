namespace Dmp.Storage;

/// <summary>
/// The content store cannot serve now: disk full, no permission, device error. Nothing half-written is visible, so the
/// same call may be tried again later. The cause stays in <see cref="Exception.InnerException"/> for the log and never
/// travels to a caller, because its text holds paths.
/// </summary>
public class ContentUnavailableException(string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>True for the failures of the storage; anything else is a mistake in our code and must stay visible as one.</summary>
    public static bool IsStorageFailure(Exception exception) => exception is IOException or UnauthorizedAccessException;
}
