using System.Globalization;
using System.Text.Json.Nodes;
using Dmp.Care.Emergencies;
using Dmp.Record.V1;

namespace Dmp.Care.Summaries;

/// <summary>The patient: the national identity with its traits, and the names in use.</summary>
internal static class IpsPatient
{
    private const string BirthPlace = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";
    private const string InseeCode = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code";
    private const string Insee = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM";

    public static JsonObject Of(Record.V1.Record record)
    {
        var (traits, data) = (record.Traits, record.AdministrativeData);
        JsonObject patient = new() { ["resourceType"] = "Patient" };
        if (traits.BirthPlaceCode.Length > 0)
        {
            patient["extension"] = new JsonArray(new JsonObject
            {
                ["url"] = BirthPlace,
                ["valueAddress"] = new JsonObject
                {
                    ["extension"] = new JsonArray(new JsonObject
                    {
                        ["url"] = InseeCode,
                        ["valueCoding"] = new JsonObject { ["system"] = Insee, ["code"] = traits.BirthPlaceCode },
                    }),
                },
            });
        }

        if (record.Ins is { Number.Length: > 0 } ins)
        {
            patient["identifier"] = new JsonArray(new JsonObject
            {
                ["use"] = "official",
                ["system"] = $"urn:oid:{ins.System}",
                ["value"] = ins.Number,
            });
        }

        JsonArray names = [Name("official", traits.BirthFamilyName, traits.BirthGivenNames)];
        if (data is { UsedFamilyName.Length: > 0 } or { UsedGivenName.Length: > 0 })
        {
            names.Add(Name("usual", data.UsedFamilyName, data.UsedGivenName.Length > 0 ? [data.UsedGivenName] : []));
        }

        patient["name"] = names;
        IpsValues.Set(patient, "gender", traits.Sex switch
        {
            Sex.Male => "male",
            Sex.Female => "female",
            _ => "unknown",
        });
        if (DateOnly.TryParseExact(traits.BirthDate, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            patient["birthDate"] = traits.BirthDate;
        }
        else
        {
            patient["_birthDate"] = IpsValues.Unknown();
        }

        return patient;
    }

    private static JsonObject Name(string use, string family, IEnumerable<string> given)
    {
        JsonObject name = new() { ["use"] = use };
        IpsValues.Set(name, "family", ShownText.Of(family));
        JsonArray names = [.. given.Select(one => ShownText.Of(one)).Where(one => one.Length > 0).Take(20).Select(one => (JsonNode)one)];
        if (names.Count > 0)
        {
            name["given"] = names;
        }

        return name;
    }
}
