using Dmp.Error.V1;
using Dmp.Server.Access;
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

    public static Google.Rpc.Status? ReadMode(HttpContext http, Call call)
    {
        call.AskedMode = http.Request.Headers[ModeHeader].ToString() switch
        {
            "normal" => AccessMode.Normal,
            "break-glass" => AccessMode.BreakGlass,
            "regulation" => AccessMode.Regulation,
            _ => null,
        };
        var isCarer = call.Caller.Kind is CallerKind.Professional or CallerKind.Structure;
        var isGood = http.Request.Headers[ModeHeader].Count == 0
            || call.AskedMode == AccessMode.Normal
            || (call.AskedMode is not null && isCarer);
        return isGood ? null : Failures.ToStatus(ErrorReason.AccessModeInvalid);
    }

    /// <summary>
    /// Reads the request metadata of a secret connection. Anything but "true" and "false" is refused: a typing error must not
    /// make known what was to be kept secret. False when the call cannot be secret at all.
    /// </summary>
    public static bool ReadSecret(HttpContext http, Call call, MethodRule rule)
    {
        if (!http.Request.Headers.TryGetValue(SecretConnectionHeader, out var value) || value == "false")
        {
            return true;
        }

        call.IsSecret = call.HidesEvent = call.Caller.Kind == CallerKind.Professional;
        return call.IsSecret && value == "true" && rule.Access.InSecret;
    }
}
