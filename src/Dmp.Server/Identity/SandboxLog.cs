namespace Dmp.Server.Identity;

/// <summary>
/// Log messages of the sandbox issuer (event ids 1300 to 1399). Personas are public; tokens and secrets are never logged.
/// </summary>
internal static partial class SandboxLog
{
    [LoggerMessage(1300, LogLevel.Information, "The sandbox issuer answers at {Authority}")]
    public static partial void IssuerStarted(ILogger logger, Uri authority);

    [LoggerMessage(1301, LogLevel.Information, "The sandbox issuer has a new signing key in {Path}")]
    public static partial void SigningKeyCreated(ILogger logger, string path);
}
