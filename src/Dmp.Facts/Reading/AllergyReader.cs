using Dmp.Cda;
using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>Statements of the section of allergies (IHE PCC Allergies and Intolerances, FR-Allergie-ou-hypersensibilite).</summary>
internal sealed class AllergyReader(Narrative narrative)
{
    public const string Section = "48765-2";

    private const string Status = "33999-4";
    private const string Criticality = "82606-5";
    private const string Certainty = "66455-7";
    private const string Severity = "SEV";

    /// <summary>How French texts begin that say that there is none.</summary>
    private static readonly string[] noneWords = ["aucun", "pas d", "absence d", "néant", "rien à signaler"];

    private readonly Values values = new(narrative);

    /// <summary>The statements of an entry: the observations of its concern, or the entry itself.</summary>
    public IReadOnlyList<Allergy> Read(CdaNode entry, OpenSection section) =>
        [.. Observations(entry).Select(observation => ReadObservation(observation, section))];

    private static IEnumerable<CdaNode> Observations(CdaNode node) =>
        node.Children.SelectMany(child => child.Name == "observation" ? [child] : Observations(child));

    private Allergy ReadObservation(CdaNode observation, OpenSection section)
    {
        var parts = Inner(observation).ToList();
        var agent = Agent(observation);
        var value = values.StatedCode(observation.Find("value"));

        // Some point to nothing where they mean the text of the section: a statement that says nothing else has those words.
        var saysNothing = agent is null && value is null && section.Text.Length > 0;
        var text = values.Words(observation.Find("text")) ?? (saysNothing ? section.Text : null);
        var isNegated = observation["negationInd"] == "true";
        return new Allergy
        {
            Source = Values.Source(observation, section),
            Subject = values.Subject(observation, section),
            Type = values.Code(observation.Find("code")),
            Agent = agent,
            IsNegated = isNegated,
            IsNegatedByWords = !isNegated && agent is null && text is not null
                && noneWords.Any(words => text.StartsWith(words, StringComparison.OrdinalIgnoreCase)),
            Period = Values.Stretch(observation.Find("effectiveTime")),
            Value = value,
            Reactions =
            [
                .. parts.Where(part => !IsAttribute(part))
                    .Select(part => (Part: part, What: values.StatedCode(part.Find("value"))))
                    .Where(reaction => reaction.What is not null)
                    .Select(reaction => new AllergyReaction(
                        reaction.What!,
                        ValueOf(Inner(reaction.Part), Severity),
                        Values.Stretch(reaction.Part.Find("effectiveTime")))),
            ],
            Status = ValueOf(parts, Status),
            Criticality = ValueOf(parts, Criticality),
            Certainty = ValueOf(parts, Certainty),
            Text = text,
        };
    }

    private static IEnumerable<CdaNode> Inner(CdaNode observation) =>
        observation.Of("entryRelationship").Select(part => part.Find("observation")).OfType<CdaNode>();

    private static bool IsAttribute(CdaNode part) => part.Find("code")?["code"] is Status or Criticality or Certainty or Severity;

    private AllergyAgent? Agent(CdaNode observation)
    {
        var entity = observation.Of("participant").Select(participant => participant.Find("participantRole", "playingEntity"))
            .FirstOrDefault(found => found is not null);
        var (code, name) = (values.StatedCode(entity?.Find("code")), Values.Name(entity));
        return code is null && name is null ? null : new AllergyAgent(code ?? Values.none, name);
    }

    private Coded? ValueOf(IEnumerable<CdaNode> parts, string code) =>
        values.Code(parts.FirstOrDefault(part => part.Find("code")?["code"] == code)?.Find("value"));
}
