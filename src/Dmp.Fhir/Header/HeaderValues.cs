using Dmp.Cda;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Header;

/// <summary>The data types of FHIR as a header has them. A malformed value is told, and is none.</summary>
internal sealed class HeaderValues(Faults faults)
{
    private const string Loinc = "2.16.840.1.113883.6.1";

    /// <summary>The first coding that has a code and a system; the others are translations.</summary>
    public static CdaCode? Code(FhirNode? concept, bool prefersLoinc = false)
    {
        if (concept is null)
        {
            return null;
        }

        List<CdaCode> codes = [.. concept.Of("coding").Select(Coding).OfType<CdaCode>()];
        var main = (prefersLoinc ? codes.FirstOrDefault(code => code.System == Loinc) : null) ?? codes.FirstOrDefault();
        return main is null ? null : main with { Translations = [.. codes.Where(code => code != main)] };
    }

    public static CdaCode? Coding(FhirNode? coding) =>
        coding?["code"] is { Length: > 0 } code && FhirSystems.OidOf(coding["system"]) is { } system
            ? new CdaCode(code, system, coding["display"])
            : null;

    public CdaId? Id(FhirNode? identifier)
    {
        if (identifier?["value"] is not { } value)
        {
            return null;
        }

        var id = FhirSystems.IdOf(identifier["system"], value);
        if (id is null)
        {
            faults.Add(FhirFaultKind.Malformed, identifier, "An identifier must have a system, or be an OID or a UUID.");
        }

        return id;
    }

    public IReadOnlyList<CdaId> Ids(FhirNode? resource) =>
        resource is null ? [] : [.. resource.Of("identifier").Select(Id).OfType<CdaId>()];

    public CdaTime? Time(FhirNode? node)
    {
        if (node?.Value is not { } written)
        {
            return null;
        }

        if (CdaTime.TryRead(written, out var time))
        {
            if (!time.HasOffset && time.Precision > CdaPrecision.Day)
            {
                faults.Add(FhirFaultKind.Malformed, node, "The time of day has no offset, which FHIR demands; it was taken as UTC.");
            }

            return time;
        }

        faults.Add(
            FhirFaultKind.Malformed, node, "The value is no point in time as FHIR writes it (YYYY-MM-DDThh:mm:ss+zz:zz, or a part).");
        return null;
    }

    public CdaInterval? Period(FhirNode? period)
    {
        if (period is null)
        {
            return null;
        }

        var (said, start, stop) = (period.Find("start"), Time(period.Find("start")), Time(period.Find("end")));
        if (start is { } from && stop is { } to && EndsBefore(to, from))
        {
            faults.Add(FhirFaultKind.Contradiction, period, "The end is before the begin.");
            stop = null;
        }

        var isMalformed = said?.Value is not null && start is null;
        return start is null && stop is null && !isMalformed ? null : new CdaInterval(start, stop) { IsStartMalformed = isMalformed };
    }

    /// <summary>A day alone is before no hour of that day.</summary>
    private static bool EndsBefore(CdaTime end, CdaTime begin) =>
        end.Precision <= CdaPrecision.Day || begin.Precision <= CdaPrecision.Day ? end.Date < Begin(begin, end) : end.Time < begin.Time;

    private static DateOnly Begin(CdaTime begin, CdaTime end) => end.Precision switch
    {
        CdaPrecision.Year => new DateOnly(begin.Date.Year, 1, 1),
        CdaPrecision.Month => new DateOnly(begin.Date.Year, begin.Date.Month, 1),
        _ => begin.Date,
    };

    /// <summary>Texts as they are shown: runs of blanks are one blank.</summary>
    public static string? Text(string? written)
    {
        if (written is null)
        {
            return null;
        }

        var words = string.Join(' ', written.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return words.Length > 0 ? words : null;
    }
}
