using System.Globalization;
using Dmp.Document.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Xdm;

/// <summary>From XDS to the contract. Nothing is lost without a word: what has no place there comes as a warning.</summary>
public static class EntryReading
{
    /// <summary>Translates an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <returns>Metadata, visibility, patient, and warnings.</returns>
    public static MappedEntry ToContract(XdsEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Reading reading = new();
        var metadata = new DocumentMetadata
        {
            UniqueId = entry.UniqueId,
            Type = reading.Coding("typeCode", entry.Type),
            Format = reading.Coding("formatCode", entry.Format),
            Title = entry.Title,
            Comments = entry.Comments,
            MediaType = entry.MediaType,
            LanguageCode = entry.LanguageCode,
            PracticeSetting = reading.Coding("practiceSettingCode", entry.PracticeSetting),
            FacilityType = reading.Coding("healthcareFacilityTypeCode", entry.FacilityType),
            CreationTime = reading.Time("creationTime", entry.CreationTime),
            ServiceStartTime = reading.Time("serviceStartTime", entry.ServiceStartTime),
            ServiceStopTime = reading.Time("serviceStopTime", entry.ServiceStopTime),
            LegalAuthenticator = entry.LegalAuthenticators.Count > 0 ? reading.Person("legalAuthenticator", entry.LegalAuthenticators[0]) : null,
        };
        reading.One("legalAuthenticator", entry.LegalAuthenticators);
        metadata.EventCodes.AddRange(entry.EventCodes.Select(code => reading.Coding("eventCodeList", code)).OfType<Coding>());
        metadata.Authors.AddRange(entry.Authors.Select(reading.Author).OfType<Author>());
        var visibility = Confidentiality(entry, metadata, reading);
        Rest(entry, reading);
        return new MappedEntry
        {
            Metadata = metadata,
            VisibilityCodes = visibility,
            Patient = reading.Patient(entry),
            Warnings = reading.Warnings,
        };
    }

    /// <summary>In the DMP confidentialityCode says both how confidential a document is and from whom it is hidden.</summary>
    private static List<VisibilityCode> Confidentiality(XdsEntry entry, DocumentMetadata metadata, Reading reading)
    {
        List<VisibilityCode> visibility = [];
        foreach (var code in entry.Confidentialities)
        {
            if (VisibilityOf(code.Code) is { } hidden)
            {
                visibility.Add(hidden);
            }
            else if (code.Code is "N" or "R" or "V" && metadata.Confidentiality is null)
            {
                metadata.Confidentiality = reading.Coding("confidentialityCode", code);
            }
            else
            {
                reading.Warn("confidentialityCode", "The document has a further code of confidentiality or visibility that the platform does not keep.");
            }
        }

        return visibility;
    }

    private static VisibilityCode? VisibilityOf(string code) => code switch
    {
        "MASQUE_PS" => VisibilityCode.MaskedFromProfessionals,
        "INVISIBLE_PATIENT" => VisibilityCode.HiddenFromPatient,
        "INVISIBLE_REPRESENTANTS_LEGAUX" => VisibilityCode.HiddenFromRepresentatives,
        _ => null,
    };

    /// <summary>What registries set themselves (entryUUID, logicalID, repositoryUniqueId) the platform sets anew, and classCode follows from typeCode.</summary>
    private static void Rest(XdsEntry entry, Reading reading)
    {
        if (entry.ReferenceIds.Count > 0)
        {
            reading.Warn("referenceIdList", "References (accession, order, study) are not kept.");
        }

        if (entry.Status is not ("" or XdsStatus.Approved))
        {
            reading.Warn("availabilityStatus", "The document is not current there; unless another one of the package replaces it, it is added as current.");
        }

        if (entry.ObjectType != XdsNames.StableDocument)
        {
            reading.Warn("objectType", "The document is not a stable one there (on demand); what is in the package is added.");
        }

        if (entry.Version is not ("" or "1" or "1.1"))
        {
            reading.Warn("version", "The number of the version of the metadata is not kept; versions are counted anew.");
        }

        foreach (var name in entry.Others)
        {
            reading.Warn(name, "Not known, and not kept.");
        }
    }

    /// <summary>Reads values and gathers what is odd.</summary>
    private sealed class Reading
    {
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

            if (!Hl7Values.TryTime(text, out var time, out var isPrecise))
            {
                Warn(field, "The value is no time as in HL7 (YYYYMMDDhhmmss, UTC); it is not kept.");
                return null;
            }

            if (!isPrecise)
            {
                Warn(field, "The time is less precise than a second; the beginning of the span is kept.");
            }

            return Timestamp.FromDateTimeOffset(time);
        }

        public Ins? Patient(XdsEntry entry)
        {
            var patient = InsOf(entry.PatientId);
            var source = InsOf(entry.SourcePatientId);
            if (entry.SourcePatientId.Length > 0 && source is null)
            {
                Warn("sourcePatientId", "The patient's local identifier is not kept.");
            }
            else if (patient is not null && source is not null && !patient.Equals(source))
            {
                Warn("sourcePatientId", "The patient's identifier at the source is another INS than patientId.");
            }

            return patient ?? source;
        }

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
            if (family.Length == 0)
            {
                Warn(field, "The person has no family name; not kept.");
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

        /// <summary>CX: <c>number^^^&amp;oid&amp;ISO^NH</c>.</summary>
        private static Ins? InsOf(string text)
        {
            var parts = Hl7Values.Components(text);
            var (number, system) = (Hl7Values.Component(parts, 0), Hl7Values.Authority(parts, 3));
            return Oids.IsIns(system) && number.Length > 0 ? new Ins { Number = number, System = system } : null;
        }
    }

    /// <summary>The size that an entry gives; null when it gives none, or no number.</summary>
    internal static long? SizeOf(XdsEntry entry) =>
        long.TryParse(entry.Size, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;
}
