namespace Dmp.Server.Options;

/// <summary>The server must not start as it is configured. The message is for the operator: one line, without secrets.</summary>
internal sealed class StartupRefusedException(string message, Exception? cause = null) : Exception(message, cause);
