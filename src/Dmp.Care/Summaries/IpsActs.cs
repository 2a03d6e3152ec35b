using System.Text.Json.Nodes;
using Dmp.Care.Emergencies;

namespace Dmp.Care.Summaries;

/// <summary>What was done, and which devices the patient has.</summary>
internal sealed class IpsActs(DateTimeOffset at, SummaryWords words)
{
    public static IpsStatement? Procedure(Stated stated)
    {
        var (fact, act) = (stated.Fact, stated.Fact.Act);
        var code = IpsValues.Concept(act.Code) ?? IpsValues.Concept([], fact.Text);
        if (code is null)
        {
            return null;
        }

        JsonObject body = new()
        {
            ["resourceType"] = "Procedure",
            ["status"] = fact.State switch
            {
                "completed" => "completed",
                "active" or "in-progress" => "in-progress",
                "suspended" => "on-hold",
                _ => "unknown",
            },
            ["code"] = code,
        };
        IpsValues.SetWhen(body, "performed", act.Period);
        IpsValues.Set(body, "bodySite", IpsValues.Concepts(act.Sites));
        return IpsStatement.One(
            stated, body, $"{IpsClinical.WordsOf(code)} {IpsValues.Time(act.Period?.Low)}".TrimEnd());
    }

    /// <summary>
    /// R4 has no "unknown" for the state of a device, and takes none without: one of which nothing is said is written as in use, the safe
    /// side before an examination by magnetic resonance, and its note says that no document states it (S6).
    /// </summary>
    public IpsStatement? Device(Stated stated)
    {
        var device = stated.Fact.Device;
        var type = IpsValues.Concept(device.Code) ?? IpsValues.Concept([], stated.Fact.Text);
        if (type is null && device.Model.Length == 0)
        {
            return null;
        }

        JsonObject made = new() { ["resourceType"] = "Device" };
        IpsValues.Set(made, "identifier", IpsValues.Identifiers(device.DeviceIds));
        IpsValues.Set(made, "modelNumber", ShownText.Of(device.Model, 200));
        IpsValues.Set(made, "type", type);
        JsonObject body = new() { ["resourceType"] = "DeviceUseStatement" };
        if (StatedTimes.End(device.Period) is { } end && end <= at)
        {
            body["status"] = "completed";
        }
        else
        {
            body["status"] = "active";
            IpsValues.Note(body, [stated.Fact.State == "active" ? "" : words.StateNotStated]);
        }

        IpsValues.SetWhen(body, "timing", device.Period);
        var name = type is null ? ShownText.Of(device.Model, 200) : IpsClinical.WordsOf(type);
        return IpsStatement.One(stated, body, $"{name} {IpsValues.Time(device.Period?.Low)}".TrimEnd()) with { Device = made };
    }
}
