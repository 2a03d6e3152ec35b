using Dmp.Cda;
using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>Statements of the section of allergies (IHE PCC Allergies and Intolerances, FR-Allergie-ou-hypersensibilite).</summary>
internal sealed class AllergyReader(Values values)
{
    public const string Section = "48765-2";

    public Allergy Read(Statement statement, OpenSection section)
    {
        var observation = statement.Node;
        var agent = Agent(observation);
        var value = values.StatedCode(observation.Find("value"));

        // Some point to nothing where they mean the text of the section: a statement that says nothing else has those words.
        var saysNothing = agent is null && value is null && section.Text.Length > 0;
        var text = values.Words(observation.Find("text")) ?? (saysNothing ? section.Text : null);
        return new Allergy
        {
            Type = values.Code(observation.Find("code")),
            Agent = agent,
            Absence = Absences.OfAny([agent?.Code, value]) is var coded and not FactAbsence.No ? coded
                : agent is null ? Absences.Of(null, text)
                : FactAbsence.No,
            Period = Values.Stretch(observation.Find("effectiveTime")),
            Value = value,
            Reactions =
            [
                .. Values.Inner(observation).Where(part => !Values.IsAttribute(part))
                    .Select(part => (Part: part, What: values.StatedCode(part.Find("value")) ?? InWords(part)))
                    .Where(reaction => reaction.What is not null)
                    .Select(reaction => new AllergyReaction(
                        reaction.What!,
                        reaction.Part["negationInd"] == "true" || reaction.Part.Parent?["negationInd"] == "true",
                        values.Attribute(reaction.Part, Values.SeverityCode),
                        Values.Stretch(reaction.Part.Find("effectiveTime")))),
            ],
            Status = values.Attribute(observation, Values.StatusCode),
            Criticality = values.Attribute(observation, Values.CriticalityCode),
            Certainty = values.Attribute(observation, Values.CertaintyCode),
            ConcernState = statement.Around.ConcernState,
            Text = text,
        };
    }

    private Coded? InWords(CdaNode part) =>
        (values.Words(part.Find("value")) ?? values.Words(part.Find("text"))) is { } words ? Values.InWords(words) : null;

    private AllergyAgent? Agent(CdaNode observation)
    {
        // Whoever told or confirmed it takes part too.
        var entity = observation.Of("participant").Where(participant => participant["typeCode"] is null or "CSM")
            .Select(participant => participant.Find("participantRole", "playingEntity"))
            .FirstOrDefault(found => found is not null);
        var (code, name) = (values.StatedCode(entity?.Find("code")), Values.Name(entity));
        return code is null && name is null ? null : new AllergyAgent(code ?? Values.none, name);
    }
}
