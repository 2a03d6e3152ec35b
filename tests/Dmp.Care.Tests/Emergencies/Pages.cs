using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.Care.Emergencies;
using Dmp.Care.Medications;
using Dmp.Care.V1;
using Dmp.Document.V1;
using Dmp.Facts.V1;
using Dmp.Interactions.V1;
using Dmp.Record.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Fact = Dmp.Facts.V1.Fact;
using Medication = Dmp.Facts.V1.Medication;

namespace Dmp.Care.Tests.Emergencies;

/// <summary>Documents, statements and pages of tests, in few words. Everybody in them is invented.</summary>
internal static class Pages
{
    public const string Loinc = "2.16.840.1.113883.6.1";
    public const string FrenchTypes = "1.2.250.1.213.1.1.4.12";
    public const string Summary = "60591-5";
    public const string Laboratory = "11502-2";

    /// <summary>When all pages of the tests are read: 1 November 2026, noon in Paris.</summary>
    public static readonly DateTimeOffset Now = new(2026, 11, 1, 11, 0, 0, TimeSpan.Zero);

    public static CareDocument Letter(string id, string day, params Fact[] facts) => Paper(id, day, Summary, facts);

    public static CareDocument OfPatient(string id, string day, params Fact[] facts) =>
        Paper(id, day, "DOCPAT08", facts, system: FrenchTypes) with { ByPatient = true };

    public static CareDocument Results(string id, string day, params Fact[] facts)
    {
        var document = Paper(id, day, Laboratory, facts);
        document.Metadata.FacilityType = new Coding { Code = "SA25", System = "1.2.250.1.71.4.2.4" };
        return document;
    }

    public static CareDocument Paper(string id, string day, string type, Fact[] facts, string system = Loinc, string title = "")
    {
        for (var entry = 0; entry < facts.Length; entry++)
        {
            facts[entry].Source ??= new FactSource();
            facts[entry].Source.Entry = facts[entry].Source.Entry == 0 ? entry + 1 : facts[entry].Source.Entry;
            facts[entry].Source.Place = facts[entry].Source.Place == 0 ? 1 : facts[entry].Source.Place;
        }

        var time = Time(day);
        DocumentMetadata metadata = new()
        {
            UniqueId = $"2.25.{id}",
            Title = title,
            Type = new Coding { Code = type, System = system, Display = $"type {type}" },
            ServiceStartTime = time.ToTimestamp(),
            CreationTime = time.ToTimestamp(),
            Authors =
            {
                new Author
                {
                    Person = new Person { FamilyName = $"Auteur{id}", GivenName = "Anne", Id = $"rpps-{id}" },
                    Institution = new Institution { Name = $"Cabinet {id}", Id = $"finess-{id}" },
                },
            },
        };
        return new CareDocument(id, 1, metadata, ByPatient: false, time.AddHours(1), facts);
    }

    public static DateTimeOffset Time(string day) => DateTimeOffset.ParseExact(
        day, ["yyyyMMdd", "yyyyMMddHHmm"], System.Globalization.CultureInfo.InvariantCulture,
        System.Globalization.DateTimeStyles.AssumeUniversal);

    public static Fact Allergy(string agent, string status = "", string code = "", Action<Allergy>? change = null)
    {
        Allergy allergy = new()
        {
            Agent = new CodedValue { Code = code, System = code.Length > 0 ? "2.16.840.1.113883.6.96" : "", Display = agent },
            Status = status.Length > 0 ? new CodedValue { Code = status, Display = status } : null,
        };
        change?.Invoke(allergy);
        return new Fact { Mood = "EVN", State = "completed", Source = new FactSource { SectionCode = "48765-2" }, Allergy = allergy };
    }

    public static Fact NoAllergy(string words = "Aucune allergie connue") => new()
    {
        Mood = "EVN",
        State = "completed",
        Source = new FactSource { SectionCode = "48765-2" },
        Text = words,
        Absence = FactAbsence.NoneByWords,
        Allergy = new Allergy(),
    };

    public static Fact Problem(
        string name, string section = "11450-4", string code = "", string status = "", string low = "", string high = "") => new()
        {
            Mood = "EVN",
            State = "completed",
            Source = new FactSource { SectionCode = section },
            Problem = new Problem
            {
                Value = new CodedValue { Code = code, System = code.Length > 0 ? "2.16.840.1.113883.6.3" : "", Display = name },
                Status = status.Length > 0 ? new CodedValue { Code = status } : null,
                Period = low.Length + high.Length == 0 ? null : new Stretch
                {
                    Low = new Moment { Written = low },
                    High = high.Length > 0 ? new Moment { Written = high } : null,
                },
            },
        };

    public static Fact Observed(
        string code, ObservedValue value, string time = "", ObservationKind kind = ObservationKind.Laboratory, string display = "") => new()
        {
            Mood = "EVN",
            State = "completed",
            Observation = new Observation
            {
                Kind = kind,
                Code = new CodedValue { Code = code, System = Loinc, Display = display },
                Values = { value },
                Time = time.Length > 0 ? new Stretch { Low = new Moment { Written = time }, Single = true } : null,
            },
        };

    public static Fact Measured(string code, string number, string unit, string time, string display = "") => Observed(
        code,
        new ObservedValue { Quantity = new QuantityRange { Low = new Quantity { Value = number, Unit = unit }, Single = true } },
        time,
        display: display);

    public static ObservedValue Coded(string code, string display) =>
        new() { Code = new CodedValue { Code = code, System = "2.16.840.1.113883.6.96", Display = display } };

    public static Fact Listed(string name, string atc = "", string low = "", string high = "", string dose = "") => new()
    {
        Mood = "EVN",
        State = "active",
        Source = new FactSource { SectionCode = "10160-0" },
        Medication = new Medication
        {
            Role = MedicationRole.Listed,
            Name = name,
            Codes = { atc.Length > 0 ? [new CodedValue { Code = atc, System = "2.16.840.1.113883.6.73" }] : [] },
            Period = low.Length + high.Length == 0 ? null : new Stretch
            {
                Low = new Moment { Written = low },
                High = high.Length > 0 ? new Moment { Written = high } : null,
            },
            Dosages = { dose.Length > 0 ? [new Dosage { Text = dose }] : [] },
        },
    };

    public static Fact Visit(string code, string low, string high = "", string place = "CHU de Ville") => new()
    {
        Mood = "EVN",
        State = "completed",
        Encounter = new Encounter
        {
            Code = new CodedValue { Code = code },
            OrganizationName = place,
            Period = new Stretch
            {
                Low = new Moment { Written = low },
                High = high.Length > 0 ? new Moment { Written = high } : null,
                Single = high.Length == 0,
            },
        },
    };

    public static Fact Device(string name, string low = "", string text = "") => new()
    {
        Mood = "EVN",
        State = "completed",
        Text = text,
        Device = new Device
        {
            Code = new CodedValue { Code = "J010104", System = "1.2.250.1.213.2.68", Display = name },
            Period = low.Length > 0 ? new Stretch { Low = new Moment { Written = low }, Single = true } : null,
        },
    };

    public static Record.V1.Record Person(Sex sex = Sex.Female, string born = "1948-03-12") => new()
    {
        RecordId = "0196f1c4-0000-7000-8000-000000000001",
        Ins = new Ins { Number = "248037512345678", System = "1.2.250.1.213.1.4.10" },
        Traits = new IdentityTraits
        {
            BirthFamilyName = "Essai-Martin",
            BirthGivenNames = { "Jeanne", "Claude" },
            BirthDate = born,
            Sex = sex,
            BirthPlaceCode = "75115",
        },
        AdministrativeData = new AdministrativeData { UsedFamilyName = "Durand" },
    };

    public static SummaryInput Input(params CareDocument[] documents) => new()
    {
        At = Now,
        Strip = new SummaryStrip
        {
            RecordId = "0196f1c4-0000-7000-8000-000000000001",
            Reader = new Actor { Kind = ActorKind.Professional, Name = "Luc Urgent", StructureName = "CHU de Ville" },
            Basis = AuditBasis.Emergency,
            Mode = AccessMode.BreakGlass,
        },
        Record = Person(),
        Documents = documents,
        Medication = new MedicationMerge(null).Merge(documents, Now, withEnded: false),
    };

    public static EmergencySummary Page(params CareDocument[] documents) => EmergencySummaryBuilder.Build(Input(documents));

    /// <summary>A report in which the medicines of a statement meet rules of these levels.</summary>
    public static SummaryInput WithRules(
        this SummaryInput input, params (int First, int Second, (InteractionLevel, string)[] Levels)[] rules)
    {
        InteractionReport report = new() { Thesaurus = new ReferenceEdition { Name = "2023-09" } };
        report.Medicines.AddRange(input.Medication.Lines.Select(_ => new CheckedMedicine { Outcome = CheckOutcome.NoRule }));
        foreach (var (first, second, levels) in rules)
        {
            var id = $"{report.Rules.Count:X16}";
            InteractionRule rule = new() { RuleId = id, FirstEnd = EndOf(first), SecondEnd = EndOf(second) };
            rule.Severities.AddRange(levels.Select(level => new RuleSeverity { Level = level.Item1, Text = level.Item2 }));
            report.Rules.Add(rule);
            report.Pairs.Add(new CheckedPair { First = first, Second = second, Findings = { new Finding { RuleId = id } } });
        }

        string EndOf(int place) => input.Medication.Lines[place].Name.Split(' ')[0].ToUpperInvariant();
        return input with { Report = report, ReportLines = [.. Enumerable.Range(0, input.Medication.Lines.Count)] };
    }
}
