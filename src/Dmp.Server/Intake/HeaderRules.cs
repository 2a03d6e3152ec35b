using System.Globalization;
using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Media;
using Dmp.Server.Messages;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Intake;

/// <summary>The header of a document beside what else is known: the metadata given, and the record. Pure.</summary>
internal static class HeaderRules
{
    // A header time without an offset is some time zone's.
    private static readonly TimeSpan offsetMax = TimeSpan.FromHours(14);

    /// <summary>Finds every field that the metadata and the header both say, and say differently.</summary>
    /// <param name="given">What the caller says; null for nothing.</param>
    /// <param name="document">What the document says.</param>
    /// <param name="header">The same in the words of the contract.</param>
    /// <param name="faults">Takes what is found.</param>
    public static void CheckAgreement(DocumentMetadata? given, DocumentHeader document, DocumentMetadata header, FieldFaults faults)
    {
        if (given is null)
        {
            return;
        }

        Text("metadata.unique_id", UniqueIds.Canonical(given.UniqueId), UniqueIds.Canonical(header.UniqueId));
        Text("metadata.language_code", given.LanguageCode.ToLowerInvariant(), header.LanguageCode.ToLowerInvariant());

        // J07 has no type for many a FHIR document of other countries, so the caller may say which one it is here.
        Code("metadata.type", given.Type, document.Cda is null && DocumentTypes.Find(header.Type) is null ? null : header.Type);
        Code("metadata.format", given.Format, header.Format?.Code == "urn:asipSante:modelesHorsProfils:2011" ? null : header.Format);
        Code("metadata.confidentiality", given.Confidentiality, header.Confidentiality);
        Code("metadata.practice_setting", given.PracticeSetting, header.PracticeSetting);
        Code("metadata.facility_type", given.FacilityType, header.FacilityType);
        Time("metadata.creation_time", given.CreationTime, document.CreationTime);
        Time("metadata.service_start_time", given.ServiceStartTime, document.ServiceTime?.Start);
        Time("metadata.service_stop_time", given.ServiceStopTime, document.ServiceTime?.Stop);
        Id("metadata.legal_authenticator.id", given.LegalAuthenticator?.Id, [document.LegalAuthenticator?.Actor.NationalId]);
        for (var i = 0; i < given.Authors.Count; i++)
        {
            Id($"metadata.authors[{i}].person.id", given.Authors[i].Person?.Id, document.Authors.Select(author => author.Actor.NationalId));
        }

        // A title may say what the patient has: it is in no error.
        faults.Require(
            given.Title.Length == 0 || header.Title.Length == 0 || IsTitleOf(Squeezed(given.Title), document, header),
            "metadata.title",
            "The header of the document has another title.");

        void Text(string field, string one, string other) =>
            faults.Require(one.Length == 0 || other.Length == 0 || one == other, field, Differ(one, other));

        void Code(string field, Coding? one, Coding? other) => faults.Require(
            one is null || other is null || (one.System == other.System && one.Code == other.Code),
            field,
            Differ($"{one?.Code} of {one?.System}", $"{other?.Code} of {other?.System}"));

        void Time(string field, Timestamp? one, CdaTime? other) => faults.Require(
            one is null || other is not { } time || Covers(time, one.ToDateTimeOffset()),
            field,
            Differ(Show(one?.ToDateTimeOffset()), Show(other?.Time)));

        void Id(string field, string? one, IEnumerable<string?> others)
        {
            // What is too long to be kept nobody can give.
            var known = others.OfType<string>().Where(id => id.Length <= HeaderMapping.IdentifierCharactersMax).ToArray();
            faults.Require(
                one is null or "" || known.Length == 0 || known.Contains(one), field, Differ(one ?? "", string.Join(", ", known)));
        }
    }

    /// <summary>
    /// False when the header names nobody or another patient: several, another INS, without an INS not all of birth name, first given name
    /// and day of birth, or with it none of the three. What else is odd comes as warnings (<i>identitovigilance</i>, EX_GEN-1230), which
    /// hold no value.
    /// </summary>
    public static bool IsPatientOf(DocumentHeader document, RecordIdentity identity, List<Warning> warnings)
    {
        var places = document.Places;
        if (document.Patients is not [var patient])
        {
            return false;
        }

        var ins = patient.InsIds.ToArray();
        if (ins.Length > 0
            && (ins.All(id => id.Extension != identity.InsNumber) || ins.GroupBy(id => id.Root).Any(ids => ids.Distinct().Count() > 1)))
        {
            return false;
        }

        var match = PatientRules.Compare(NamedPatient.Of(patient), identity);
        if (ins.Length == 0 ? !match.IsSame : match.IsOther)
        {
            return false;
        }

        if (ins.Length == 0)
        {
            warnings.Add(new Warning { Field = places.PatientId, Description = "The header holds no INS of the patient." });
        }
        else if (ins.Any(id => id.Extension != identity.InsNumber))
        {
            warnings.Add(new Warning { Field = places.PatientId, Description = "The header holds another INS beside the patient's." });
        }

        PatientRules.Warn(match, places.PatientFamily, places.PatientGiven, places.PatientBirth, warnings);
        return true;
    }

    /// <summary>A title that is too long to be kept may be given by its beginning.</summary>
    private static bool IsTitleOf(string given, DocumentHeader document, DocumentMetadata header) =>
        given == header.Title
        || document.Metadata.Title is { } whole && HeaderMapping.Visible(whole) is var title
            && title.EnumerateRunes().Count() > HeaderMapping.TitleCharactersMax
            && given.TrimEnd('.', '\u2026', ' ') is { Length: > 0 } start && title.StartsWith(start, StringComparison.Ordinal);

    /// <summary>
    /// Finds what a document must have and neither the metadata nor the header say; of a value that is there and cannot be read, where it
    /// is and what is wrong with it.
    /// </summary>
    public static void RequireComplete(DocumentMetadata merged, DocumentHeader document, FieldFaults faults)
    {
        var places = document.Places;
        Require(merged.Type is not null, "metadata.type", places.Type);
        Require(merged.Title.Length > 0, "metadata.title", places.Title);
        Require(merged.MediaType.Length > 0, "metadata.media_type", places.Root);
        Require(merged.CreationTime is not null, "metadata.creation_time", places.CreationTime);
        Require(merged.ServiceStartTime is not null, "metadata.service_start_time", places.ServiceTime);
        Require(merged.Authors.Count > 0, "metadata.authors", places.Author);

        void Require(bool isThere, string field, string place) => faults.Require(
            isThere,
            field,
            document.Faults.Where(fault => !fault.IsMissing && fault.Place.StartsWith(place, StringComparison.Ordinal))
                .Select(fault => (HeaderFault?)fault).FirstOrDefault() is { } wrong
                ? $"Required, and what the header of the document says at {wrong.Place} cannot be used. {wrong.Text}"
                : $"Required, and the header of the document does not say it at {place}.");
    }

    private static bool Covers(CdaTime time, DateTimeOffset given)
    {
        var tolerance = time.HasOffset ? TimeSpan.FromSeconds(1) : offsetMax;
        return given > time.Time - tolerance && given < time.Until + tolerance;
    }

    private static string Squeezed(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Differ(string given, string header) =>
        $"The metadata say {Shown(given)}, the header of the document says {Shown(header)}.";

    /// <summary>An INS that somebody put where it does not belong is not shown.</summary>
    private static string Shown(string value)
    {
        var digits = value.Count(char.IsAsciiDigit);
        return digits is >= 13 and <= 15 && value.Length == 15 ? "(not shown)" : value.Length <= 200 ? value : value[..200];
    }

    private static string Show(DateTimeOffset? time) =>
        time?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";
}
