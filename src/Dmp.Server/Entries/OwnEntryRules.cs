using System.Globalization;
using System.Text.RegularExpressions;
using Dmp.Entries.V1;
using Dmp.Fhir;
using Dmp.Server.Errors;
using Dmp.Type.V1;

namespace Dmp.Server.Entries;

/// <summary>Rules on the patient's own entries that need no I/O.</summary>
internal static partial class OwnEntryRules
{
    /// <summary>A caller's clock may be a little off ours.</summary>
    private static readonly TimeSpan clockTolerance = TimeSpan.FromMinutes(5);

    private static readonly string[] dateForms = ["yyyy", "yyyy-MM", "yyyy-MM-dd"];

    public static void Check(AddOwnEntryRequest request, DateTimeOffset now, FieldFaults faults)
    {
        var stated = faults.Time(request.StateTime, "state_time");
        faults.Require(
            stated is null || (stated <= now + clockTolerance && stated >= now.AddYears(-1)),
            "state_time",
            "Must not be in the future, nor more than a year ago.");
        var (code, place) = CodeOf(request);
        faults.Require(
            code is null || code.System.Length == 0 || FhirSystems.UriOf(code.System) is not null,
            $"{place}.code.system",
            "Must be an OID.");
        switch (request.EntryCase)
        {
            case AddOwnEntryRequest.EntryOneofCase.Allergy:
                Check(request.Allergy, now, faults);
                break;
            case AddOwnEntryRequest.EntryOneofCase.Treatment:
                Check(request.Treatment, now, faults);
                break;
            case AddOwnEntryRequest.EntryOneofCase.Measure:
                Check(request.Measure, now, faults);
                break;
            case AddOwnEntryRequest.EntryOneofCase.Vaccination:
                Date(request.Vaccination.Date, "vaccination.date", now, faults);
                break;
            default:
                faults.Add("entry", "One of allergy, treatment, measure and vaccination is required.");
                break;
        }
    }

    private static (Coding? Code, string Place) CodeOf(AddOwnEntryRequest request) => request.EntryCase switch
    {
        AddOwnEntryRequest.EntryOneofCase.Allergy => (request.Allergy.Code, "allergy"),
        AddOwnEntryRequest.EntryOneofCase.Treatment => (request.Treatment.Code, "treatment"),
        AddOwnEntryRequest.EntryOneofCase.Measure => (request.Measure.Code, "measure"),
        AddOwnEntryRequest.EntryOneofCase.Vaccination => (request.Vaccination.Code, "vaccination"),
        _ => (null, ""),
    };

    private static void Check(OwnAllergy allergy, DateTimeOffset now, FieldFaults faults)
    {
        faults.Require(
            allergy.Kind == OwnAllergyKind.Unspecified || Enum.IsDefined(allergy.Kind),
            "allergy.kind",
            "Must be a value of this version of the contract.");
        faults.Require(Enum.IsDefined(allergy.Severity), "allergy.severity", "Must be a value of this version of the contract.");
        faults.Require(
            allergy.Severity == OwnSeverity.Unspecified || allergy.Reaction.Length > 0, "allergy.severity", "Only with a reaction.");
        Date(allergy.SinceDate, "allergy.since_date", now, faults);
    }

    private static void Check(OwnTreatment treatment, DateTimeOffset now, FieldFaults faults)
    {
        var start = Date(treatment.StartDate, "treatment.start_date", now, faults);
        var end = DateOf(treatment.EndDate);
        faults.Require(
            treatment.EndDate.Length == 0 || end is not null, "treatment.end_date", "Must be in the form YYYY, YYYY-MM or YYYY-MM-DD.");

        // Of what is known by the month or the year the later end counts.
        faults.Require(
            start is null || end is null || string.CompareOrdinal(treatment.EndDate + "-99-99", treatment.StartDate) >= 0,
            "treatment.end_date",
            "Must not be before start_date.");
    }

    private static void Check(OwnMeasure measure, DateTimeOffset now, FieldFaults faults)
    {
        faults.Require(
            measure.Value.Length == 0 || Number().IsMatch(measure.Value),
            "measure.value",
            "Must be a number: digits, with a point before decimals.");
        var time = faults.Time(measure.MeasureTime, "measure.measure_time");
        faults.Require(time is null || time <= now + clockTolerance, "measure.measure_time", "Must not be in the future.");
    }

    /// <summary>The first day of what is said; null when nothing is, or when it is wrong, which is a fault.</summary>
    private static DateOnly? Date(string text, string field, DateTimeOffset now, FieldFaults faults)
    {
        var date = DateOf(text);
        faults.Require(
            text.Length == 0 || (date is not null && date <= DateOnly.FromDateTime(now.UtcDateTime.AddHours(12))),
            field,
            "Must be in the form YYYY, YYYY-MM or YYYY-MM-DD, and not in the future.");
        return date;
    }

    private static DateOnly? DateOf(string text) =>
        DateOnly.TryParseExact(text, dateForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) && date.Year >= 1900
            ? date
            : null;

    [GeneratedRegex(@"^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
