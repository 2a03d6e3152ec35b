using System.Globalization;
using Dmp.Care.Timelines;
using Dmp.Care.V1;
using Dmp.Document.V1;
using Dmp.Facts.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Tests.Timelines;

/// <summary>A record of invented documents by date.</summary>
internal sealed class Dated
{
    public const string Loinc = "2.16.840.1.113883.6.1";
    public const string Discharge = "11490-0";
    public const string StayReport = "34112-3";
    public const string Laboratory = "11502-2";
    public const string Summary = "60591-5";
    public const string Prescription = "57833-6";
    public const string Consultation = "11488-4";
    public const string Hospital = "1750000018";

    private readonly List<DatedDocument> documents = [];

    public static DateTimeOffset Now { get; } = new(2026, 6, 30, 12, 0, 0, TimeSpan.Zero);

    public IReadOnlyList<DatedDocument> Documents => documents;

    public static DateTimeOffset Day(string day) =>
        DateTimeOffset.ParseExact(day, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    /// <summary>A stay or a visit that took place.</summary>
    public static Fact Encounter(string begin, string end, string id = "", string place = Hospital, string code = "IMP") => new()
    {
        Mood = "EVN",
        State = "completed",
        Source = new FactSource { Entry = 1, Place = 1, Ids = { new[] { id }.Where(one => one.Length > 0) } },
        Encounter = new Encounter
        {
            Code = new CodedValue { Code = code },
            Period = new Stretch { Low = new Moment { Written = begin }, High = new Moment { Written = end } },
            OrganizationId = place,
            OrganizationName = "Hôpital",
        },
    };

    public static Fact Result(string interpretation) => new()
    {
        Mood = "EVN",
        State = "completed",
        Source = new FactSource { Entry = 1, Place = 1 },
        Observation = new Observation
        {
            Kind = ObservationKind.Laboratory,
            Code = new CodedValue { Code = "2823-3", System = Loinc },
            Interpretations = { new CodedValue { Code = interpretation } },
        },
    };

    public static Fact Prescribed(string? end) => new()
    {
        Mood = "INT",
        Source = new FactSource { Entry = 1, Place = 1 },
        Medication = new Medication
        {
            Role = MedicationRole.Prescribed,
            Period = end is null ? null : new Stretch { High = new Moment { Written = end } },
        },
    };

    /// <summary>A document of a day and type, of a structure, that came a day after its act ended.</summary>
    public Dated Add(string day, string type = Consultation, params Fact[] facts) => Add(day, null, type, facts);

    /// <summary>The same with the end of its act.</summary>
    public Dated Add(string day, string? end, string type, Fact[] facts, string place = Hospital, string? encounter = null)
    {
        var (begin, number) = (Day(day), documents.Count + 1);
        var came = (end is null ? begin : Day(end)).AddDays(1);
        DocumentMetadata metadata = new()
        {
            UniqueId = $"1.2.3.{number}",
            Title = $"Document {number}",
            Type = new Coding { System = Loinc, Code = type },
            ServiceStartTime = begin.ToTimestamp(),
            ServiceStopTime = end is null ? null : Day(end).ToTimestamp(),
            CreationTime = begin.ToTimestamp(),
            Authors = { new Author { Institution = new Institution { Id = place, Name = "Hôpital" } } },
        };
        if (encounter is not null)
        {
            metadata.References.Add(new Reference
            {
                Id = new LocalIdentifier { System = "1.2.9", Value = encounter },
                Kind = "urn:ihe:iti:xds:2015:encounterId",
            });
        }

        documents.Add(new DatedDocument(
            new CareDocument(new Guid(number, 0, 0, new byte[8]).ToString(), 1, metadata, ByPatient: false, came, facts),
            new Coding { Code = "10" },
            DocumentFactsState.Read,
            came,
            came));
        return this;
    }

    /// <summary>The last document came then, and changed then.</summary>
    public Dated Came(string day, string? changed = null)
    {
        documents[^1] = documents[^1] with { CameAt = Day(day), ChangedAt = Day(changed ?? day) };
        return this;
    }

    /// <summary>The last document is of the patient.</summary>
    public Dated ByPatient()
    {
        documents[^1] = documents[^1] with { Document = documents[^1].Document with { ByPatient = true } };
        return this;
    }

    public IReadOnlyList<TimelineEntry> Build(
        TimelineOrder order = TimelineOrder.ByDate, string? since = null, bool onlyNew = false) =>
        TimelineBuilder.Build(documents, new TimelineQuestion(Now, order, since is null ? null : Day(since), onlyNew));
}
