using System.Globalization;
using Dmp.Document.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Xdm;

/// <summary>Reads values and gathers what is odd.</summary>
internal sealed class Reading
{
    private const int FieldsMax = 20;
    private const int NameMax = 100;

    public List<Warning> Warnings { get; } = [];

    public void Warn(string field, string description)
    {
        if (!Warnings.Exists(same => same.Field == field && same.Description == description))
        {
            Warnings.Add(new Warning { Field = field, Description = description });
        }
    }

    public void One(string field, IReadOnlyCollection<string> values)
    {
        if (values.Count > 1)
        {
            Warn(field, "There are several; the first one is kept.");
        }
    }

    public Coding? Coding(string field, XdsCode? code)
    {
        if (code is null)
        {
            return null;
        }

        var system = code.Scheme.StartsWith("urn:oid:", StringComparison.OrdinalIgnoreCase) ? code.Scheme[8..] : code.Scheme;
        if (code.Code.Length == 0 || system.Length == 0)
        {
            Warn(field, "The code has no system, or the system no code; it is not kept.");
            return null;
        }

        return new Coding { Code = code.Code, System = system, Display = code.Display };
    }

    public Timestamp? Time(string field, string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (!Hl7Values.TryTime(text, out var time, out var isPrecise) && Hl7Values.TryTimeWithOffset(text, out time))
        {
            isPrecise = true;
            Warn(field, "The time has an offset, which times of XDS have not; it was read as it is meant.");
        }
        else if (time == default)
        {
            Warn(field, "The value is malformed: no time as in HL7 (YYYYMMDDhhmmss, UTC); it is not kept.");
            return null;
        }

        if (!isPrecise)
        {
            Warn(field, "The time is less precise than a second; the beginning of the span is kept.");
        }

        return Timestamp.FromDateTimeOffset(time);
    }

    /// <summary>Whom the entry is about. What the source itself calls the patient goes to the metadata.</summary>
    public Ins? Patient(XdsEntry entry, DocumentMetadata metadata)
    {
        var patient = InsOf(entry.PatientId);
        var source = InsOf(entry.SourcePatientId);
        if (patient is not null && source is not null && !patient.Equals(source))
        {
            Warn("sourcePatientId", "The patient's identifier at the source is another INS than patientId.");
        }

        if (entry.SourcePatientId.Length > 0 && (source is null || !source.Equals(patient ?? source)))
        {
            metadata.SourcePatientId = Identifier("sourcePatientId", entry.SourcePatientId);
        }

        return patient ?? source;
    }

    /// <summary>
    /// Whom the source itself names (sourcePatientInfo: fields of PID), to be compared with the record: the identity, the name at birth,
    /// the day of birth. Names in use count where there is no other one.
    /// </summary>
    public StatedPatient? Stated(XdsEntry entry, Ins? patient)
    {
        var fields = entry.SourcePatientInfo.Select(value => value.Split('|', 2))
            .Where(field => field.Length == 2 && field[1].Trim().Length > 0)
            .SelectMany(field => field[1].Split('~').Select(value => (Field: field[0].Trim().ToUpperInvariant(), Value: value.Trim())))
            .Take(FieldsMax).ToArray();
        string[] Of(string name) => [.. fields.Where(field => field.Field == name).Select(field => field.Value)];
        var names = Of("PID-5").Select(Hl7Values.Components).ToArray();
        var births = names.Where(parts => Hl7Values.Component(parts, 6) is not "D").ToArray();
        var days = Of("PID-7");
        var stated = new StatedPatient
        {
            // One that is another than the entry's own is what has to be told.
            Ins = Of("PID-3").Select(InsOf).OfType<Ins>().FirstOrDefault(ins => !ins.Equals(patient)) ?? patient,
            BirthDate = days is [var day, ..] && Hl7Values.Day(day) is { } date
                ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
                : "",
        };
        if (days.Length > 0 && stated.BirthDate.Length == 0)
        {
            Warn("sourcePatientInfo", "PID-7 is no day of birth, and was not compared with the record's.");
        }

        foreach (var parts in births.Length > 0 ? births : names)
        {
            // The family name may have its own parts, of which the first is the whole.
            var family = Hl7Values.Component([(parts.ElementAtOrDefault(0) ?? "").Split('&')[0]], 0);
            stated.FamilyNames.AddRange(family.Length is > 0 and <= NameMax ? [family] : []);
            if (stated.GivenNames.Count == 0)
            {
                stated.GivenNames.AddRange(
                    ((string[])[Hl7Values.Component(parts, 1), Hl7Values.Component(parts, 2)])
                        .Where(given => given.Length is > 0 and <= NameMax));
            }
        }

        return stated.CalculateSize() > 0 ? stated : null;
    }

    /// <summary>CXi: <c>42^^^&amp;oid&amp;ISO^urn:ihe:iti:xds:2013:accession</c>.</summary>
    public Reference? Reference(string text)
    {
        var kind = Hl7Values.Component(Hl7Values.Components(text), 4);
        if (kind.Length > 0 && Identifier("referenceIdList", text) is { } id)
        {
            return new Reference { Id = id, Kind = kind };
        }

        Warn("referenceIdList", "A reference has no identifier, or does not say of what; it is not kept.");
        return null;
    }

    public static bool IsUuid(string text) =>
        text.StartsWith("urn:uuid:", StringComparison.Ordinal) && Guid.TryParseExact(text.AsSpan(9), "D", out _);

    public Author? Author(XdsAuthor author)
    {
        One("authorPerson", author.Persons);
        One("authorInstitution", author.Institutions);
        One("authorRole", author.Roles);
        One("authorSpecialty", author.Specialties);
        if (author.Telecommunications.Count > 0)
        {
            Warn("authorTelecommunication", "Addresses of authors are not kept.");
        }

        var person = author.Persons.Count > 0 ? Person("authorPerson", author.Persons[0]) : null;
        var institution = author.Institutions.Count > 0 ? Institution(author.Institutions[0]) : null;
        if (person is null && institution is null)
        {
            Warn("author", "An author has neither a person nor an institution that can be read; not kept.");
            return null;
        }

        if (author.Roles.Count > 0 && Hl7Values.Components(author.Roles[0]).Skip(1).Any(part => part.Length > 0))
        {
            Warn("authorRole", "The role is a code with a system; the code alone is kept.");
        }

        return new Author
        {
            Person = person,
            Institution = institution,
            Role = author.Roles.Count > 0 ? Hl7Values.Component(Hl7Values.Components(author.Roles[0]), 0) : "",
            Specialty = author.Specialties.Count > 0 ? Specialty(author.Specialties[0]) : null,
        };
    }

    /// <summary>XCN: <c>id^FAMILY^GIVEN^^^^^^&amp;oid&amp;ISO^D^^^IDNPS</c>.</summary>
    public Person? Person(string field, string text)
    {
        var parts = Hl7Values.Components(text);
        var id = Hl7Values.Component(parts, 0);
        var (family, given) = (Hl7Values.Component(parts, 1), Hl7Values.Component(parts, 2));
        if (family.Length == 0 && given.Length > 0)
        {
            (family, given) = (given, "");
        }

        if (family.Length == 0)
        {
            Warn(field, "The person has no name; not kept.");
            return null;
        }

        if (id.Length > 0 && Hl7Values.Authority(parts, 8) is not ("" or Oids.Professional))
        {
            // A patient's INS among them: it belongs in no other place than the patient's.
            Warn(field, "The identifier is not a national one of a professional (PS_IdNat); it is not kept.");
            id = "";
        }

        if (Enumerable.Range(3, 5).Any(index => Hl7Values.Component(parts, index).Length > 0))
        {
            Warn(field, "Further names, prefixes and titles are not kept.");
        }

        return new Person { Id = id, FamilyName = family, GivenName = given };
    }

    /// <summary>XON: <c>NAME^^^^^&amp;oid&amp;ISO^IDNST^^^id</c>.</summary>
    private Institution? Institution(string text)
    {
        var parts = Hl7Values.Components(text);
        var (name, id) = (Hl7Values.Component(parts, 0), Hl7Values.Component(parts, 9));
        if (name.Length == 0)
        {
            Warn("authorInstitution", "The institution has no name; not kept.");
            return null;
        }

        if (id.Length > 0 && Hl7Values.Authority(parts, 5) is not ("" or Oids.Structure))
        {
            Warn("authorInstitution", "The identifier is not a national one of a structure (Struct_IdNat); it is not kept.");
            id = "";
        }

        return new Institution { Id = id, Name = name };
    }

    /// <summary><c>code^label^system</c>, or <c>code^label^^&amp;system&amp;ISO</c>.</summary>
    private Coding? Specialty(string text)
    {
        var parts = Hl7Values.Components(text);
        var system = Hl7Values.Component(parts, 2) is { Length: > 0 } plain ? plain : Hl7Values.Authority(parts, 3);
        return Coding("authorSpecialty", new XdsCode(Hl7Values.Component(parts, 0), system, Hl7Values.Component(parts, 1)));
    }

    /// <summary>CX: <c>number^^^&amp;oid&amp;ISO^PI</c>.</summary>
    private LocalIdentifier? Identifier(string field, string text)
    {
        var parts = Hl7Values.Components(text);
        var value = Hl7Values.Component(parts, 0);
        if (value.Length == 0)
        {
            Warn(field, "The identifier is empty; it is not kept.");
            return null;
        }

        if (Hl7Values.Authority(parts, 3).Length == 0 && Hl7Values.Component(parts, 3).Length > 0)
        {
            Warn(field, "Who gave the identifier out is not named by an OID; that is not kept.");
        }

        return new LocalIdentifier { Value = value, System = Hl7Values.Authority(parts, 3) };
    }

    /// <summary>CX: <c>number^^^&amp;oid&amp;ISO^NH</c>.</summary>
    private static Ins? InsOf(string text)
    {
        var parts = Hl7Values.Components(text);
        var (number, system) = (Hl7Values.Component(parts, 0), Hl7Values.Authority(parts, 3));
        return Oids.IsIns(system) && number.Length > 0 ? new Ins { Number = number, System = system } : null;
    }
}
