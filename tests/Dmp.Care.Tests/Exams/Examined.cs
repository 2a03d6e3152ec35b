using System.Globalization;
using Dmp.Care.Exams;
using Dmp.Care.V1;
using Dmp.Document.V1;
using Dmp.Facts.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Tests.Exams;

/// <summary>A record of invented documents that state results and acts.</summary>
internal sealed class Examined
{
    public const string Loinc = "2.16.840.1.113883.6.1";
    public const string Ccam = "1.2.250.1.213.2.5";
    public const string Snomed = "2.16.840.1.113883.6.96";
    public const string Tsh = "3016-3";

    private readonly List<CareDocument> documents = [];
    private readonly HashSet<string> notStructured = [];

    public static DateTimeOffset Now { get; } = new(2026, 6, 30, 12, 0, 0, TimeSpan.Zero);

    public IReadOnlyList<CareDocument> Documents => documents;

    public IReadOnlySet<string> NotStructured => notStructured;

    public static Coding Code(string code, string system = Loinc, string display = "") =>
        new() { System = system, Code = code, Display = display };

    public static CodedValue Coded(string code, string system = Loinc) => new() { Code = code, System = system };

    public static Stretch At(string written) => new() { Low = new Moment { Written = written }, Single = true };

    /// <summary>A result: of an hour, final, of nothing that is said.</summary>
    public static Fact Result(
        string code, string value = "2.1", string unit = "m[IU]/L", string? time = "20260621080000+0000", string? specimen = null,
        string state = "completed", params string[] panels)
    {
        Observation observation = new()
        {
            Kind = ObservationKind.Laboratory,
            Code = Coded(code),
            Time = time is null ? null : At(time),
            Specimen = specimen is null ? null : Coded(specimen, Snomed),
            Panels = { panels.Select(panel => Coded(panel)) },
        };
        if (value.Length > 0)
        {
            Quantity quantity = new() { Value = value, Unit = unit };
            observation.Values.Add(new ObservedValue { Quantity = new QuantityRange { Low = quantity, Single = true } });
        }

        return new Fact { Mood = "EVN", State = state, Observation = observation };
    }

    public static Fact Act(string code, string time = "20260621080000+0000", string system = Ccam, string element = "procedure") =>
        new()
        {
            Mood = "EVN",
            State = "completed",
            Act = new ClinicalAct { Element = element, Code = Coded(code, system), Period = At(time) },
        };

    /// <summary>A report of a day with what it states, one entry each.</summary>
    public Examined Reports(string day, params Fact[] facts) => Add(day, "11502-2", "Compte rendu", structured: true, facts);

    /// <summary>The same in one entry.</summary>
    public Examined ReportsTogether(string day, params Fact[] facts)
    {
        Add(day, "11502-2", "Compte rendu", structured: true, facts);
        for (var i = 0; i < facts.Length; i++)
        {
            (facts[i].Source.Entry, facts[i].Source.Place) = (1, i + 1);
        }

        return this;
    }

    /// <summary>A document that states nothing in entries.</summary>
    public Examined Holds(string day, string type, string title, params Coding[] eventCodes)
    {
        Add(day, type, title, structured: false);
        documents[^1].Metadata.EventCodes.AddRange(eventCodes);
        return this;
    }

    public ComparableExams Find(
        string code, Func<ExamQuestion, ExamQuestion>? change = null, ExamTables? tables = null, string system = Loinc)
    {
        ExamQuestion question = new(Now, Code(code, system)) { NotStructured = notStructured };
        return new ExamFinder(tables ?? ExamTables.Embedded).Find(documents, change is null ? question : change(question));
    }

    private Examined Add(string day, string type, string title, bool structured, params Fact[] facts)
    {
        var time = DateTimeOffset.ParseExact(day, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        for (var i = 0; i < facts.Length; i++)
        {
            facts[i].Source ??= new FactSource();
            (facts[i].Source.Entry, facts[i].Source.Place) = (i + 1, 1);
        }

        var id = new Guid(documents.Count + 1, 0, 0, new byte[8]).ToString();
        if (!structured)
        {
            notStructured.Add(id);
        }

        documents.Add(new CareDocument(
            id,
            1,
            new DocumentMetadata
            {
                UniqueId = $"1.2.3.{documents.Count + 1}",
                Title = title,
                Type = Code(type),
                ServiceStartTime = time.ToTimestamp(),
                CreationTime = time.AddHours(9).ToTimestamp(),
                Authors = { new Author { Institution = new Institution { Name = "Laboratoire des Lilas", Id = "1750000001" } } },
            },
            ByPatient: false,
            time.AddDays(2),
            facts));
        return this;
    }
}
