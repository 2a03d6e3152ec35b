using System.Globalization;
using Dmp.Document.V1;
using Dmp.Type.V1;

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

            // Names that hold within the submission alone are no identifiers.
            EntryUuid = Reading.IsUuid(entry.EntryUuid) ? entry.EntryUuid : "",
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
            LegalAuthenticator = entry.LegalAuthenticators.Count > 0
                ? reading.Person("legalAuthenticator", entry.LegalAuthenticators[0])
                : null,
        };
        reading.One("legalAuthenticator", entry.LegalAuthenticators);
        metadata.EventCodes.AddRange(entry.EventCodes.Select(code => reading.Coding("eventCodeList", code)).OfType<Coding>());
        metadata.Authors.AddRange(entry.Authors.Select(reading.Author).OfType<Author>());
        metadata.References.AddRange(entry.ReferenceIds.Select(reading.Reference).OfType<Reference>());
        var patient = reading.Patient(entry, metadata);
        var stated = reading.Stated(entry, patient);
        var visibility = Confidentiality(entry, metadata, reading);
        Rest(entry, reading);
        return new MappedEntry
        {
            Metadata = metadata,
            VisibilityCodes = visibility,
            Patient = patient,
            Stated = stated,
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
                reading.Warn(
                    "confidentialityCode",
                    "The document has a further code of confidentiality or visibility that the platform does not keep.");
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

    /// <summary>
    /// What registries set themselves (logicalID, repositoryUniqueId) the platform sets anew, and classCode follows from typeCode.
    /// </summary>
    private static void Rest(XdsEntry entry, Reading reading)
    {
        if (entry.Status is not ("" or XdsStatus.Approved))
        {
            reading.Warn(
                "availabilityStatus",
                "The document is not current there; unless another one of the package replaces it, it is added as current.");
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

    /// <summary>The size that an entry gives; null when it gives none, or no number.</summary>
    internal static long? SizeOf(XdsEntry entry) =>
        long.TryParse(entry.Size, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;
}
