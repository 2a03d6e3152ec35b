using System.Globalization;
using System.Text.RegularExpressions;

namespace Dmp.Cda;

/// <summary>
/// Reads the values of HL7 data types from elements. A value under a <c>nullFlavor</c> is none; a malformed one is told as a
/// fault and is none either. <c>xsi:type</c> changes nothing, because each place allows one family of types.
/// </summary>
internal sealed partial class CdaValues(CdaHeader header)
{
    public CdaId? Id(CdaNode? node)
    {
        if (node is null || node.IsNull)
        {
            return null;
        }

        var (root, extension) = (node["root"]?.Trim(), node["extension"]?.Trim());
        if (root is null or "")
        {
            header.Fault(CdaFaultKind.Malformed, node.Place + "/@root", "An identifier must have a root, or a nullFlavor.");
            return null;
        }

        if (root.Length > 128 || !Root().IsMatch(root))
        {
            header.Fault(CdaFaultKind.Malformed, node.Place + "/@root", "The root of an identifier must be an OID or a UUID.");
            return null;
        }

        return new CdaId(root, extension is "" ? null : extension);
    }

    public IReadOnlyList<CdaId> Ids(IEnumerable<CdaNode>? nodes)
    {
        List<CdaId> ids = [];
        foreach (var node in nodes ?? [])
        {
            if (Id(node) is { } id)
            {
                ids.Add(id);
            }
        }

        return ids;
    }

    public CdaCode? Code(CdaNode? node)
    {
        if (node is null || node.IsNull)
        {
            return null;
        }

        var translations = node.Of("translation").Select(Code).OfType<CdaCode>().ToArray();
        var (code, system) = (node["code"]?.Trim(), node["codeSystem"]?.Trim());
        if (code is { Length: > 0 } && system is { Length: > 0 })
        {
            return new CdaCode(code, system, node["displayName"]) { Translations = translations };
        }

        // Text alone is allowed; a code alone, whose meaning nobody can know, is not.
        if (code is { Length: > 0 })
        {
            header.Fault(CdaFaultKind.Malformed, node.Place + "/@codeSystem", "A code must come with the OID of its system.");
        }

        return null;
    }

    /// <param name="node">The element.</param>
    /// <param name="hasClock">False where only the day matters, which is the one written.</param>
    public CdaTime? Time(CdaNode? node, bool hasClock = true)
    {
        if (node is null || node.IsNull || node["value"] is not { } value)
        {
            return null;
        }

        if (!CdaTime.TryParse(value, out var time))
        {
            if (!CdaOtherTime.TryParse(value, out time))
            {
                header.Fault(
                    CdaFaultKind.Malformed, node.Place + "/@value",
                    "The value is malformed: no point in time as YYYYMMDDhhmmss with an offset, or a part of it.");
                return null;
            }

            header.Fault(
                CdaFaultKind.OtherForm, node.Place + "/@value",
                "The time is not written as HL7 writes it (YYYYMMDDhhmmss+hhmm); it was read as it is meant.");
        }

        return hasClock && header.TimeZone is { } zone ? In(zone, time, node) : time;
    }

    private CdaTime In(TimeZoneInfo zone, CdaTime time, CdaNode node)
    {
        if (time.HasOffset || time.Precision < CdaPrecision.Hour)
        {
            return time;
        }

        var local = time.Time.DateTime;
        header.Fault(
            CdaFaultKind.NoOffset,
            node.Place + "/@value",
            $"The time has no offset; it was taken as {zone.Id}."
                + (zone.IsAmbiguousTime(local) ? " It comes twice on that day, when clocks are put back: the first one was taken."
                    : zone.IsInvalidTime(local)
                        ? " It never comes on that day, because clocks are put forward: it was counted on from before."
                        : ""));
        return time.In(zone);
    }

    public CdaInterval? Interval(CdaNode? node)
    {
        if (node is null || node.IsNull)
        {
            return null;
        }

        var said = IsSaid(node)
            ? node
            : IsSaid(node.Find("low")) ? node.Find("low") : IsSaid(node.Find("center")) ? node.Find("center") : null;
        var (start, stop) = (Time(said), Time(node.Find("high")));
        if (start is not null && said?.Name == "center")
        {
            header.Fault(CdaFaultKind.OtherForm, said.Place, "The begin is not said; the middle of the span was taken for it.");
        }

        if (start is { } from && stop is { } to && EndsBefore(to, from))
        {
            header.Fault(CdaFaultKind.Contradiction, node.Place, "The end is before the begin.");
            stop = null;
        }

        return said is null && stop is null ? null : new CdaInterval(start, stop) { IsStartMalformed = said is not null && start is null };
    }

    private static bool IsSaid(CdaNode? node) => node is { IsNull: false } && node["value"] is not null;

    /// <summary>A day alone is before no hour of that day.</summary>
    private static bool EndsBefore(CdaTime end, CdaTime begin) =>
        end.Until <= begin.Time && !(begin.Precision == CdaPrecision.Day && end.Precision > CdaPrecision.Day && end.Date >= begin.Date);

    public int? Number(CdaNode? node)
    {
        if (node is null || node.IsNull || node["value"] is not { } value)
        {
            return null;
        }

        if (int.TryParse(
            value, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        header.Fault(CdaFaultKind.Malformed, node.Place + "/@value", "The value must be a whole number.");
        return null;
    }

    public CdaPatient Patient(CdaNode part)
    {
        var role = part.Find("patientRole");
        var patient = role?.Find("patient");
        var read = new CdaPatient
        {
            Ids = Ids(role?.Of("id")),
            Names = Names(patient),
            BirthTime = Time(patient?.Find("birthTime"), hasClock: false),
            Sex = patient?.Find("administrativeGenderCode") is { IsNull: false } sex ? sex["code"]?.Trim() : null,
            BirthPlaceCode = patient?.Find("birthplace", "place", "addr", "county") is { IsNull: false, Text: { Length: > 0 } county }
                ? county
                : null,
        };
        foreach (var system in read.InsIds.GroupBy(id => id.Root).Where(ids => ids.Distinct().Count() > 1))
        {
            header.Fault(
                CdaFaultKind.Contradiction, part.Place + "/patientRole/id", $"The patient has more than one identity in {system.Key}.");
        }

        return read;
    }

    public CdaAuthor Author(CdaNode part)
    {
        var function = part.Find("functionCode");
        var text = function?.Find("originalText")?.Text ?? function?["displayName"];
        return new CdaAuthor(
            Time(part.Find("time")), Code(function), text is { Length: > 0 } ? text : null, Actor(part.Find("assignedAuthor")));
    }

    public CdaActor Actor(CdaNode? node)
    {
        var device = node?.Find("assignedAuthoringDevice");
        return new CdaActor
        {
            Ids = Ids(node?.Of("id")),
            Specialty = Code(node?.Find("code")),
            Name = Names(node?.Find("assignedPerson")) is [var first, ..] names
                ? names.FirstOrDefault(name => name.Text is null) ?? first
                : null,
            DeviceName = device?.Find("softwareName")?.Text is { Length: > 0 } software ? software
                : device?.Find("manufacturerModelName")?.Text is { Length: > 0 } model ? model : null,
            Organization = Organization(node?.Find("representedOrganization")),
        };
    }

    public CdaOrganization? Organization(CdaNode? node) => node is null || node.IsNull
        ? null
        : new CdaOrganization
        {
            Ids = Ids(node.Of("id")),
            Name = node.Find("name") is { IsNull: false, Text: { Length: > 0 } name } ? name : null,
            PracticeSetting = Code(node.Find("standardIndustryClassCode")),
        };

    public CdaServiceEvent ServiceEvent(CdaNode act) => new(
        Ids(act.Of("id")),
        Code(act.Find("code")),
        Interval(act.Find("effectiveTime")),
        [.. act.Of("performer").Where(performer => !performer.IsNull).Select(performer => Actor(performer.Find("assignedEntity")))]);

    public CdaEncounter? Encounter(CdaNode? encounter)
    {
        if (encounter is null || encounter.IsNull)
        {
            return null;
        }

        var facility = encounter.Find("location", "healthCareFacility");
        return new CdaEncounter(
            Ids(encounter.Of("id")),
            Code(encounter.Find("code")),
            Interval(encounter.Find("effectiveTime")),
            Code(facility?.Find("code")),
            facility is null
                ? null
                : new CdaOrganization
                {
                    Ids = Ids(facility.Of("id")),
                    Name = facility.Find("location", "name")?.Text is { Length: > 0 } name ? name : null,
                });
    }

    private static IReadOnlyList<CdaName> Names(CdaNode? person) =>
        [.. person?.Of("name")
            .Where(name => !name.IsNull)
            .Select(Name)
            .Where(name => name.Families.Count + name.Givens.Count > 0 || name.Text is not null) ?? []];

    private static CdaName Name(CdaNode name)
    {
        var read = Parts(name);
        return read.Families.Count + read.Givens.Count > 0 || name.Text.Length == 0 ? read : read with { Text = name.Text };
    }

    private static CdaName Parts(CdaNode name) => new()
    {
        Families = Parts(name, "family"),
        Givens = Parts(name, "given"),
        Prefix = name.Find("prefix")?.Text is { Length: > 0 } prefix ? prefix : null,
        Suffix = name.Find("suffix")?.Text is { Length: > 0 } suffix ? suffix : null,
    };

    private static IReadOnlyList<CdaNamePart> Parts(CdaNode name, string kind) =>
    [
        .. name.Of(kind).Where(part => !part.IsNull && part.Text.Length > 0).Select(part => new CdaNamePart(
            part.Text, part["qualifier"]?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [])),
    ];

    // OID, UUID, or a name that HL7 itself reserves.
    [GeneratedRegex(
        "^([0-2](\\.(0|[1-9][0-9]*))+|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[A-Za-z][A-Za-z0-9-]*)\\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Root();
}
