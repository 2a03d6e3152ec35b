using Dmp.Care;
using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Facts.Model;
using Dmp.Facts.Reading;
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
internal sealed record StatedMedicine(CheckItem Item)
{
    /// <summary>Most statements that are told of one medicine.</summary>
    private const int StatementsMax = 20;

    private readonly List<MedicineStatement> statements = [];

    /// <summary>The newest first.</summary>
    public IReadOnlyList<MedicineStatement> Statements => statements;

    /// <summary>Further ones.</summary>
    public int More { get; private set; }

    /// <summary>Keeps a statement, or counts it.</summary>
    public void Add(Func<MedicineStatement> statement)
    {
        if (statements.Count < StatementsMax)
        {
            statements.Add(statement());
        }
        else
        {
            More++;
        }
    }
}

/// <summary>
/// What documents of a record state that counts as taken at a moment, one medicine however often it is stated; what was left out is
/// counted. The rules are in the contract (<c>CheckRecordInteractions</c>), word by word.
/// </summary>
internal sealed class StatedMedicines(MedicineTable? table, DateTimeOffset now)
{
    /// <summary>With 20 proposed ones, 7,140 pairs.</summary>
    private const int MedicinesMax = 100;

    private const int NameMax = InteractionChecker.NameLengthMax;
    private const int TextMax = 300;

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
        DocumentMetadata? metadata = null;
        foreach (var fact in facts.Facts.Where(fact => fact.KindCase == Fact.KindOneofCase.Medication))
        {
            if (Reason(row, fact) is { } reason)
            {
                LeaveOut(reason);
                continue;
            }

            Add(ItemsOf(fact.Medication), () => StatementOf(row, metadata ??= row.Describe(), fact));
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
            ProductText = Words.Cut(NameOf(fact.Medication), TextMax),
            AuthorName = Words.Cut(isNamed ? fact.Author.Name : CareDocument.NameOf(author), TextMax),
            AuthorId = isNamed ? fact.Author.Id : author?.Person?.Id ?? author?.Institution?.Id ?? "",
            AuthorTime = fact.Author?.Time?.Written ?? "",
            PeriodLow = fact.Medication.Period?.Low?.Written ?? "",
            PeriodHigh = EndOf(fact.Medication) ?? "",
        };
    }

    private static string NameOf(Medication medication) =>
        medication.Name.Length > 0 ? medication.Name
            : medication.Codes.Select(code => code.Display).FirstOrDefault(display => display.Length > 0) ?? medication.ProductText;

    private static string? EndOf(Medication medication) =>
        medication.Period is { Single: false, High: { } high } ? high.Written : null;

    /// <summary>Whether a time as written is over: a day, a month or a year when all of it has passed.</summary>
    private static bool HasPassed(string? written, DateTimeOffset moment)
    {
        if (written is null || !CareDocument.TryRead(written, out var time))
        {
            return false;
        }

        return (time.Precision < CdaPrecision.Hour ? time.Until : time.Time) <= moment;
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

    /// <summary>A statement names one medicine, or one for each of its substances.</summary>
    private void Add(IEnumerable<CheckItem> items, Func<MedicineStatement> statement)
    {
        var isLeftOut = false;
        foreach (var (key, item) in items.Select(item => (Key: KeyOf(item), item)).DistinctBy(one => one.Key))
        {
            if (!byKey.TryGetValue(key, out var medicine))
            {
                if (inOrder.Count == MedicinesMax)
                {
                    isLeftOut = true;
                    continue;
                }

                byKey[key] = medicine = new StatedMedicine(item);
                inOrder.Add(medicine);
            }

            medicine.Add(statement);
        }

        if (isLeftOut)
        {
            LeaveOut(LeftOutReason.TooMany);
        }
    }

    private string KeyOf(CheckItem item) => item.ProductCode is { } code ? $"cis {Cis(code)}" : Names.Key(item.SubstanceName);

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
        return names.Select(name => new CheckItem { SubstanceName = Words.Cut(string.IsNullOrWhiteSpace(name) ? "?" : name, NameMax) });
    }

    /// <summary>
    /// A code CIS or a short CIP by its system; a CIP of thirteen digits by itself, as documents have it under several systems, and no
    /// other table has such numbers. Some published packs are of no published product.
    /// </summary>
    private bool IsKnown(CodedValue code) => table is not null && (
        (code.System == MedicineProduct.Cis && table.ByCis.ContainsKey(code.Code))
        || ((code.System == MedicineProduct.Cip || code.Code.Length == 13) && table.Find(code.Code) is not null));
}
