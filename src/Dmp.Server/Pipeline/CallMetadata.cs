using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;

namespace Dmp.Server.Pipeline;

/// <summary>What the headers of a call ask for.</summary>
internal static class CallMetadata
{
    /// <summary>Metadata in which a professional or structure asks for a mode of access.</summary>
    public const string ModeHeader = "dmp-access-mode";

    private const int UserAgentLengthMax = 200;
    private const string SecretConnectionHeader = "dmp-secret-connection";

    // Never half a character, which PostgreSQL does not take, and nothing that changes how the trace reads.
    public static string? UserAgentOf(HttpContext http) => http.Request.Headers.UserAgent is not [{ Length: > 0 } agent, ..] ? null
        : TextCharacters.Clean(agent.Length <= UserAgentLengthMax ? agent
            : agent[..(char.IsHighSurrogate(agent[UserAgentLengthMax - 1]) ? UserAgentLengthMax - 1 : UserAgentLengthMax)]);

    /// <summary>The mode that the call asks for; null when it asks for none. Returns why the caller may not ask for it.</summary>
    public static Google.Rpc.Status? ReadMode(HttpContext http, Caller caller, out AccessMode? mode)
    {
        mode = http.Request.Headers[ModeHeader].ToString() switch
        {
            "normal" => AccessMode.Normal,
            "break-glass" => AccessMode.BreakGlass,
            "regulation" => AccessMode.Regulation,
            _ => null,
        };
        var isCarer = caller.Kind is CallerKind.Professional or CallerKind.Structure;
        var isGood = http.Request.Headers[ModeHeader].Count == 0
            || mode == AccessMode.Normal
            || (mode is not null && isCarer);
        return isGood ? null : Failures.ToStatus(ErrorReason.AccessModeInvalid);
    }

    /// <summary>
    /// Reads the request metadata of a secret connection. Anything but "true" and "false" is refused: a typing error must not
    /// make known what was to be kept secret. False when the call cannot be secret at all.
    /// </summary>
    public static bool ReadSecret(HttpContext http, Caller caller, MethodRule rule, out bool isSecret)
    {
        isSecret = false;
        if (!http.Request.Headers.TryGetValue(SecretConnectionHeader, out var value) || value == "false")
        {
            return true;
        }

        isSecret = caller.Kind == CallerKind.Professional;
        return isSecret && value == "true" && rule.Access.InSecret;
    }
}
