using System.Collections.Frozen;
using Dmp.Facts.V1;

namespace Dmp.Care.Summaries;

/// <summary>Codes of SNOMED CT and HL7 version 3 in those that FHIR binds an element to. What is not in a table is told in words.</summary>
internal static class IpsStates
{
    public const string AllergyClinical = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
    public const string AllergyVerification = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";
    public const string ConditionClinical = "http://terminology.hl7.org/CodeSystem/condition-clinical";
    public const string ConditionVerification = "http://terminology.hl7.org/CodeSystem/condition-ver-status";

    private static readonly FrozenDictionary<string, string> clinical = new Dictionary<string, string>
    {
        ["active"] = "active",
        ["55561003"] = "active",
        ["recurrence"] = "recurrence",
        ["246455001"] = "recurrence",
        ["relapse"] = "relapse",
        ["263855007"] = "relapse",
        ["inactive"] = "inactive",
        ["73425007"] = "inactive",
        ["remission"] = "remission",
        ["277022003"] = "remission",
        ["resolved"] = "resolved",
        ["413322009"] = "resolved",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, string> verification = new Dictionary<string, string>
    {
        ["confirmed"] = "confirmed",
        ["410605003"] = "confirmed",
        ["unconfirmed"] = "unconfirmed",
        ["provisional"] = "provisional",
        ["differential"] = "differential",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, string> criticality = new Dictionary<string, string>
    {
        ["high"] = "high",
        ["CRITH"] = "high",
        ["low"] = "low",
        ["CRITL"] = "low",
        ["unable-to-assess"] = "unable-to-assess",
        ["CRITU"] = "unable-to-assess",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> severity = new Dictionary<string, string>
    {
        ["mild"] = "mild",
        ["255604002"] = "mild",
        ["moderate"] = "moderate",
        ["6736007"] = "moderate",
        ["severe"] = "severe",
        ["24484000"] = "severe",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Allergy or intolerance, and to what: by the kinds of SNOMED CT, HL7 version 3 and FHIR.</summary>
    private static readonly FrozenDictionary<string, (string Type, string Category)> allergies = new Dictionary<string, (string, string)>
    {
        ["416098002"] = ("allergy", "medication"),
        ["414285001"] = ("allergy", "food"),
        ["426232007"] = ("allergy", "environment"),
        ["419199007"] = ("allergy", ""),
        ["59037007"] = ("intolerance", "medication"),
        ["235719002"] = ("intolerance", "food"),
        ["419511003"] = ("", "medication"),
        ["418471000"] = ("", "food"),
        ["ALG"] = ("allergy", ""),
        ["DALG"] = ("allergy", "medication"),
        ["FALG"] = ("allergy", "food"),
        ["EALG"] = ("allergy", "environment"),
        ["DINT"] = ("", "medication"),
        ["FINT"] = ("", "food"),
        ["EINT"] = ("", "environment"),
        ["DNAINT"] = ("intolerance", "medication"),
        ["FNAINT"] = ("intolerance", "food"),
        ["ENAINT"] = ("intolerance", "environment"),
        ["NAINT"] = ("intolerance", ""),
        ["allergy"] = ("allergy", ""),
        ["intolerance"] = ("intolerance", ""),
        ["medication"] = ("", "medication"),
        ["food"] = ("", "food"),
        ["environment"] = ("", "environment"),
        ["biologic"] = ("", "biologic"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static string? Clinical(CodedValue? status) => Find(clinical, status);

    public static string? Verification(CodedValue? certainty) => Find(verification, certainty);

    public static string? Criticality(CodedValue? value) => Find(criticality, value);

    public static string? Severity(CodedValue? value) => Find(severity, value);

    /// <summary>Type and category; empty where the kind does not say it.</summary>
    public static (string Type, string Category) Allergy(string code) => allergies.GetValueOrDefault(code, ("", ""));

    private static string? Find(FrozenDictionary<string, string> table, CodedValue? value) => value is null ? null
        : table.GetValueOrDefault(value.Code) ?? value.Translations.Select(other => table.GetValueOrDefault(other.Code))
            .FirstOrDefault(found => found is not null);
}
