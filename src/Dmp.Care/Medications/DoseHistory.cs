using Dmp.Facts.V1;

namespace Dmp.Care.Medications;

/// <summary>Which dose held when something was dispensed.</summary>
internal sealed class DoseHistory
{
    private readonly List<Statement> stating;
    private readonly Dictionary<(string, MedicationRole), int> items;

    /// <param name="statements">Of one treatment, the newest first.</param>
    public DoseHistory(IEnumerable<Statement> statements)
    {
        stating =
        [
            .. statements.Where(statement =>
                statement.Role is MedicationRole.Prescribed or MedicationRole.Listed && statement.Dose.SaysSomething),
        ];
        items = stating.GroupBy(statement => (statement.Document.DocumentId, statement.Role))
            .ToDictionary(group => group.Key, group => group.Count());
    }

    /// <summary>
    /// Of a dispensation itself, or else of the newest prescription or list before it (M11). None where two products are meant together
    /// (M6).
    /// </summary>
    public Dose? At(Statement dispensation)
    {
        if (dispensation.Dose.SaysSomething || stating.Count == 0)
        {
            return dispensation.Dose.SaysSomething ? dispensation.Dose : null;
        }

        var (first, last) = (0, stating.Count - 1);
        while (first < last)
        {
            var middle = (first + last) / 2;
            (first, last) = End.Day(stating[middle].StatedAt) <= End.Day(dispensation.Begin) ? (first, middle) : (middle + 1, last);
        }

        var found = stating[first];
        return items[(found.Document.DocumentId, found.Role)] == 1 ? found.Dose : null;
    }
}
