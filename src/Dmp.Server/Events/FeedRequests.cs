using System.Text.RegularExpressions;
using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Enum = System.Enum;

namespace Dmp.Server.Events;

/// <summary>What a call about the feed may ask for.</summary>
internal static partial class FeedRequests
{
    /// <summary>The feed has one mode: an emergency opens a record for an act, and not a standing subscription.</summary>
    public static void RequireFeed(Call call)
    {
        if (call.AskedMode is not (null or AccessMode.Normal))
        {
            throw Failures.Of(ErrorReason.AccessModeInvalid);
        }

        AccessPolicy.RequireFunction(call);
    }

    public static void CheckStart(EventStart? start, FieldFaults faults)
    {
        switch (start?.FromCase)
        {
            case null:
                return;
            case EventStart.FromOneofCase.Point:
                faults.Require(
                    start.Point != StartPoint.Unspecified && Enum.IsDefined(start.Point),
                    "start.point",
                    "Must be a place of this version of the contract, and not UNSPECIFIED.");
                return;
            case EventStart.FromOneofCase.ResumeToken:
                faults.Require(start.ResumeToken.Length > 0, "start.resume_token", "Must not be empty.");
                return;
            case EventStart.FromOneofCase.PositionName:
                CheckName(start.PositionName, "start.position_name", faults);
                return;
            default:
                faults.Add("start", "Must say where: point, resume_token or position_name.");
                return;
        }
    }

    public static void CheckName(string name, string field, FieldFaults faults) =>
        faults.Require(NamePattern().IsMatch(name), field, "Must be 1 to 64 characters out of A-Z, a-z, 0-9, -, _ and .");

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex NamePattern();
}
