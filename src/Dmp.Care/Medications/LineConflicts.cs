using Dmp.Care.V1;
using Dmp.Facts.Reading;
using Dmp.Facts.V1;

namespace Dmp.Care.Medications;

/// <summary>A conflict of a treatment, with the statements that do not agree.</summary>
internal sealed record LineConflict(TreatmentConflictKind Kind, string Text, IReadOnlyList<Statement> Statements, Source? Against = null);

/// <summary>What does not fit together in one treatment (M13, M14, M17, M31, M34, M37).</summary>
internal sealed class LineConflicts(DateTimeOffset at)
{
    private const int TextMax = 500;
    private const int StatementsMax = 20;

    // Ours: an operator may want another number.
    private static readonly TimeSpan apart = TimeSpan.FromDays(90);

    /// <param name="statements">All of the treatment, the newest first.</param>
    /// <param name="course">Where it stands.</param>
    /// <param name="context">What stands beside it in the record.</param>
    public IReadOnlyList<LineConflict> Of(IReadOnlyList<Statement> statements, Course course, RecordContext context)
    {
        List<LineConflict> conflicts = [];
        var professional = statements.Where(statement => !statement.ByPatient).ToList();
        Add(conflicts, DoseConflict(course));
        Add(conflicts, RouteConflict(course));
        Add(conflicts, StopConflict(course));
        if (course.MayRun)
        {
            Add(conflicts, AbsentFromReconciliation(statements, context));
            Add(conflicts, NoneStated(statements, context.None));
        }

        var said = statements.FirstOrDefault(statement => statement.ByPatient && statement.StoppedAt <= at);
        if (said is not null && course.MayRun && professional.Count > 0)
        {
            Add(conflicts, new LineConflict(
                TreatmentConflictKind.PatientSaysStopped,
                $"Le patient dit l'avoir arrêté le {Day(said.StoppedAt!.Value)} ; aucun professionnel ne le dit.",
                [said]));
        }

        var other = statements.Where(statement => statement.Match.OtherName is not null).Take(StatementsMax).ToList();
        if (other.Count > 0)
        {
            Add(conflicts, new LineConflict(
                TreatmentConflictKind.CodeText,
                $"Le code désigne {other[0].Match.Name} ; le texte dit « {other[0].Match.OtherName} ».",
                other));
        }

        return conflicts;
    }

    private static void Add(List<LineConflict> conflicts, LineConflict? conflict)
    {
        if (conflict is not null)
        {
            conflicts.Add(conflict with { Text = Words.Cut(conflict.Text, TextMax) });
        }
    }

    /// <summary>
    /// The newest dose against each other one that was stated less than 90 days before it and had not ended by its own words when the
    /// newest was stated. Items of one document are meant together (M6); across salts nothing is compared (M3).
    /// </summary>
    private LineConflict? DoseConflict(Course course)
    {
        var stating = Stating(course).Where(statement => statement.Dose.SaysSomething).ToList();
        if (stating.FirstOrDefault() is not { } newest)
        {
            return null;
        }

        var others = stating.Skip(1)
            .Where(other => IsNear(newest, other) && !(other.Period.End?.Over <= newest.StatedAt) && DoseComparison.Differs(newest, other))
            .Take(StatementsMax - 1)
            .ToList();
        return others.Count == 0
            ? null
            : new LineConflict(
                TreatmentConflictKind.Dose,
                "Doses différentes : " + string.Join(" ; ", others.Prepend(newest).Select(DoseOf)) + ".",
                [newest, .. others]);
    }

    private static string DoseOf(Statement statement) =>
        $"{statement.Match.Name}, {(statement.Dose.Text.Length > 0 ? statement.Dose.Text : "dose non dite")} "
        + $"({Who(statement.Source)}, {Day(statement.StatedAt)})";

    private LineConflict? RouteConflict(Course course)
    {
        var stating = Stating(course).Where(statement => statement.Route.Stated.Length > 0).ToList();
        if (stating.FirstOrDefault() is not { } newest)
        {
            return null;
        }

        var others = stating.Skip(1)
            .Where(other => other.Route.Stated != newest.Route.Stated && IsNear(newest, other))
            .Take(StatementsMax - 1)
            .ToList();
        return others.Count == 0
            ? null
            : new LineConflict(
                TreatmentConflictKind.Route,
                "Voies différentes : "
                    + string.Join(
                        " ; ", others.Prepend(newest).Select(one => $"{RouteOf(one)} ({Who(one.Source)}, {Day(one.StatedAt)})"))
                    + ".",
                [newest, .. others]);
    }

    private static string RouteOf(Statement statement)
    {
        var route = statement.Fact.Medication.Dosages.Select(dosage => dosage.Route).FirstOrDefault(one => one is not null);
        return route is { Display.Length: > 0 } ? route.Display : statement.Route.Stated;
    }

    /// <summary>Statements of professionals on how it is taken, the newest first.</summary>
    private IEnumerable<Statement> Stating(Course course) => course.Alive.Where(statement => statement.Begin <= at
        && statement.Role is MedicationRole.Prescribed or MedicationRole.Listed or MedicationRole.Administered);

    private static bool IsNear(Statement newest, Statement other) =>
        newest.Document.DocumentId != other.Document.DocumentId && newest.StatedAt - other.StatedAt < apart;

    /// <summary>A stop and a statement that it goes on bear one day: neither wins.</summary>
    private static LineConflict? StopConflict(Course course)
    {
        if (course.Stop is not { } stop)
        {
            return null;
        }

        var going = course.Alive.Where(statement => Medications.End.Day(statement.StatedAt) == Medications.End.Day(stop.StoppedAt!.Value))
            .Take(StatementsMax - 1)
            .ToList();
        return going.Count == 0
            ? null
            : new LineConflict(
                TreatmentConflictKind.Stop,
                $"Arrêté le {Day(stop.StoppedAt!.Value)} selon {Who(stop.Source)} ; poursuivi à la même date selon {Who(going[0].Source)}.",
                [.. going.Append(stop).Order(Comparer<Statement>.Create(Statement.NewestFirst))]);
    }

    private static LineConflict? AbsentFromReconciliation(IReadOnlyList<Statement> statements, RecordContext context) =>
        context.LaterThan(statements, isComplete: true) is { } list
            ? new LineConflict(
                TreatmentConflictKind.AbsentFromReconciliation,
                $"Absent de la conciliation complète de {Who(list.Source)} du {Day(list.StatedAt)}.",
                [],
                list.Source)
            : null;

    private static LineConflict? NoneStated(
        IReadOnlyList<Statement> statements, IReadOnlyList<(NoTreatment Message, DateTimeOffset StatedAt)> none)
    {
        var newest = none.FirstOrDefault(one => !one.Message.NothingKnown);
        return newest.Message is { } message && newest.StatedAt > statements[0].StatedAt
            ? new LineConflict(
                TreatmentConflictKind.NoneStated,
                $"« {Words.Cut(message.Text, 200)} » ({Who(message.Source)}, {Day(newest.StatedAt)}), plus récent que cette ligne.",
                [],
                message.Source)
            : null;
    }

    private static string Who(Source source) => source.ByPatient ? "le patient"
        : source.AuthorName.Length > 0 ? Words.Cut(source.AuthorName, 80)
        : source.StructureName.Length > 0 ? Words.Cut(source.StructureName, 80)
        : "auteur non nommé";

    private static string Day(DateTimeOffset time) => FormattableString.Invariant($"{time:dd/MM/yyyy}");
}
