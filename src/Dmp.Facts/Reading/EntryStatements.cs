using Dmp.Cda;
using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>
/// What an entry states, in the order of the document: its statements and those inside of them, each of its kind. What only holds
/// others together (a list's entry, a chapter of a laboratory, a battery) is none, nor is what is told as a part of another one.
/// </summary>
internal sealed class EntryStatements
{
    private const string Comment = "48767-8";

    /// <summary>IHE XD-LAB Laboratory Report Item Section entry: one chapter.</summary>
    private const string LaboratoryChapter = "1.3.6.1.4.1.19376.1.3.1";

    /// <summary>IHE PCC Allergies and Intolerances, FR-Allergie-ou-hypersensibilite.</summary>
    private static readonly HashSet<string> allergies = ["1.3.6.1.4.1.19376.1.5.3.1.4.6", "1.2.250.1.213.1.1.3.41"];

    /// <summary>IHE PCC Problem Entry, CCD Problem Observation, FR-Probleme. Allergies name some of these too.</summary>
    private static readonly HashSet<string> problems =
        ["1.3.6.1.4.1.19376.1.5.3.1.4.5", "2.16.840.1.113883.10.20.1.28", "1.2.250.1.213.1.1.3.37"];

    /// <summary>Entries of lists: IHE PCC concerns of problems and of allergies, CCD Problem Act.</summary>
    private static readonly HashSet<string> concerns =
    [
        "1.3.6.1.4.1.19376.1.5.3.1.4.5.1", "1.3.6.1.4.1.19376.1.5.3.1.4.5.2", "1.3.6.1.4.1.19376.1.5.3.1.4.5.3",
        "2.16.840.1.113883.10.20.1.27",
    ];

    private static readonly HashSet<string> linked =
    [
        "externalAct", "externalDocument", "externalObservation", "externalProcedure", "observationMedia", "regionOfInterest",
    ];

    private readonly string? section;
    private readonly List<Statement> found = [];
    private readonly Dictionary<UnreadReason, int> unread = [];
    private int places;

    private EntryStatements(string? section) => this.section = section;

    /// <summary>The statements, and how many things are none for which reason.</summary>
    public static (IReadOnlyList<Statement> Found, IReadOnlyDictionary<UnreadReason, int> Unread) Of(CdaNode entry, OpenSection section)
    {
        var statements = new EntryStatements(section.Code);
        var around = new Surroundings
        {
            Subject = section.Subject,
            Author = section.Author,
            IsChapter = Values.Has(entry, LaboratoryChapter),
        };
        statements.Walk(entry, null, around);
        return (statements.found, statements.unread);
    }

    private void Walk(CdaNode node, Statement? within, Surroundings around)
    {
        foreach (var child in node.Children)
        {
            if (linked.Contains(child.Name) || (child.Name == "value" && child["representation"] == "B64"))
            {
                Count(UnreadReason.Linked);
                continue;
            }

            if (!IsStatement(child))
            {
                var tied = child["negationInd"] == "true" ? around with { IsNegated = true } : around;
                Walk(child, within, tied);
                continue;
            }

            places++;
            var kind = KindOf(child, within, around);
            var own = OfItself(child, around);
            if (kind is null)
            {
                // It holds others, or is told with the one that it stands in.
                Walk(child, within, Holding(child, own));
            }
            else if (SaysNothing(child))
            {
                Count(UnreadReason.SaysNothing);
                Walk(child, within, own);
            }
            else
            {
                var statement = new Statement(child, kind.Value, places, within, own);
                found.Add(statement);
                Walk(child, statement, new Surroundings { Subject = own.Subject, Author = own.Author, Specimen = own.Specimen });
            }
        }
    }

    private static bool IsStatement(CdaNode node) =>
        node.Name is "act" or "encounter" or "observation" or "organizer" or "procedure" or "substanceAdministration" or "supply";

    private static bool SaysNothing(CdaNode node) =>
        !node.Children.Any(child =>
            child.Name is "code" or "consumable" or "effectiveTime" or "participant" or "product" or "text" or "value");

    /// <summary>What its own elements say in place of those around it.</summary>
    private static Surroundings OfItself(CdaNode node, Surroundings around)
    {
        foreach (var child in node.Children)
        {
            around = child.Name switch
            {
                "subject" => around with { Subject = child },
                "author" => around with { Author = child },
                "specimen" when child.Find("specimenRole", "specimenPlayingEntity", "code") is { } code => around with { Specimen = code },
                _ => around,
            };
        }

        return around;
    }

    /// <summary>What it says of those that it holds.</summary>
    private static Surroundings Holding(CdaNode node, Surroundings around)
    {
        CdaNode? code = null;
        foreach (var child in node.Children)
        {
            switch (child.Name)
            {
                case "code":
                    code ??= child;
                    break;
                case "effectiveTime" when child["nullFlavor"] is null:
                    around = around with { PanelTime = child };
                    break;
                case "statusCode" when node.Name == "act":
                    around = around with { ConcernState = child["code"] };
                    break;
                case "entryRelationship" when around.IsChapter && child.Find("procedure") is { } collection:
                    // What was taken, where the results do not say it: the collection that the chapter begins with.
                    around = Collected(collection) is { } taken ? around with { Specimen = taken } : around;
                    break;
            }
        }

        return around with
        {
            Panels = code is null ? around.Panels : [.. around.Panels, code],
            IsNegated = around.IsNegated || node["negationInd"] == "true",
            Mood = node["moodCode"] is { } mood and not "EVN" ? mood : around.Mood,
        };
    }

    private static CdaNode? Collected(CdaNode procedure) => procedure.Of("participant")
        .Where(participant => participant["typeCode"] == "PRD")
        .Select(participant => participant.Find("participantRole", "playingEntity", "code"))
        .FirstOrDefault(code => code is not null);

    /// <summary>The kind; null for what is no fact of its own.</summary>
    private StatementKind? KindOf(CdaNode node, Statement? within, Surroundings around)
    {
        var isOfMedicine = within?.IsIn(StatementKind.Medication) == true;
        var isOfAllergy = within?.IsIn(StatementKind.Allergy) == true;
        return node.Name switch
        {
            // Phases of a dosage, what is handed out, the item of a prescription: parts.
            "substanceAdministration" or "supply" when isOfMedicine => null,
            "substanceAdministration" => StatementKind.Medication,

            // Devices are supplied too, and are no medicines.
            "supply" => node.Find("product", "manufacturedProduct") is not null ? StatementKind.Medication : StatementKind.Device,

            // Reactions, and how bad they were.
            "observation" when isOfAllergy || IsAttribute(node, within) => null,
            "observation" => KindOfObservation(node, within, isOfMedicine),
            "procedure" => StatementKind.Act,
            "encounter" => StatementKind.Encounter,
            "act" when Values.CodeOf(node) == Comment => StatementKind.Remark,

            // Instructions of a medicine; what holds others; names of others.
            "act" when isOfMedicine || isOfAllergy || Values.CodeOf(node) is null || IsHolder(node, around) || Values.IsReference(node)
                => null,
            "act" => StatementKind.Act,
            _ => null,
        };
    }

    /// <summary>By its profile; in the section of allergies always an allergy, whatever its profile.</summary>
    private StatementKind KindOfObservation(CdaNode node, Statement? within, bool isOfMedicine) =>
        section == AllergyReader.Section || (!isOfMedicine && Has(node, allergies)) ? StatementKind.Allergy
        : !isOfMedicine && !IsOfObservation(within) && Has(node, problems) ? StatementKind.Problem
        : StatementKind.Observation;

    /// <summary>How sure, how bad, whether it still is: told with the statement itself.</summary>
    private static bool IsAttribute(CdaNode node, Statement? within) =>
        within is { Kind: StatementKind.Problem or StatementKind.Observation }
        && node.Parent?.Parent == within.Node
        && Values.IsAttribute(node);

    private static bool IsOfObservation(Statement? within) =>
        within is not null && (within.IsIn(StatementKind.Observation) || within.IsIn(StatementKind.Problem));

    /// <summary>The entry of a list of problems or allergies; a chapter of a laboratory, whose profile the entry around it names.</summary>
    private static bool IsHolder(CdaNode node, Surroundings around) =>
        (around.IsChapter && node.Parent?.Name == "entry") || Values.Has(node, LaboratoryChapter) || Has(node, concerns);

    private static bool Has(CdaNode node, HashSet<string> templates) =>
        node.Of("templateId").Any(id => id["root"] is { } root && templates.Contains(root));

    private void Count(UnreadReason reason) => unread[reason] = unread.GetValueOrDefault(reason) + 1;
}
