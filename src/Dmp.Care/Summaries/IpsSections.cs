using Dmp.Care.Emergencies;
using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Summaries;

/// <summary>
/// What stands in which section. The three that a summary must have are always there, the others where something is stated.
/// </summary>
internal sealed class IpsSections(SummaryInput input, EmergencySummary summary, SummaryLines lines, SummaryFacts facts)
{
    private const int Large = 400_000;
    private const int Small = 150_000;
    private const string DoseNumber = "30973-2";
    private const string History = "11348-0";

    private readonly IpsClinical clinical = new(input.At, lines.Words);
    private readonly IpsMedicines medicines = new(input.At, lines.Words);
    private readonly IpsActs acts = new(input.At, lines.Words);

    /// <summary>In the order of IPS; advance directives are documents, and stand apart.</summary>
    public IReadOnlyList<IpsSection> All()
    {
        var problems = facts.Of(Fact.KindOneofCase.Problem).Where(ProblemLines.IsDisease).ToList();
        return
        [
            Problems(problems.Where(stated => !IsPast(stated))),
            Allergies(),
            Medicines(),
            .. Where("11369-6", "History of Immunization Narrative", "Vaccinations", "Immunizations", Of(
                Fact.KindOneofCase.Medication,
                one => one.Fact.Medication.Immunization && one.Fact.Medication.Role != MedicationRole.Implicated,
                one => IpsMedicines.Vaccination(one, PartsOf(one)))),
            .. Where(
                "30954-2", "Relevant diagnostic tests/laboratory data Narrative", "Résultats", "Results",
                [.. Observed(ObservationKind.Laboratory).OrderByDescending(TimeOf, StringComparer.Ordinal)]),
            .. Where("47519-4", "History of Procedures Document", "Actes", "Procedures", Of(
                Fact.KindOneofCase.Act, one => one.Fact.Act.Element == "procedure", IpsActs.Procedure)),
            .. Where("46264-8", "History of medical device use", "Dispositifs médicaux", "Medical devices", Of(
                Fact.KindOneofCase.Device, _ => true, acts.Device)),
            .. Where("10162-6", "History of pregnancies Narrative", "Grossesses", "Pregnancies", Observed(ObservationKind.Pregnancy)),
            .. Where(History, "History of Past illness Narrative", "Antécédents", "Past problems", IpsStatement.Of(
                problems.Where(IsPast), clinical.Problem)),
            .. Where("29762-2", "Social history Narrative", "Habitus", "Social history", Observed(ObservationKind.SocialHistory)),
        ];
    }

    private IpsSection Problems(IEnumerable<Stated> problems)
    {
        var made = IpsStatement.Of(problems, clinical.Problem);
        var none = NoneKnown(Fact.KindOneofCase.Problem, one => one.Fact.Source.SectionCode == "11450-4");
        return new IpsSection("11450-4", "Problem list - Reported", lines.Words.In("Problèmes", "Problems"), Large)
        {
            Statements = made.Count > 0 ? made : none.Count > 0 ? none : [IpsAbsent.NoInformation("Condition")],
            Words = [.. summary.Problems.NoneStated.Select(NoneWords)],
        };
    }

    private IpsSection Allergies()
    {
        var made = Of(Fact.KindOneofCase.Allergy, _ => true, clinical.Allergy);
        var none = NoneKnown(Fact.KindOneofCase.Allergy, _ => true);
        return new IpsSection(
            "48765-2",
            "Allergies and adverse reactions Document",
            lines.Words.In("Allergies et intolérances", "Allergies and intolerances"),
            Large)
        {
            Statements = made.Count > 0 ? made : none.Count > 0 ? none : [IpsAbsent.NoInformation("AllergyIntolerance")],
            Words =
            [
                .. summary.Allergies.Lines.Where(line => line.UnwantedEffect)
                    .Select(line => $"{line.Line.Title}, {string.Join(", ", line.Line.Details)} ({line.Line.Origin})"),
                .. summary.Allergies.NoneStated.Select(NoneWords),
            ],
        };
    }

    private IpsSection Medicines()
    {
        var made = medicines.Treatments(input.Medication, facts).ToList();
        return new IpsSection(
            "10160-0", "History of Medication use Narrative", lines.Words.In("Médicaments", "Medications"), Large)
        {
            Statements = made.Count > 0 ? made
                : StatedNoTreatment() is { } none ? [none]
                : [IpsAbsent.NoInformation("MedicationStatement")],
            Words =
            [
                .. input.Medication.MoreLines > 0 ? [lines.Words.More(input.Medication.MoreLines)] : Array.Empty<string>(),
                .. input.Medication.NoneStated.Select(none => $"{ShownText.Of(none.Text)} ({lines.Origin(none.Source)})"),
            ],
        };
    }

    private IpsStatement? StatedNoTreatment() => Newest(facts.Of(Fact.KindOneofCase.Medication)
        .Where(stated => stated.Fact is { Negated: false, Absence: FactAbsence.NoneKnown } && !stated.Fact.Medication.Immunization))
        is { } newest && IpsValues.Concept(newest.Fact.Medication.Codes, newest.Fact.Medication.Name) is { } code
        ? IpsStatement.One(newest, IpsAbsent.Body("MedicationStatement", code), IpsClinical.WordsOf(code))
        : null;

    private static Stated? Newest(IEnumerable<Stated> stated) =>
        stated.ToList() is { Count: > 0 } list ? Emergencies.Newest.Of(list) : null;

    private IReadOnlyList<IpsStatement> NoneKnown(Fact.KindOneofCase kind, Func<Stated, bool> condition) => IpsStatement.Of(
        facts.Of(kind).Where(stated => stated.Fact is { Negated: false, Absence: FactAbsence.NoneKnown } && condition(stated)),
        IpsClinical.NoneKnown);

    private IReadOnlyList<IpsStatement> Of(
        Fact.KindOneofCase kind, Func<Stated, bool> condition, Func<Stated, IpsStatement?> make) => IpsStatement.Of(
        facts.Of(kind).Where(stated => stated.Fact is { Negated: false, Absence: FactAbsence.Unspecified } && condition(stated)), make);

    private IReadOnlyList<IpsStatement> Observed(ObservationKind kind) =>
        Of(Fact.KindOneofCase.Observation, one => one.Fact.Observation.Kind == kind, IpsObserved.Observation);

    /// <summary>Facts that stand within another one.</summary>
    private List<Stated> PartsOf(Stated whole) =>
    [
        .. facts.Of(Fact.KindOneofCase.Observation).Where(stated => ReferenceEquals(stated.Document, whole.Document)
            && stated.Fact.Source.Entry == whole.Fact.Source.Entry && stated.Fact.Source.Within == whole.Fact.Source.Place
            && stated.Fact.Observation.Code?.Code == DoseNumber),
    ];

    private IEnumerable<IpsSection> Where(
        string code, string display, string french, string english, IReadOnlyList<IpsStatement> statements) =>
        statements.Count == 0 ? []
            : [new IpsSection(code, display, lines.Words.In(french, english), Small) { Statements = statements }];

    private bool IsPast(Stated stated) => clinical.StateOf(stated.Fact.Problem) switch
    {
        null => stated.Fact.Source.SectionCode == History,
        var state => state is "inactive" or "resolved" or "remission",
    };

    private static string TimeOf(IpsStatement one) => one.Body["effectiveDateTime"]?.GetValue<string>()
        ?? one.Body["effectivePeriod"]?["start"]?.GetValue<string>() ?? "";

    private static string NoneWords(NoneStated none) =>
        none.StatedText.Length > 0 ? $"{none.Text} « {none.StatedText} »" : none.Text;
}
