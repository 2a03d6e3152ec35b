namespace Dmp.Fhir.Reading;

/// <summary>
/// Elements that a resource has in another release of FHIR and not in R4. A document says its release nowhere in itself. What is read by
/// the names of R4 would be read half, and a statement without its "not" is worse than none.
/// </summary>
internal static class OtherReleases
{
    /// <summary>By type: names that R5 (5.0.0) or R3 (3.0.2) have and R4 does not.</summary>
    private static readonly Dictionary<string, string[]> names = new(StringComparer.Ordinal)
    {
        ["Bundle"] = ["issues"],
        ["Composition"] = ["version", "useContext", "class"],
        ["AllergyIntolerance"] = ["assertedDate", "participant"],
        ["Condition"] = ["assertedDate", "participant", "context"],
        ["DiagnosticReport"] = ["supportingInfo", "codedDiagnosis", "context"],
        ["Encounter"] = ["actualPeriod", "plannedStartDate", "admission", "virtualService"],
        ["FamilyMemberHistory"] = ["participant", "notDone", "notDoneReason"],
        ["ImagingStudy"] = ["uid", "context", "accession"],
        ["Immunization"] = ["date", "notGiven", "explanation", "vaccinationProtocol", "administeredProduct", "basedOn"],
        ["MedicationAdministration"] = ["medication", "occurrenceDateTime", "occurrencePeriod", "notGiven", "isSubPotent"],
        ["MedicationDispense"] = ["medication", "recorded", "notDone"],
        ["MedicationRequest"] = ["medication", "informationSource", "renderedDosageInstruction", "context"],
        ["MedicationStatement"] = ["medication", "taken", "adherence", "renderedDosageInstruction"],
        ["Observation"] = ["related", "comment", "triggeredBy", "bodyStructure", "context"],
        ["Procedure"] = ["occurrenceDateTime", "occurrencePeriod", "occurrenceString", "notDone", "notDoneReason", "context"],
    };

    /// <summary>By type: names that are codes in R4, and concepts with codings in R5.</summary>
    private static readonly Dictionary<string, string[]> concepts = new(StringComparer.Ordinal)
    {
        ["AllergyIntolerance"] = ["type"],
        ["Encounter"] = ["class"],
    };

    public static bool Has(FhirNode resource) => resource.Type is { } type
        && ((names.TryGetValue(type, out var others) && others.Any(name => resource.Find(name) is not null))
            || (concepts.TryGetValue(type, out var coded) && coded.Any(name => resource.Find(name, "coding") is not null))
            || (type == "Composition" && IsOtherComposition(resource)));

    private static bool IsOtherComposition(FhirNode composition) =>
        composition.Of("attester").Any(attester => attester.Find("mode", "coding") is not null)
        || composition.Of("relatesTo").Any(related => related.Find("type") is not null || related.Find("resourceReference") is not null)
        || composition.Of("event").Any(documented => documented.Find("detail", "concept") is not null);
}
