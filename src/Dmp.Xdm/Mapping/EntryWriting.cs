using System.Globalization;
using Dmp.Document.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Xdm;

/// <summary>From the contract to XDS.</summary>
public static class EntryWriting
{
    /// <summary>Translates metadata, as a depositor gives them.</summary>
    /// <param name="entryUuid">The entry's id in the submission.</param>
    /// <param name="metadata">The metadata.</param>
    /// <param name="visibilityCodes">From whom the document is hidden.</param>
    /// <param name="patient">Whom it is about.</param>
    /// <returns>The entry, without file.</returns>
    public static XdsEntry ToXds(string entryUuid, DocumentMetadata metadata, IEnumerable<VisibilityCode> visibilityCodes, Ins? patient)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(visibilityCodes);
        var patientId = PatientId(patient);
        return new XdsEntry
        {
            EntryUuid = entryUuid,
            MediaType = metadata.MediaType,
            Title = metadata.Title,
            Comments = metadata.Comments,
            UniqueId = metadata.UniqueId,
            PatientId = patientId,
            SourcePatientId = metadata.SourcePatientId is { } local ? Identifier(local, "PI") : patientId,
            ReferenceIds = [.. metadata.References.Select(reference => Identifier(reference.Id, Hl7Values.Escape(reference.Kind)))],
            CreationTime = Time(metadata.CreationTime),
            ServiceStartTime = Time(metadata.ServiceStartTime),
            ServiceStopTime = Time(metadata.ServiceStopTime),
            LanguageCode = metadata.LanguageCode,
            LegalAuthenticators = metadata.LegalAuthenticator is { } signer ? [Person(signer)] : [],
            Type = Code(metadata.Type),
            Format = Code(metadata.Format),
            FacilityType = Code(metadata.FacilityType),
            PracticeSetting = Code(metadata.PracticeSetting),
            Confidentialities =
            [
                .. metadata.Confidentiality is { } confidentiality ? [Code(confidentiality)!] : Array.Empty<XdsCode>(),
                .. visibilityCodes.Select(Visibility).OfType<XdsCode>(),
            ],
            EventCodes = [.. metadata.EventCodes.Select(code => Code(code)!)],
            Authors = [.. metadata.Authors.Select(Author)],
        };
    }

    /// <summary>Translates a document as the platform answers it, with its content's digest.</summary>
    /// <param name="entryUuid">The entry's id in the submission.</param>
    /// <param name="document">The document.</param>
    /// <param name="patient">Whom it is about.</param>
    /// <param name="uri">Its file, from the directory of the metadata.</param>
    /// <returns>The entry.</returns>
    public static XdsEntry ToXds(string entryUuid, Document.V1.Document document, Ins? patient, string uri)
    {
        ArgumentNullException.ThrowIfNull(document);
        return ToXds(entryUuid, document.Metadata, document.VisibilityCodes, patient) with
        {
            Class = Code(document.Class),
            Status = document.Status switch
            {
                DocumentStatus.Deprecated => XdsStatus.Deprecated,
                DocumentStatus.Archived => XdsStatus.Archived,
                DocumentStatus.Deleted => XdsStatus.Deleted,
                _ => XdsStatus.Approved,
            },
            Hash = Convert.ToHexStringLower(document.Content.Sha1.Span),
            Size = document.Content.SizeBytes.ToString(CultureInfo.InvariantCulture),
            Uri = uri,
        };
    }

    internal static string Time(Timestamp? time) => time is null ? "" : Hl7Values.Time(time.ToDateTimeOffset());

    /// <summary>CX and CXi, whose fifth component says what the identifier is.</summary>
    private static string Identifier(LocalIdentifier id, string kind) =>
        $"{Hl7Values.Escape(id.Value)}^^^{(id.System.Length > 0 ? $"&{Hl7Values.Escape(id.System)}&ISO" : "")}^{kind}";

    internal static string PatientId(Ins? patient) =>
        patient is null ? "" : $"{Hl7Values.Escape(patient.Number)}^^^&{patient.System}&ISO^NH";

    internal static XdsCode? Code(Coding? code) => code is null ? null : new XdsCode(code.Code, code.System, code.Display);

    private static XdsCode? Visibility(VisibilityCode code) => code switch
    {
        VisibilityCode.MaskedFromProfessionals => new XdsCode("MASQUE_PS", Oids.Visibility, "Masqué aux professionnels de santé"),
        VisibilityCode.HiddenFromPatient => new XdsCode("INVISIBLE_PATIENT", Oids.Visibility, "Non visible par le patient"),
        VisibilityCode.HiddenFromRepresentatives =>
            new XdsCode("INVISIBLE_REPRESENTANTS_LEGAUX", Oids.Visibility, "Non visible par les représentants légaux du patient"),
        _ => null,
    };

    internal static XdsAuthor Author(Author author) => new()
    {
        Persons = author.Person is { } person ? [Person(person)] : [],
        Institutions = author.Institution is { } institution ? [Institution(institution)] : [],
        Roles = author.Role.Length > 0 ? [Hl7Values.Escape(author.Role)] : [],
        Specialties = author.Specialty is { } code
            ? [$"{Hl7Values.Escape(code.Code)}^{Hl7Values.Escape(code.Display)}^{Hl7Values.Escape(code.System)}"] : [],
    };

    private static string Person(Person person)
    {
        var name = $"{Hl7Values.Escape(person.Id)}^{Hl7Values.Escape(person.FamilyName)}^{Hl7Values.Escape(person.GivenName)}^^^^^^";
        return person.Id.Length > 0 ? $"{name}&{Oids.Professional}&ISO^D^^^IDNPS" : name + "^D";
    }

    private static string Institution(Institution institution) => institution.Id.Length > 0
        ? $"{Hl7Values.Escape(institution.Name)}^^^^^&{Oids.Structure}&ISO^IDNST^^^{Hl7Values.Escape(institution.Id)}"
        : Hl7Values.Escape(institution.Name);
}
