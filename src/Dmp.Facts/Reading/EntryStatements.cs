using Dmp.Cda;
using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>
/// What an entry states, in the order of the document: its statements and those inside of them, each of its kind. What only holds
/// others together (a list's entry, a chapter of a laboratory, a battery) is none, nor is what is told as a part of another one.
/// </summary>
internal sealed class EntryStatements
{
    /// <summary>IHE PCC Problem Entry.</summary>
    private const string ProblemEntry = "1.3.6.1.4.1.19376.1.5.3.1.4.5";

    /// <summary>IHE XD-LAB Laboratory Report Item Section entry: one chapter.</summary>
    private const string LaboratoryChapter = "1.3.6.1.4.1.19376.1.3.1";

    private const string Comment = "48767-8";

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
    public static (IReadOnlyList<Statement> Found, IReadOnlyDictionary<UnreadReason, int> Unread) Of(CdaNode entry, string? section)
    {
        var statements = new EntryStatements(section);
        statements.Walk(entry, null);
        return (statements.found, statements.unread);
    }

    private void Walk(CdaNode node, Statement? within)
    {
        foreach (var child in node.Children)
        {
            if (linked.Contains(child.Name) || (child.Name == "value" && child["representation"] == "B64"))
            {
                Count(UnreadReason.Linked);
                continue;
            }

            var inner = within;
            if (IsStatement(child))
            {
                places++;
                if (KindOf(child, within) is not { } kind)
                {
                    // It holds others, or is told with the one that it stands in.
                }
                else if (SaysNothing(child))
                {
                    Count(UnreadReason.SaysNothing);
                }
                else
                {
                    inner = new Statement(child, kind, places, within);
                    found.Add(inner);
                }
            }

            Walk(child, inner);
        }
    }

    private static bool IsStatement(CdaNode node) =>
        node.Name is "act" or "encounter" or "observation" or "organizer" or "procedure" or "substanceAdministration" or "supply";

    private static bool SaysNothing(CdaNode node) =>
        !node.Children.Any(child =>
            child.Name is "code" or "consumable" or "effectiveTime" or "participant" or "product" or "text" or "value");

    /// <summary>The kind; null for what is no fact of its own.</summary>
    private StatementKind? KindOf(CdaNode node, Statement? within)
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
            "observation" when section == AllergyReader.Section => StatementKind.Allergy,
            "observation" when Has(node, ProblemEntry) && !isOfMedicine && !IsOfObservation(within) => StatementKind.Problem,
            "observation" => StatementKind.Observation,
            "procedure" => StatementKind.Act,
            "encounter" => StatementKind.Encounter,
            "act" when CodeOf(node) == Comment => StatementKind.Remark,

            // Instructions of a medicine; what holds others; names of others.
            "act" when isOfMedicine || isOfAllergy || CodeOf(node) is null || IsHolder(node) || Values.IsReference(node) => null,
            "act" => StatementKind.Act,
            _ => null,
        };
    }

    /// <summary>How sure, how bad, whether it still is: told with the statement itself.</summary>
    private static bool IsAttribute(CdaNode node, Statement? within) =>
        within is { Kind: StatementKind.Problem or StatementKind.Observation }
        && node.Parent?.Parent == within.Node
        && CodeOf(node) is { } code && Values.AttributeCodes.Contains(code);

    private static bool IsOfObservation(Statement? within) =>
        within is not null && (within.IsIn(StatementKind.Observation) || within.IsIn(StatementKind.Problem));

    /// <summary>The entry of a list of problems or allergies, or a chapter of a laboratory, whose profile the entry around it names.</summary>
    private bool IsHolder(CdaNode node) =>
        Has(node, LaboratoryChapter)
        || (node.Parent is { } around && Has(around, LaboratoryChapter))
        || Values.Inner(node).Any(part => section == AllergyReader.Section || Has(part, ProblemEntry));

    private static string? CodeOf(CdaNode node) => node.Find("code")?["code"];

    private static bool Has(CdaNode node, string template) => node.Of("templateId").Any(id => id["root"] == template);

    private void Count(UnreadReason reason) => unread[reason] = unread.GetValueOrDefault(reason) + 1;
}
