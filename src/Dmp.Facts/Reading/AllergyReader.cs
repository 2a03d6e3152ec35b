using Dmp.Cda;
using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>Statements of the section of allergies (IHE PCC Allergies and Intolerances, FR-Allergie-ou-hypersensibilite).</summary>
internal sealed class AllergyReader(Values values)
{
    public const string Section = "48765-2";

    public Allergy Read(CdaNode observation, OpenSection section)
    {
        var agent = Agent(observation);
        var value = values.StatedCode(observation.Find("value"));

        // Some point to nothing where they mean the text of the section: a statement that says nothing else has those words.
        var saysNothing = agent is null && value is null && section.Text.Length > 0;
        var text = values.Words(observation.Find("text")) ?? (saysNothing ? section.Text : null);
        return new Allergy
        {
            Type = values.Code(observation.Find("code")),
            Agent = agent,
            IsNegatedByWords = !Values.IsNegated(observation) && agent is null && Words.SayNone(text),
            Period = Values.Stretch(observation.Find("effectiveTime")),
            Value = value,
            Reactions =
            [
                .. Values.Inner(observation).Where(part => !IsAttribute(part))
                    .Select(part => (Part: part, What: values.StatedCode(part.Find("value"))))
                    .Where(reaction => reaction.What is not null)
                    .Select(reaction => new AllergyReaction(
                        reaction.What!,
                        values.Attribute(reaction.Part, Values.SeverityCode),
                        Values.Stretch(reaction.Part.Find("effectiveTime")))),
            ],
            Status = values.Attribute(observation, Values.StatusCode),
            Criticality = values.Attribute(observation, Values.CriticalityCode),
            Certainty = values.Attribute(observation, Values.CertaintyCode),
            Text = text,
        };
    }

    private static bool IsAttribute(CdaNode part) => part.Find("code")?["code"] is { } code && Values.AttributeCodes.Contains(code);

    private AllergyAgent? Agent(CdaNode observation)
    {
        var entity = observation.Of("participant").Select(participant => participant.Find("participantRole", "playingEntity"))
            .FirstOrDefault(found => found is not null);
        var (code, name) = (values.StatedCode(entity?.Find("code")), Values.Name(entity));
        return code is null && name is null ? null : new AllergyAgent(code ?? Values.none, name);
    }
}
