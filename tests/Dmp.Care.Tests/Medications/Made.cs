using Dmp.Care.Medications;
using Dmp.Care.V1;
using Dmp.Document.V1;
using Dmp.Facts.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Fact = Dmp.Facts.V1.Fact;
using Medication = Dmp.Facts.V1.Medication;

namespace Dmp.Care.Tests.Medications;

/// <summary>Documents and facts of tests, in few words.</summary>
internal static class Made
{
    private const string CisSystem = "1.2.250.1.213.2.3.1";

    public const string Oral = "20053000";
    public const string Cutaneous = "20003000";
    public const string Tablet = "{tablet}";

    public static DateTimeOffset At(string day) => CdaDay(day);

    public static Timestamp Day(string day) => CdaDay(day).ToTimestamp();

    /// <summary>A document of a professional, stated at a day, such as 20261001.</summary>
    public static CareDocument Letter(string id, string stated, params Fact[] facts) => Make(id, stated, byPatient: false, id, facts);

    /// <summary>A document of a named author.</summary>
    public static CareDocument LetterOf(string author, string id, string stated, params Fact[] facts) =>
        Make(id, stated, byPatient: false, author, facts);

    public static CareDocument OfPatient(string id, string stated, params Fact[] facts) =>
        Make(id, stated, byPatient: true, "patient", facts);

    private static CareDocument Make(string id, string stated, bool byPatient, string author, Fact[] facts)
    {
        for (var entry = 0; entry < facts.Length; entry++)
        {
            facts[entry].Source ??= new FactSource();
            facts[entry].Source.Entry = entry + 1;
            facts[entry].Source.Place = 1;
        }

        var time = CdaDay(stated);
        DocumentMetadata metadata = new()
        {
            UniqueId = $"2.25.{id}",
            Type = new Coding { Code = "11490-0", System = "2.16.840.1.113883.6.1" },
            ServiceStartTime = time.ToTimestamp(),
            CreationTime = time.ToTimestamp(),
            Authors = { new Author { Person = new Person { FamilyName = author, Id = $"rpps-{author}" } } },
        };
        return new CareDocument(id, 1, metadata, byPatient, time.AddDays(1), facts);
    }

    public static Fact Prescribed(string cis, string? low = null, string? high = null) => Stated(MedicationRole.Prescribed, cis, low, high);

    public static Fact Listed(string cis, string? low = null, string? high = null) => Stated(MedicationRole.Listed, cis, low, high);

    public static Fact Administered(string cis, string? low = null, string? high = null) =>
        Stated(MedicationRole.Administered, cis, low, high);

    public static Fact Dispensed(string cis, string day, string? quantity = null, string unit = Tablet)
    {
        var fact = Stated(MedicationRole.Dispensed, cis, null, null);
        fact.Medication.SupplyTime = new Moment { Written = day };
        fact.Medication.Supplied = quantity is null ? null : new Quantity { Value = quantity, Unit = unit };
        return fact;
    }

    public static Fact Named(MedicationRole role, string name) => new()
    {
        Source = new FactSource(),
        Mood = "EVN",
        Medication = new Medication { Role = role, Name = name },
    };

    public static Fact None(string words) => new()
    {
        Source = new FactSource(),
        Mood = "EVN",
        Text = words,
        Absence = FactAbsence.NoneByWords,
        Medication = new Medication { Role = MedicationRole.Listed, Name = words },
    };

    /// <summary>So much of a unit, once in a stretch of time: 1 tablet, 1 day.</summary>
    public static Fact Taking(this Fact fact, string value, string every, string unit = Tablet, string route = Oral)
    {
        fact.Medication.Dosages.Add(DosageOf(value, every, unit, route));
        return fact;
    }

    public static Dosage DosageOf(string value, string every, string unit = Tablet, string route = Oral) => new()
    {
        Dose = new QuantityRange { Low = new Quantity { Value = value, Unit = unit }, High = new Quantity { Value = value, Unit = unit } },
        Every = new Quantity { Value = every.Split(' ')[0], Unit = every.Split(' ')[1] },
        Route = route.Length > 0 ? new CodedValue { Code = route } : null,
    };

    public static Fact With(this Fact fact, Action<Fact> change)
    {
        change(fact);
        return fact;
    }

    public static Fact Saying(this Fact fact, string words)
    {
        fact.Medication.Dosages.Add(new Dosage { Text = words });
        return fact;
    }

    public static Fact Under(this Fact fact, string title)
    {
        fact.Source.SectionTitle = title;
        return fact;
    }

    /// <summary>The one line of the statement of these documents.</summary>
    public static TreatmentLine LineOf(string at, params CareDocument[] documents) => Assert.Single(Merge(at, documents).Lines);

    /// <summary>The line of a name.</summary>
    public static TreatmentLine LineOf(MedicationStatement statement, string name) => statement.Lines.Single(line => line.Name == name);

    public static MedicationStatement Merge(string at, params CareDocument[] documents) => Merge(at, withEnded: true, documents);

    public static MedicationStatement Merge(string at, bool withEnded, params CareDocument[] documents) =>
        new MedicationMerge(SmallMedicines.Table).Merge(documents, CdaDay(at), withEnded);

    private static Fact Stated(MedicationRole role, string cis, string? low, string? high) => new()
    {
        Source = new FactSource(),
        Mood = role == MedicationRole.Prescribed ? "INT" : "EVN",
        Medication = new Medication
        {
            Role = role,
            Codes = { new CodedValue { Code = cis, System = CisSystem } },
            Period = low is null && high is null
                ? null
                : new Stretch
                {
                    Low = low is null ? null : new Moment { Written = low },
                    High = high is null ? null : new Moment { Written = high },
                },
        },
    };

    private static DateTimeOffset CdaDay(string day) => new(
        DateTime.ParseExact(day, "yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero);
}
