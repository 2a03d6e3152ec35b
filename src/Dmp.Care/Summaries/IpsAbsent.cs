using System.Text.Json.Nodes;

namespace Dmp.Care.Summaries;

/// <summary>
/// The three sections that a summary must have say what is not known by an entry of IPS: "no information about allergies". "No known
/// allergy" is written only where a document states it by a code.
/// </summary>
internal static class IpsAbsent
{
    public const string System = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";

    /// <summary>Nobody states it: it is what was found, and that is nothing.</summary>
    public static IpsStatement NoInformation(string type)
    {
        var (code, display) = type switch
        {
            "AllergyIntolerance" => ("no-allergy-info", "No information about allergies"),
            "MedicationStatement" => ("no-medication-info", "No information about medications"),
            _ => ("no-problem-info", "No information about problems"),
        };
        JsonObject concept = new()
        {
            ["coding"] = new JsonArray(new JsonObject { ["system"] = System, ["code"] = code, ["display"] = display }),
        };
        return new IpsStatement(Body(type, concept), display, [], []);
    }

    /// <summary>The resource around such a code, as IPS writes it: the state is that of the statement.</summary>
    public static JsonObject Body(string type, JsonObject code)
    {
        JsonObject body = new() { ["resourceType"] = type };
        if (type == "MedicationStatement")
        {
            body["status"] = "unknown";
            body["medicationCodeableConcept"] = code;
            body["_effectiveDateTime"] = IpsValues.Unknown();
            return body;
        }

        body["clinicalStatus"] = IpsValues.Mapped(
            type == "Condition" ? IpsStates.ConditionClinical : IpsStates.AllergyClinical, "active");
        body["code"] = code;
        return body;
    }
}
