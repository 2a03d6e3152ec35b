using System.Globalization;
using System.Runtime.CompilerServices;
using Dmp.Cda;
using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>The data types of HL7, as they are written.</summary>
internal sealed class Values(Narrative narrative, Cuts cuts)
{
    /// <summary>There is something, and no code for it (HL7: no information).</summary>
    public static readonly Coded none = new(null, null, null, null, "NI");

    /// <summary>LOINC: the section of the history of the family.</summary>
    private const string FamilyHistory = "10157-6";

    /// <summary>IHE PCC Family History Observation.</summary>
    public const string FamilyHistoryObservation = "1.3.6.1.4.1.19376.1.5.3.1.4.13.3";

    private const int CodeListMax = 100;
    private const int CodeDepthMax = 5;
    private const int NamesMax = 20;
    private const int NameMax = 400;

    private readonly ConditionalWeakTable<CdaNode, Coded> shared = [];
    private readonly ConditionalWeakTable<CdaNode, FactAuthor> authors = [];

    private const string InternalReference = "1.3.6.1.4.1.19376.1.5.3.1.4.4.1";

    /// <summary>LOINC: whether it still is.</summary>
    public const string StatusCode = "33999-4";

    /// <summary>LOINC: how dangerous another contact may be.</summary>
    public const string CriticalityCode = "82606-5";

    /// <summary>LOINC: how sure it is.</summary>
    public const string CertaintyCode = "66455-7";

    /// <summary>HL7 ActCode: how bad it is.</summary>
    public const string SeverityCode = "SEV";

    /// <summary>Observations that say something of the one that they stand in.</summary>
    private static readonly HashSet<string> attributeCodes = [StatusCode, CriticalityCode, CertaintyCode, SeverityCode];

    /// <summary>A code with its translations and what narrows it down. Of long or deep lists the beginning is kept.</summary>
    public Coded? Code(CdaNode? node) => node is null ? null : MakeCode(node, 1);

    /// <summary>The same for what stands around many statements: made once for all of them.</summary>
    public Coded? SharedCode(CdaNode? node) => node is null ? null : shared.GetValue(node, made => MakeCode(made, 1));

    /// <summary>Something was left out.</summary>
    public void Cut() => cuts.Add();

    /// <summary>The code of what a statement is about.</summary>
    public static string? CodeOf(CdaNode? statement) => statement?.Find("code")?["code"];

    /// <summary>It names a profile.</summary>
    public static bool Has(CdaNode node, string template) => node.Of("templateId").Any(id => id["root"] == template);

    /// <summary>It says something of the statement that it stands in.</summary>
    public static bool IsAttribute(CdaNode observation) => CodeOf(observation) is { } code && attributeCodes.Contains(code);

    public static int? Number(string? text) => int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;

    private Coded MakeCode(CdaNode node, int depth)
    {
        List<Coded> translations = [];
        List<CodeQualifier> qualifiers = [];
        foreach (var child in node.Children.Where(child => child.Name is "translation" or "qualifier"))
        {
            if (depth >= CodeDepthMax || translations.Count + qualifiers.Count >= CodeListMax)
            {
                cuts.Add();
            }
            else if (child.Name == "translation")
            {
                translations.Add(MakeCode(child, depth + 1));
            }
            else if (child.Find("value") is { } value)
            {
                var name = child.Find("name");
                var named = name is null ? null : MakeCode(name, depth + 1);
                qualifiers.Add(new CodeQualifier(named, MakeCode(value, depth + 1)));
            }
        }

        return PlainCode(node) with { Translations = List(translations), Qualifiers = List(qualifiers) };
    }

    /// <summary>Words where a code was expected.</summary>
    public static Coded InWords(string words) => new(null, null, null, words, null);

    /// <summary>A code by itself.</summary>
    public Coded PlainCode(CdaNode node) =>
        new(node["code"], node["codeSystem"], node["displayName"], OriginalText(node), node["nullFlavor"]);

    /// <summary>The codes of all elements of a name that say something.</summary>
    public IReadOnlyList<Coded> Codes(CdaNode node, string name) => [.. node.Of(name).Select(StatedCode).OfType<Coded>()];

    /// <summary>What an observation inside of a statement says of it; null when none does.</summary>
    public Coded? Attribute(CdaNode statement, string code) => Code(
        Inner(statement).FirstOrDefault(part => CodeOf(part) == code)?.Find("value"));

    /// <summary>The acts inside of a statement that only name another one (IHE PCC Internal Reference, FR-Reference-interne).</summary>
    public IReadOnlyList<FactReference> References(CdaNode statement) =>
    [
        .. from part in statement.Of("entryRelationship")
           from act in part.Of("act")
           where IsReference(act)
           select new FactReference(Code(act.Find("code")), part["typeCode"], Ids(act)),
    ];

    public static bool IsReference(CdaNode act) => Has(act, InternalReference);

    /// <summary>The observations directly inside of a statement.</summary>
    public static IEnumerable<CdaNode> Inner(CdaNode statement) =>
        statement.Of("entryRelationship").Select(part => part.Find("observation")).OfType<CdaNode>();

    /// <summary>By itself, by what ties it to another one, or by what holds it: some write their "no" only there.</summary>
    public static bool IsNegated(Statement statement) => statement.Node["negationInd"] == "true" || statement.Around.IsNegated;

    public static string Mood(Statement statement) =>
        statement.Node["moodCode"] is { } own and not "EVN" ? own : statement.Around.Mood ?? "EVN";

    public static string? State(CdaNode statement) => statement.Find("statusCode")?["code"];

    /// <summary>The words that an element points to, or has itself.</summary>
    public string? Words(CdaNode? text) => text is null
        ? null
        : narrative.Find(text.Find("reference")?["value"]) ?? (text.Text.Length > 0 ? text.Text : null);

    public string? OriginalText(CdaNode node) => Words(node.Find("originalText"));

    /// <summary>
    /// Who has what a statement says, when it is not the patient: the nearest subject, of the statement, of what it stands in, or of the
    /// section. In the history of the family it is never the patient. Null for the patient.
    /// </summary>
    public Coded? Subject(Statement statement, OpenSection section) =>
        statement.Around.Subject is { } subject ? SharedCode(subject.Find("relatedSubject", "code")) ?? none
        : section.Code == FamilyHistory || Has(statement.Node, FamilyHistoryObservation) ? none
        : null;

    /// <summary>Who states it: the nearest author, of the statement, of what it stands in, or of the section.</summary>
    public FactAuthor? Author(Statement statement) =>
        statement.Around.Author is { } author ? authors.GetValue(author, MakeAuthor) : null;

    private static FactAuthor MakeAuthor(CdaNode author)
    {
        var assigned = author.Find("assignedAuthor");
        var person = assigned?.Find("assignedPerson", "name");
        var names = person?.Children.Where(part => part.Name is "given" or "family").Select(part => part.Text).Take(NamesMax) ?? [];
        var name = string.Join(' ', names.Where(part => part.Length > 0)) is { Length: > 0 } parts
            ? parts
            : person?.Text is { Length: > 0 } whole ? whole
            : assigned?.Find("assignedAuthoringDevice", "softwareName")?.Text ?? Name(assigned?.Find("representedOrganization"));
        return new FactAuthor(
            assigned is not null && Ids(assigned) is [var first, ..] ? first : null,
            name is null ? null : Reading.Words.Cut(name, NameMax),
            Moment(author.Find("time")));
    }

    /// <summary>None is always the same list, so that values which say the same are equal.</summary>
    private static T[] List<T>(IEnumerable<T> items) => items.ToArray() is { Length: > 0 } list ? list : [];

    /// <summary>The name that an element has.</summary>
    public static string? Name(CdaNode? node) => node?.Find("name")?.Text is { Length: > 0 } name ? name : null;

    /// <summary>A code that says something: an empty one, with a pointer to nothing, is none.</summary>
    public Coded? StatedCode(CdaNode? node) => Code(node) is { } coded && SaysSomething(coded) ? coded : null;

    public static bool SaysSomething(Coded code) =>
        (code.Code ?? code.Text ?? code.Display ?? code.NullFlavor) is not null || code.Translations.Count + code.Qualifiers.Count > 0;

    public static FactSource Source(Statement statement, OpenSection section) => new(
        section.Code,
        section.Title,
        section.Entry,
        statement.Place,
        statement.Within?.Place,
        statement.Within is null ? null : statement.Node.Parent?["typeCode"],
        Ids(statement.Node));

    /// <summary>What was found, by the type that the document gives it, or else by what it has; null when it says nothing.</summary>
    public ObservedValue? Observed(CdaNode node)
    {
        var value = node["xsi:type"] switch
        {
            _ when node["representation"] == "B64" => Of(),
            "BL" or "BN" => node["value"] switch
            {
                "true" => Of(truth: true),
                "false" => Of(truth: false),
                var written => Of(text: written),
            },
            "TS" or "IVL_TS" => Of(time: Stretch(node)),
            "ST" or "ED" or "SC" => Of(text: Words(node)),
            { } type when type.StartsWith("RTO", StringComparison.Ordinal) =>
                Of(quantity: Range(node.Find("numerator"))) with { Per = Range(node.Find("denominator")) },
            "PQ" or "INT" or "REAL" or "IVL_PQ" or "IVL_INT" or "IVL_REAL" => Of(quantity: Range(node)),
            "CD" or "CE" or "CV" or "CO" or "CS" => Of(code: StatedCode(node)),
            _ => Of(StatedCode(node), Range(node), text: node["code"] is null && node["value"] is null ? Words(node) : null),
        };
        return value is { Code: null, Quantity: null, Time: null, Truth: null, Text: null, NullFlavor: null } ? null : value;

        ObservedValue Of(
            Coded? code = null, QuantityRange? quantity = null, Stretch? time = null, bool? truth = null, string? text = null) =>
            new(code, quantity, time, truth, text, node["nullFlavor"]);
    }

    public static Quantity? Quantity(CdaNode? node)
    {
        if (node is null || (node["value"] is null && node["nullFlavor"] is null))
        {
            return null;
        }

        return Written(node, node["unit"]) with
        {
            IsExclusive = node["inclusive"] == "false",

            // HL7 writes the unit of a translation as its code (PQR).
            Translations = List(node.Of("translation").Select(other => Written(other, other["code"] ?? other["unit"]))),
        };

        static Quantity Written(CdaNode node, string? unit)
        {
            var written = node["value"];
            return decimal.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                && (value != 0 || written.AsSpan().IndexOfAnyInRange('1', '9') < 0 || written.AsSpan().IndexOfAny('e', 'E') < 0)
                ? new Quantity(value, unit, null, node["nullFlavor"])
                : new Quantity(null, unit, written, node["nullFlavor"]);
        }
    }

    /// <summary>A range, or one quantity, which is both of its ends.</summary>
    public static QuantityRange? Range(CdaNode? node)
    {
        if (node is null)
        {
            return null;
        }

        var (low, high) = (Quantity(node.Find("low")), Quantity(node.Find("high")));
        var single = Quantity(node);
        return low is null && high is null ? single is null ? null : new QuantityRange(single, single) : new QuantityRange(low, high);
    }

    public static Moment? Moment(CdaNode? node)
    {
        if (node is null || (node["value"] is null && node["nullFlavor"] is null))
        {
            return null;
        }

        var written = node["value"];
        return new Moment(written is not null && CdaTime.TryRead(written, out var time) ? time : null, written, node["nullFlavor"]);
    }

    /// <summary>A stretch, or one point in time, which is both of its ends.</summary>
    public static Stretch? Stretch(CdaNode? node)
    {
        if (node is null)
        {
            return null;
        }

        var (low, high, width) = (Moment(node.Find("low")), Moment(node.Find("high")), Quantity(node.Find("width")));
        var point = Moment(node);
        return low is null && high is null && width is null
            ? point is null ? null : new Stretch(point, point, null)
            : new Stretch(low, high, width);
    }

    /// <summary>Its identifiers, <c>root</c> or <c>root^extension</c>.</summary>
    public static IReadOnlyList<string> Ids(CdaNode node) =>
    [
        .. node.Of("id")
            .Where(id => id["root"] is not null)
            .Select(id => id["extension"] is { } extension ? $"{id["root"]}^{extension}" : id["root"]!),
    ];
}
