using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Server.Errors;
using Dmp.Server.Messages;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Documents;

/// <summary>The header of a CDA document in the words of the contract.</summary>
internal static class CdaMapping
{
    private const int DisplayCharactersMax = 256;
    private const int RoleCharactersMax = 100;
    private const int EventCodesMax = 50;
    private const int AuthorsMax = 20;

    /// <summary>
    /// What the header says. A practice setting outside of the value set is left out, because real headers have others there and
    /// the field may be absent; anything else that a document may not have is found by <see cref="DocumentRules"/>.
    /// </summary>
    public static DocumentMetadata ToMetadata(CdaDocument header)
    {
        var derived = CdaMetadata.From(header);
        var metadata = new DocumentMetadata
        {
            UniqueId = UniqueIds.Canonical(derived.UniqueId ?? ""),
            Type = ToCoding(derived.Type),
            Format = ToCoding(derived.Format),
            Title = TextCharacters.Clean(derived.Title ?? ""),
            MediaType = derived.MediaType,
            LanguageCode = derived.LanguageCode ?? "",
            Confidentiality = ToCoding(derived.Confidentiality),
            PracticeSetting = ToCoding(derived.PracticeSetting) is { } setting && DocumentRules.IsPracticeSetting(setting) ? setting : null,
            FacilityType = ToCoding(derived.FacilityType),
            EventCodes = { derived.EventCodes.Select(code => ToCoding(code)!) },
            CreationTime = derived.CreationTime?.ToTimestamp(),
            ServiceStartTime = derived.ServiceStartTime?.ToTimestamp(),
            ServiceStopTime = derived.ServiceStopTime?.ToTimestamp(),
            LegalAuthenticator = header.LegalAuthenticator is { } signatory ? ToPerson(signatory.Actor) : null,
        };
        metadata.Authors.AddRange(header.Authors.Take(AuthorsMax).Select(ToAuthor).Where(author => author.Person is not null || author.Institution is not null));
        return metadata;
    }

    /// <summary>What was given, and for the rest what the header says. Acts of both are kept.</summary>
    public static DocumentMetadata Merge(DocumentMetadata? given, DocumentMetadata header)
    {
        var merged = given?.Clone() ?? new DocumentMetadata();
        merged.UniqueId = merged.UniqueId.Length > 0 ? merged.UniqueId : header.UniqueId;
        merged.Title = merged.Title.Length > 0 ? merged.Title : header.Title;
        merged.MediaType = merged.MediaType.Length > 0 ? merged.MediaType : header.MediaType;
        merged.LanguageCode = merged.LanguageCode.Length > 0 ? merged.LanguageCode : header.LanguageCode;
        merged.Type ??= header.Type;
        merged.Format ??= header.Format;
        merged.Confidentiality ??= header.Confidentiality;
        merged.PracticeSetting ??= header.PracticeSetting;
        merged.FacilityType ??= header.FacilityType;
        merged.CreationTime ??= header.CreationTime;
        merged.ServiceStartTime ??= header.ServiceStartTime;
        merged.ServiceStopTime ??= header.ServiceStopTime;
        merged.LegalAuthenticator ??= header.LegalAuthenticator;
        var room = Math.Max(0, EventCodesMax - merged.EventCodes.Count);
        merged.EventCodes.AddRange(header.EventCodes
            .Where(code => !merged.EventCodes.Any(known => known.System == code.System && known.Code == code.Code)).Take(room).ToArray());
        if (merged.Authors.Count == 0)
        {
            merged.Authors.AddRange(header.Authors);
        }

        return merged;
    }

    private static Author ToAuthor(CdaAuthor author)
    {
        var role = author.FunctionText ?? author.Function?.Code ?? "";
        return new Author
        {
            Person = ToPerson(author.Actor),
            Institution = author.Actor.Organization is { } structure && (structure.Name ?? structure.NationalId) is { } name
                ? new Institution { Id = structure.NationalId ?? "", Name = Cut(name, DisplayCharactersMax) }
                : null,
            Role = Cut(role, RoleCharactersMax),
            Specialty = ToCoding(author.Actor.Specialty),
        };
    }

    /// <summary>A patient who writes has an INS, which is no identifier of an author and stays out.</summary>
    private static Person? ToPerson(CdaActor actor) =>
        (actor.Name?.BirthFamily ?? actor.DeviceName ?? actor.NationalId) is { } name
            ? new Person { Id = actor.NationalId ?? "", FamilyName = Cut(name, RoleCharactersMax), GivenName = Cut(actor.Name?.FirstGiven ?? "", RoleCharactersMax) }
            : null;

    private static Coding? ToCoding(CdaCode? code) => code is null
        ? null
        : new Coding { System = code.System, Code = code.Code, Display = Cut(code.Display ?? "", DisplayCharactersMax) };

    /// <summary>Without what no text may hold, and never between the two halves of a character.</summary>
    private static string Cut(string raw, int charactersMax)
    {
        var text = TextCharacters.Clean(raw);
        return text.Length <= charactersMax ? text : text[..(char.IsHighSurrogate(text[charactersMax - 1]) ? charactersMax - 1 : charactersMax)];
    }
}
