using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Server.Documents;
using Dmp.Server.Messages;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Intake;

/// <summary>The header of a document in the words of the contract. What has no room there is told.</summary>
internal sealed partial class HeaderMapping(DocumentHeader header, List<Warning> warnings)
{
    /// <summary>Most characters of a title.</summary>
    public const int TitleCharactersMax = 256;

    /// <summary>Most characters of an identifier of a person or structure.</summary>
    public const int IdentifierCharactersMax = 64;

    private const int DisplayCharactersMax = 256;
    private const int NameCharactersMax = 100;
    private const int LocalIdCharactersMax = 128;
    private const int EventCodesMax = 50;
    private const int ReferencesMax = 50;
    private const int AuthorsMax = 20;

    private readonly HeaderPlaces places = header.Places;

    /// <summary>
    /// What the header says. A practice setting or kind of facility outside of its value set is left out, because real headers have
    /// others there and the field may be absent, and so are a word that is no language and what is too long; anything else that a
    /// document may not have is found by <see cref="DocumentRules"/>.
    /// </summary>
    public DocumentMetadata ToMetadata()
    {
        var derived = header.Metadata;
        var metadata = new DocumentMetadata
        {
            UniqueId = UniqueId(derived.UniqueId),
            Type = ToCoding(derived.Type, places.Type),
            Format = ToCoding(derived.Format, places.Format),
            Title = Text(derived.Title, TitleCharactersMax, places.Title),
            MediaType = derived.MediaType,
            LanguageCode = Language(derived.LanguageCode),
            Confidentiality = Confidentiality(derived.Confidentiality),
            PracticeSetting = PracticeSetting(derived.PracticeSetting),
            FacilityType = FacilityType(derived.FacilityType),
            CreationTime = derived.CreationTime?.ToTimestamp(),
            ServiceStartTime = derived.ServiceStartTime?.ToTimestamp(),
            ServiceStopTime = derived.ServiceStopTime?.ToTimestamp(),
            LegalAuthenticator = Signatory(header.LegalAuthenticator),
            SourcePatientId = SourcePatientId(),
        };
        if (header.ServiceTime?.Stop is not null && derived is { ServiceStopTime: null, ServiceStartTime: not null })
        {
            Warn(places.ServiceStop, "The end of the act would be before its begin; it is left out.");
        }

        metadata.EventCodes.AddRange(
            derived.EventCodes.Select(code => ToCoding(code, places.EventCode)).OfType<Coding>());
        metadata.References.AddRange(References());
        metadata.Authors.AddRange(Authors(header.Authors));
        return metadata;
    }

    /// <summary>What was given, and for the rest what the header says. Acts and references of both are kept.</summary>
    public DocumentMetadata Merge(DocumentMetadata? given, DocumentMetadata derived)
    {
        var merged = given?.Clone() ?? new DocumentMetadata();
        merged.UniqueId = merged.UniqueId.Length > 0 ? merged.UniqueId : derived.UniqueId;
        merged.Title = merged.Title.Length > 0 ? merged.Title : derived.Title;
        merged.MediaType = merged.MediaType.Length > 0 ? merged.MediaType : derived.MediaType;
        merged.LanguageCode = merged.LanguageCode.Length > 0 ? merged.LanguageCode : derived.LanguageCode;
        merged.Type ??= derived.Type;
        merged.Format ??= derived.Format;
        merged.Confidentiality ??= derived.Confidentiality;
        merged.PracticeSetting ??= derived.PracticeSetting;
        merged.FacilityType ??= derived.FacilityType;
        merged.CreationTime ??= derived.CreationTime;
        merged.ServiceStartTime ??= derived.ServiceStartTime;
        merged.ServiceStopTime ??= derived.ServiceStopTime;
        merged.LegalAuthenticator ??= derived.LegalAuthenticator;
        merged.SourcePatientId ??= derived.SourcePatientId;
        var codes = derived.EventCodes
            .Where(code => !merged.EventCodes.Any(known => known.System == code.System && known.Code == code.Code))
            .ToArray();
        merged.EventCodes.AddRange(Fitting(codes, EventCodesMax - merged.EventCodes.Count, EventCodesMax, "metadata.event_codes", "codes"));
        var references = derived.References.Where(reference => !merged.References.Contains(reference)).ToArray();
        merged.References.AddRange(
            Fitting(references, ReferencesMax - merged.References.Count, ReferencesMax, "metadata.references", "references"));
        if (merged.Authors.Count == 0)
        {
            merged.Authors.AddRange(derived.Authors);
        }

        return merged;
    }

    /// <summary>An identifier of a header in the form in which it is kept.</summary>
    public static string KeptId(string uniqueId) => UniqueIds.Canonical(CdaUniqueIds.Kept(uniqueId) ?? "");

    private string UniqueId(string? uniqueId)
    {
        var kept = CdaUniqueIds.Kept(uniqueId) ?? "";
        if (uniqueId is not null && kept != uniqueId)
        {
            Warn(
                places.Id,
                "The identifier is longer than 128 characters or has blanks in it; a UUID that is computed from it is kept in its place.");
        }

        return UniqueIds.Canonical(kept);
    }

    private string Language(string? code)
    {
        if (code is null || DocumentRules.IsLanguage(code))
        {
            return code ?? "";
        }

        Warn(places.Language, "The value is no language tag as in BCP 47, such as fr-FR, and not kept.");
        return "";
    }

    private Coding? Confidentiality(CdaCode? code)
    {
        if (code is null or { System: "2.16.840.1.113883.5.25", Code: "N" or "R" or "V" })
        {
            return ToCoding(code, places.Confidentiality);
        }

        Warn(places.Confidentiality, "The code is none of N, R and V of 2.16.840.1.113883.5.25, and not kept.");
        return null;
    }

    private Coding? PracticeSetting(CdaCode? code)
    {
        var setting = ToCoding(code, places.PracticeSetting);
        if (setting is null || CodedValues.IsPracticeSetting(setting))
        {
            return setting;
        }

        Warn(places.PracticeSetting, "The practice setting is not one of value set J04, and not kept.");
        return null;
    }

    private Coding? FacilityType(CdaCode? code)
    {
        var type = ToCoding(code, places.FacilityType);
        if (type is null || CodedValues.IsFacilityType(type))
        {
            return type;
        }

        Warn(places.FacilityType, "The kind of facility is not one of value set J02, and not kept.");
        return null;
    }

    private List<Author> Authors(IReadOnlyList<CdaAuthor> authors)
    {
        List<Author> kept = [];
        for (var i = 0; i < authors.Count; i++)
        {
            var place = places.AuthorAt(i);
            if (kept.Count == AuthorsMax)
            {
                Warn(place, $"A document has at most {AuthorsMax} authors; this one and those behind it are left out.");
                break;
            }

            if (ToAuthor(authors[i], place) is { } author)
            {
                kept.Add(author);
            }
            else
            {
                Warn(place, "The author has neither a name nor an identifier nor a structure, and is left out.");
            }
        }

        return kept;
    }

    private Author? ToAuthor(CdaAuthor author, string place)
    {
        var actor = place + places.AuthorActor;
        var person = ToPerson(author.Actor, actor);
        var institution = ToInstitution(author.Actor.Organization, actor + places.ActorStructure);
        return person is null && institution is null ? null : new Author
        {
            Person = person,
            Institution = institution,
            Role = Text(author.FunctionText ?? author.Function?.Code, NameCharactersMax, place + places.AuthorFunction),
            Specialty = ToCoding(author.Actor.Specialty, actor + places.ActorSpecialty),
        };
    }

    private Person? Signatory(CdaAuthenticator? signatory)
    {
        var person = signatory is null ? null : ToPerson(signatory.Actor, places.Signatory + places.SignatoryActor);
        if (signatory is not null && person is null)
        {
            Warn(places.Signatory, "Who signed has neither a name nor an identifier, and is left out.");
        }

        return person;
    }

    /// <summary>A name without parts is a family name as it is written. A patient who writes has an INS, which is no identifier of an
    /// author and stays out.</summary>
    private Person? ToPerson(CdaActor actor, string place)
    {
        var (family, given) = actor.Name switch
        {
            { Text: { } whole } => (whole, null),
            { BirthFamily: { } birth } name => (birth, name.FirstGiven),
            { FirstGiven: { } only } => (only, null),
            _ => (actor.DeviceName, null),
        };
        var person = new Person
        {
            Id = Identifier(actor.NationalId, place + places.ActorId),
            FamilyName = Text(family, NameCharactersMax, place + places.ActorName),
            GivenName = Text(given, NameCharactersMax, place + places.ActorGiven),
        };
        if (person.FamilyName.Length == 0 && person.Id.Length > 0)
        {
            Warn(place, "The person has no name; the identifier alone is kept.");
        }

        return person.FamilyName.Length + person.Id.Length > 0 ? person : null;
    }

    private Institution? ToInstitution(CdaOrganization? structure, string place)
    {
        var institution = new Institution
        {
            Id = Identifier(structure?.NationalId, place + places.ActorId),
            Name = Text(structure?.Name, DisplayCharactersMax, place + places.Name),
        };
        if (institution.Name.Length == 0 && institution.Id.Length > 0)
        {
            Warn(place, "The structure has no name; the identifier alone is kept.");
        }

        return institution.Name.Length + institution.Id.Length > 0 ? institution : null;
    }
}
