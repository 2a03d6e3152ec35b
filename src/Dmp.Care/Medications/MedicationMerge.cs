using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Interactions;
using Dmp.Interactions.Medicines;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Medications;

/// <summary>
/// Puts the treatments of a patient together from what documents state, by the rules M1 to M42 (docs/care-rules.md). The same documents
/// give the same bytes, in whichever order they come.
/// </summary>
/// <param name="medicines">The edition by which products and substances are brought together; null: by codes and names alone.</param>
/// <param name="dangerous">The dangerous groups; null: those that come with the library.</param>
public sealed class MedicationMerge(MedicineTable? medicines, DangerousMedicines? dangerous = null)
{
    private const int LinesMax = 200;
    private const int NoneMax = 10;

    // Below what clients of gRPC take by default: nobody can make an answer unreadable with a document of long words.
    private const int BytesMax = 3 * 1024 * 1024;
    private const int FindingsMax = 200;

    private readonly ProductMatcher matcher = new(medicines);
    private readonly TreatmentGroups groups = new(medicines is null ? null : MedicineNames.Of(medicines));

    /// <summary>Makes the statement of a moment. Its documents and its edition are for the caller to set.</summary>
    /// <param name="documents">In any order. Of two versions of a document the newer one is read. Only facts on medicines are.</param>
    /// <param name="at">The moment.</param>
    /// <param name="withEnded">With treatments that ended long ago too.</param>
    public MedicationStatement Merge(IReadOnlyList<CareDocument> documents, DateTimeOffset at, bool withEnded)
    {
        ArgumentNullException.ThrowIfNull(documents);
        at = at.ToUniversalTime();
        StatementReader reader = new(matcher);
        foreach (var document in documents.GroupBy(document => document.DocumentId, StringComparer.Ordinal)
            .Select(versions => versions.MaxBy(document => document.Version)!)
            .OrderBy(document => document.DocumentId, StringComparer.Ordinal))
        {
            reader.Add(document);
        }

        var byTreatment = groups.Of(StatementCopies.Fold(reader.Statements));
        LineBuilder builder = new(ContextOf(reader, at), dangerous ?? DangerousMedicines.Embedded);
        List<Treatment> treatments = [];
        foreach (var (route, statements) in byTreatment)
        {
            // A denial of what nobody states is no treatment that was stopped.
            if (statements.TrueForAll(statement => statement.IsDenied))
            {
                reader.LeaveOut(UnusedReason.NotTaken, statements.Count);
                continue;
            }

            treatments.Add(builder.Of(route, statements));
        }

        return ToMessage(treatments, reader, at, withEnded);
    }

    private static MedicationStatement ToMessage(List<Treatment> treatments, StatementReader reader, DateTimeOffset at, bool withEnded)
    {
        var all = treatments.Where(treatment => withEnded || treatment.Group != TreatmentGroup.Other)
            .OrderBy(treatment => treatment.Group)
            .ThenBy(treatment => treatment.SortKey, StringComparer.Ordinal)
            .ToList();
        var bytes = 0;
        var shown = all.Take(LinesMax).TakeWhile(treatment => (bytes += treatment.Line.CalculateSize()) <= BytesMax).ToList();
        var message = new MedicationStatement { At = Timestamp.FromDateTimeOffset(at), MoreLines = all.Count - shown.Count };
        message.Lines.AddRange(shown.Select(treatment => treatment.Line));
        message.NoneStated.AddRange(NoneBefore(reader, at).Take(NoneMax).Select(one => one.Message));
        message.Findings.AddRange(FindingsOf(shown).Take(FindingsMax));
        message.Unused.AddRange(reader.Unused);
        return message;
    }

    private static List<(NoTreatment Message, DateTimeOffset StatedAt)> NoneBefore(StatementReader reader, DateTimeOffset at) =>
    [
        .. reader.NoneStated.Where(one => one.StatedAt <= at)
            .Order(Comparer<(NoTreatment Message, DateTimeOffset StatedAt)>.Create(NewestFirst)),
    ];

    private static RecordContext ContextOf(StatementReader reader, DateTimeOffset at)
    {
        var before = reader.Statements.Where(statement => statement.StatedAt <= at).ToList();
        var lists = before.Where(statement => statement.Role == MedicationRole.Listed && !statement.ByPatient && !statement.IsStop);
        return new RecordContext(
            at,
            NoneBefore(reader, at),
            [
                .. lists.GroupBy(statement => statement.Document.DocumentId)
                    .Select(list => new TreatmentList(
                        list.Max(statement => statement.StatedAt), list.First().Document.Source(), list.Any(IsReconciliation)))
                    .OrderByDescending(list => list.StatedAt)
                    .ThenBy(list => list.Source.DocumentId, StringComparer.Ordinal),
            ],
            before.Exists(statement => statement.Role == MedicationRole.Dispensed));
    }

    /// <summary>No code says it: the title of the section does, which its author wrote (M17).</summary>
    private static bool IsReconciliation(Statement statement)
    {
        var title = Names.Key(statement.Fact.Source?.SectionTitle);
        return title.Contains("conciliation", StringComparison.Ordinal)
            && (title.Contains("complet", StringComparison.Ordinal) || title.Contains("exhausti", StringComparison.Ordinal));
    }

    private static int NewestFirst((NoTreatment Message, DateTimeOffset StatedAt) one, (NoTreatment Message, DateTimeOffset StatedAt) other)
    {
        var order = other.StatedAt.CompareTo(one.StatedAt);
        order = order != 0 ? order : string.CompareOrdinal(one.Message.Source.DocumentId, other.Message.Source.DocumentId);
        order = order != 0 ? order : one.Message.Source.Entry.CompareTo(other.Message.Source.Entry);
        return order != 0 ? order : one.Message.Source.Place.CompareTo(other.Message.Source.Place);
    }

    /// <summary>One substance in two lines that may run and are not both local (M5), and one that two prescribe (M7).</summary>
    private static IEnumerable<StatementFinding> FindingsOf(List<Treatment> shown)
    {
        var running = shown.Select((treatment, place) => (treatment, place))
            .Where(one => one.treatment.Line.Status is TreatmentStatus.Running or TreatmentStatus.EndUnknown)
            .ToList();
        var twice = running.Where(one => one.treatment.Line.RouteGroup != RouteGroup.Local)
            .SelectMany(one => one.treatment.Substances.Select(substance => (substance, one.place)))
            .GroupBy(one => one.substance.Key)
            .Where(group => group.Skip(1).Any())
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new StatementFinding
            {
                Kind = StatementFindingKind.SubstanceInTwoLines,
                Substance = group.First().substance.Name,
                Lines = { group.Select(one => one.place) },
            });
        var prescribed = running.Where(one => one.treatment.IsPrescribedTwice).Select(one => new StatementFinding
        {
            Kind = StatementFindingKind.DuplicatePrescription,
            Substance = one.treatment.Line.Name,
            Lines = { one.place },
        });
        return twice.Concat(prescribed);
    }
}
