using System.Text.Json.Nodes;
using Dmp.Care.Emergencies;
using Dmp.Facts.V1;

namespace Dmp.Care.Summaries;

/// <summary>
/// Allergies and problems. States that are not stated are not written: an active disease is one that a document calls active.
/// </summary>
internal sealed class IpsClinical(DateTimeOffset at, SummaryWords words)
{
    private const string Abatement = "http://hl7.org/fhir/StructureDefinition/allergyintolerance-abatement";
    private const int ReactionsMax = 20;

    public IpsStatement? Allergy(Stated stated)
    {
        var (fact, allergy) = (stated.Fact, stated.Fact.Allergy);
        var agent = HasAgent(allergy) ? IpsValues.Concept(allergy.Agent, allergy.AgentName) : null;
        var effect = agent is null ? null : IpsValues.Concept(allergy.Value);
        var code = agent ?? IpsValues.Concept(allergy.Value) ?? IpsValues.Concept([], fact.Text);
        if (code is null)
        {
            return null;
        }

        JsonObject body = new() { ["resourceType"] = "AllergyIntolerance" };
        List<string> notes = [];
        if (IpsValues.Time(allergy.Period?.High) is { } end && allergy.Period is { Single: false })
        {
            body["extension"] = new JsonArray(new JsonObject { ["url"] = Abatement, ["valueDateTime"] = end });
        }

        // R4 takes no allergy without a state (ait-1) and has no "unknown": the safe side, and a note that nobody states it (S6).
        var state = AllergyState(allergy.Status) ?? (IsOver(allergy.Period) ? "inactive" : null);
        body["clinicalStatus"] = IpsValues.Mapped(IpsStates.AllergyClinical, state ?? "active", state is null ? null : allergy.Status);
        notes.Add(state is null ? words.StateNotStated : "");
        Verify(body, IpsStates.AllergyVerification, allergy.Certainty, isAllergy: true, notes);
        Kind(body, allergy, notes);
        IpsValues.Set(body, "criticality", IpsStates.Criticality(allergy.Criticality));
        notes.Add(IpsStates.Criticality(allergy.Criticality) is null ? Said("criticité", "criticality", allergy.Criticality) : "");
        body["code"] = code;
        Onset(body, allergy.Period);
        notes.Add(AllergyState(allergy.Status) is null ? Said("état", "state", allergy.Status) : "");
        notes.Add(effect is null ? "" : Said("codé comme", "coded as", allergy.Value));
        JsonArray reactions =
        [
            .. allergy.Reactions.Where(reaction => !reaction.Negated).Select(Reaction).OfType<JsonObject>().Take(ReactionsMax),
        ];
        if (reactions.Count > 0)
        {
            body["reaction"] = reactions;
        }

        IpsValues.Note(body, notes);
        return IpsStatement.One(stated, body, In(code, allergy.Reactions.Where(reaction => !reaction.Negated)
            .Select(reaction => CodeWords.Of(reaction.Manifestation, 80)), CodeWords.Of(allergy.Status, 40)));
    }

    public IpsStatement? Problem(Stated stated)
    {
        var (fact, problem) = (stated.Fact, stated.Fact.Problem);
        var code = IpsValues.Concept(problem.Value) ?? IpsValues.Concept([], fact.Text);
        if (code is null)
        {
            return null;
        }

        JsonObject body = new() { ["resourceType"] = "Condition" };
        List<string> notes = [];
        var state = StateOf(problem);
        IpsValues.Set(body, "clinicalStatus", Clinical(IpsStates.ConditionClinical, state, problem.Status));
        Verify(body, IpsStates.ConditionVerification, problem.Certainty, isAllergy: false, notes);
        notes.Add(state is null ? Said("état", "state", problem.Status) : "");
        IpsValues.Set(body, "severity", IpsValues.Concept(problem.Severity));
        body["code"] = code;
        IpsValues.Set(body, "bodySite", IpsValues.Concepts(problem.Sites));
        Onset(body, problem.Period);
        if (problem.Period is { Single: false, High: { } high })
        {
            // Only of what is over may FHIR say when that was (con-4).
            if (IpsValues.Time(high) is { } end && state is "inactive" or "resolved" or "remission")
            {
                body["abatementDateTime"] = IpsValues.Time(high);
            }
            else if (high.Written.Length > 0)
            {
                notes.Add(words.In("fin", "end") + words.Colon + ShownText.Of(high.Written, 60));
            }
        }

        IpsValues.Note(body, notes);
        return IpsStatement.One(stated, body, In(code, [], state ?? CodeWords.Of(problem.Status, 40)));
    }

    /// <summary>A statement that there is none, by the code that its document has.</summary>
    public static IpsStatement? NoneKnown(Stated stated)
    {
        var fact = stated.Fact;
        var isAllergy = fact.KindCase == Fact.KindOneofCase.Allergy;
        var code = isAllergy
            ? (HasAgent(fact.Allergy) ? IpsValues.Concept(fact.Allergy.Agent) : null) ?? IpsValues.Concept(fact.Allergy.Value)
            : IpsValues.Concept(fact.Problem.Value);
        return code?["coding"] is null ? null : IpsStatement.One(
            stated, IpsAbsent.Body(isAllergy ? "AllergyIntolerance" : "Condition", code), In(code, [], ""));
    }

    /// <summary>Over, as said; or not said, with an end that has passed.</summary>
    public string? StateOf(Problem problem) => IpsStates.Clinical(problem.Status)
        ?? (problem.Status is null && IsOver(problem.Period) ? "inactive" : null);

    private bool IsOver(Stretch? period) => StatedTimes.End(period) is { } end && end <= at;

    /// <summary>Of allergies FHIR knows fewer states; one that came back is active.</summary>
    private static string? AllergyState(CodedValue? status) => IpsStates.Clinical(status) switch
    {
        "recurrence" or "relapse" => "active",
        "remission" => "inactive",
        var state => state,
    };

    private static JsonObject? Clinical(string system, string? state, CodedValue? stated) =>
        state is null ? null : IpsValues.Mapped(system, state, stated);

    private void Verify(JsonObject body, string system, CodedValue? certainty, bool isAllergy, List<string> notes)
    {
        var code = IpsStates.Verification(certainty);
        if (code is null || (isAllergy && code is "provisional" or "differential"))
        {
            notes.Add(Said("certitude", "certainty", certainty));
            return;
        }

        body["verificationStatus"] = IpsValues.Mapped(system, code, certainty);
    }

    private void Kind(JsonObject body, Allergy allergy, List<string> notes)
    {
        var codes = allergy.Type is null ? [] : new[] { allergy.Type }
            .Concat(allergy.Type.Qualifiers.Select(qualifier => qualifier.Value).OfType<CodedValue>())
            .Select(value => IpsStates.Allergy(value.Code)).ToList();
        var type = codes.Select(one => one.Type).FirstOrDefault(one => one.Length > 0);
        JsonArray categories = [.. codes.Select(one => one.Category).Where(one => one.Length > 0).Distinct().Select(one => (JsonNode)one)];
        IpsValues.Set(body, "type", type);
        if (categories.Count > 0)
        {
            body["category"] = categories;
        }

        notes.Add(type is null && categories.Count == 0 ? Said("type", "type", allergy.Type) : "");
    }

    private static void Onset(JsonObject body, Stretch? period)
    {
        if (IpsValues.Time(period?.Low) is { } time)
        {
            body["onsetDateTime"] = time;
        }
        else if (IpsValues.UnreadTime(period?.Low) is { Length: > 0 } written)
        {
            body["onsetString"] = written;
        }
    }

    private static JsonObject? Reaction(Reaction reaction)
    {
        var severity = IpsStates.Severity(reaction.Severity);
        var manifestation = IpsValues.Concept(reaction.Manifestation);
        if (manifestation is null && reaction.Severity is null)
        {
            return null;
        }

        JsonObject made = new() { ["manifestation"] = new JsonArray(manifestation ?? IpsValues.Unknown()) };
        IpsValues.Set(made, "description", severity is null ? CodeWords.Of(reaction.Severity, 120) : "");
        IpsValues.Set(made, "onset", IpsValues.Time(reaction.Period?.Low));
        IpsValues.Set(made, "severity", severity);
        return made;
    }

    private string Said(string french, string english, CodedValue? value) => CodeWords.Of(value, 120) is { Length: > 0 } said
        ? words.In(french, english) + words.Colon + said
        : "";

    private static string In(JsonObject code, IEnumerable<string> parts, string state) =>
        string.Join(" · ", new[] { WordsOf(code) }.Concat(parts).Append(state).Where(part => part.Length > 0));

    internal static string WordsOf(JsonObject? concept) => concept is null ? "" : concept["text"]?.GetValue<string>()
        ?? concept["coding"]?[0]?["display"]?.GetValue<string>() ?? concept["coding"]?[0]?["code"]?.GetValue<string>() ?? "";

    private static bool HasAgent(Allergy allergy) =>
        allergy.Agent is { Code.Length: > 0 } or { Display.Length: > 0 } or { Text.Length: > 0 }
        || allergy.AgentName.Length > 0;
}
