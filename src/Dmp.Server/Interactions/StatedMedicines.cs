using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Facts.Model;
using Dmp.Facts.V1;
using Dmp.Interactions;
using Dmp.Interactions.Checks;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.V1;
using Dmp.Server.Documents;
using Fact = Dmp.Facts.V1.Fact;
using Medication = Dmp.Facts.V1.Medication;
using MedicationRole = Dmp.Facts.V1.MedicationRole;

namespace Dmp.Server.Interactions;

/// <summary>A medicine that documents state.</summary>
/// <param name="Item">By what it is checked.</param>
/// <param name="Statements">The newest first.</param>
internal sealed record StatedMedicine(CheckItem Item, List<MedicineStatement> Statements);

/// <summary>
/// What documents of a record state that counts as taken at a moment, one medicine however often it is stated; what was left out is
/// counted. The rules are in the contract (<c>CheckRecordInteractions</c>), word by word.
/// </summary>
internal sealed class StatedMedicines(MedicineTable? table, DateTimeOffset now)
{
    /// <summary>With 20 proposed ones, 7,140 pairs.</summary>
    private const int MedicinesMax = 100;

    private static readonly TimeSpan administeredFor = TimeSpan.FromDays(30);

    private readonly Dictionary<string, StatedMedicine> byKey = [];
    private readonly List<StatedMedicine> inOrder = [];
    private readonly SortedDictionary<LeftOutReason, int> leftOut = [];

    /// <summary>The last stated first.</summary>
    public IReadOnlyList<StatedMedicine> Medicines => inOrder;

    public IEnumerable<LeftOutStatements> LeftOut =>
        leftOut.Select(entry => new LeftOutStatements { Reason = entry.Key, Count = entry.Value });

    /// <summary>Takes what a document states; documents come newest first.</summary>
    public void Add(DocumentRow row, DocumentFacts facts)
    {
        var metadata = row.Describe();
        foreach (var fact in facts.Facts.Where(fact => fact.KindCase == Fact.KindOneofCase.Medication))
        {
            if (Reason(row, fact) is { } reason)
            {
                LeaveOut(reason);
                continue;
            }

            var statement = StatementOf(row, metadata, fact);
            foreach (var item in ItemsOf(fact.Medication))
            {
                Add(item, statement);
            }
        }
    }

    private static MedicineStatement StatementOf(DocumentRow row, DocumentMetadata metadata, Fact fact)
    {
        var author = metadata.Authors.FirstOrDefault();
        var isNamed = fact.Author is { } own && (own.Name.Length > 0 || own.Id.Length > 0);
        return new MedicineStatement
        {
            DocumentId = row.DocumentId.ToString(),
            Version = row.Version,
            UniqueId = metadata.UniqueId,
            DocumentType = metadata.Type,
            ServiceStartTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(row.ServiceStartTime),
            Entry = fact.Source.Entry,
            Place = fact.Source.Place,
            Role = fact.Medication.Role,
            ProductText = NameOf(fact.Medication),
            AuthorName = isNamed ? fact.Author.Name : NameOf(author),
            AuthorId = isNamed ? fact.Author.Id : author?.Person?.Id ?? author?.Institution?.Id ?? "",
            AuthorTime = fact.Author?.Time?.Written ?? "",
            PeriodLow = fact.Medication.Period?.Low?.Written ?? "",
            PeriodHigh = EndOf(fact.Medication) ?? "",
        };
    }

    private static string NameOf(Author? author) => author?.Person is { } person
        ? string.Join(' ', new[] { person.GivenName, person.FamilyName }.Where(name => name.Length > 0))
        : author?.Institution?.Name ?? "";

    private static string NameOf(Medication medication) =>
        medication.Name.Length > 0 ? medication.Name
            : medication.Codes.Select(code => code.Display).FirstOrDefault(display => display.Length > 0) ?? medication.ProductText;

    private static string? EndOf(Medication medication) =>
        medication.Period is { Single: false, High: { } high } ? high.Written : null;

    /// <summary>Whether a time as written is over: a day, a month or a year when all of it has passed.</summary>
    private static bool HasPassed(string? written, DateTimeOffset moment)
    {
        if (written is null || !CdaTime.TryRead(written, out var time))
        {
            return false;
        }

        var over = time.Precision switch
        {
            CdaPrecision.Year => time.Time.AddYears(1),
            CdaPrecision.Month => time.Time.AddMonths(1),
            CdaPrecision.Day => time.Time.AddDays(1),
            _ => time.Time,
        };
        return over <= moment;
    }

    private LeftOutReason? Reason(DocumentRow row, Fact fact) => fact switch
    {
        { Subject: not null } => LeftOutReason.OfAnotherPerson,
        { Medication.Role: MedicationRole.Implicated } => LeftOutReason.Implicated,
        { Negated: true } or { State: "nullified" or "aborted" or "cancelled" } or { Absence: not Dmp.Facts.V1.FactAbsence.Unspecified } =>
            LeftOutReason.NotTaken,
        { Medication.Role: MedicationRole.Administered } => IsOfBefore(row, fact) ? LeftOutReason.AdministeredBefore : null,
        _ => HasPassed(EndOf(fact.Medication), now) ? LeftOutReason.Ended : null,
    };

    private bool IsOfBefore(DocumentRow row, Fact fact)
    {
        var last = EndOf(fact.Medication) ?? fact.Medication.Period?.Low?.Written;
        return last is not null && CdaTime.TryRead(last, out _)
            ? HasPassed(last, now - administeredFor)
            : row.ServiceStartTime <= now - administeredFor;
    }

    private void Add(CheckItem item, MedicineStatement statement)
    {
        var key = item.ProductCode is { } code ? $"cis {Cis(code)}" : Names.Key(item.SubstanceName);
        if (!byKey.TryGetValue(key, out var medicine))
        {
            if (inOrder.Count == MedicinesMax)
            {
                LeaveOut(LeftOutReason.TooMany);
                return;
            }

            byKey[key] = medicine = new StatedMedicine(item, []);
            inOrder.Add(medicine);
        }

        medicine.Statements.Add(statement);
    }

    private void LeaveOut(LeftOutReason reason) => leftOut[reason] = leftOut.GetValueOrDefault(reason) + 1;

    private string Cis(string code) => table?.CisByCip.GetValueOrDefault(code) ?? code;

    /// <summary>
    /// A product that the database has; or else its substances, by their names or by that of its class; or else its own name, which is
    /// not known then.
    /// </summary>
    private IEnumerable<CheckItem> ItemsOf(Medication medication)
    {
        if (medication.Codes.Where(IsKnown).Select(code => code.Code).FirstOrDefault() is { } known)
        {
            return [new CheckItem { ProductCode = known }];
        }

        var substances = medication.Ingredients
            .Select(ingredient => ingredient.Name.Length > 0 ? ingredient.Name : ingredient.Substance?.Display ?? "")
            .Where(name => !string.IsNullOrWhiteSpace(name))
            .ToList();
        var named = medication.Codes.FirstOrDefault(code => code is { System: MedicineProduct.Atc, Code.Length: 7, Display.Length: > 0 });
        List<string> names = substances.Count > 0 ? substances : [named?.Display ?? NameOf(medication)];
        return names.Select(name => new CheckItem { SubstanceName = Beginning(string.IsNullOrWhiteSpace(name) ? "?" : name) });
    }

    private static string Beginning(string name) =>
        name.Length <= InteractionChecker.NameLengthMax ? name : name[..InteractionChecker.NameLengthMax];

    /// <summary>
    /// A code CIS or a short CIP by its system; a CIP of thirteen digits by itself, as documents have it under several systems, and no
    /// other table has such numbers.
    /// </summary>
    private bool IsKnown(CodedValue code) => table is not null && (
        (code.System == MedicineProduct.Cis && table.ByCis.ContainsKey(code.Code))
        || ((code.System == MedicineProduct.Cip || code.Code.Length == 13) && table.CisByCip.ContainsKey(code.Code)));
}
