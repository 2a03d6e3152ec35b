using Dmp.Cda;
using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>
/// Observations of every other profile: results of laboratories (IHE XD-LAB), vital signs, habits, pregnancies, scores, answers of forms
/// (IHE PCC Simple Observation and those made of it).
/// </summary>
internal sealed class ObservationReader(Values values)
{
    /// <summary>By the profile that the document names; the first one that is known counts.</summary>
    private static readonly Dictionary<string, ObservationKind> kinds = new()
    {
        ["1.3.6.1.4.1.19376.1.3.1.6"] = ObservationKind.Laboratory,
        ["1.3.6.1.4.1.19376.1.5.3.1.4.13.2"] = ObservationKind.VitalSign,
        [Values.FamilyHistoryObservation] = ObservationKind.FamilyHistory,
        ["1.3.6.1.4.1.19376.1.5.3.1.4.13.4"] = ObservationKind.SocialHistory,
        ["1.3.6.1.4.1.19376.1.5.3.1.4.13.5"] = ObservationKind.Pregnancy,
        ["1.3.6.1.4.1.19376.1.5.3.1.4.13.7"] = ObservationKind.AdvanceDirective,
        ["1.2.250.1.213.1.1.3.25"] = ObservationKind.FunctionalStatus,
    };

    /// <summary>LOINC: ABO, ABO and Rh, Rh.</summary>
    private static readonly HashSet<string> bloodGroups = ["883-9", "882-1", "10331-7"];

    public Observation Read(Statement statement)
    {
        var node = statement.Node;
        var code = values.Code(node.Find("code"));
        List<ObservedValue> observed = [.. node.Of("value").Select(values.Observed).OfType<ObservedValue>()];
        return new Observation
        {
            Absence = Absences.OfAny(observed.Select(value => value.Code)),
            Kind = KindOf(node, code),
            Code = code,
            Values = observed,
            Time = Values.Stretch(node.Find("effectiveTime")),
            Interpretations = values.Codes(node, "interpretationCode"),
            Ranges = [.. node.Of("referenceRange").SelectMany(range => range.Of("observationRange")).Select(Range)],
            Methods = values.Codes(node, "methodCode"),
            Sites = values.Codes(node, "targetSiteCode"),
            Specimen = values.SharedCode(statement.Around.Specimen),
            Panels =
            [
                .. statement.Around.Panels.Select(values.SharedCode)
                    .OfType<Coded>()
                    .Where(panel => panel is { NullFlavor: null } && Values.SaysSomething(panel)),
            ],
            PanelTime = Values.Stretch(statement.Around.PanelTime),
            Status = values.Attribute(node, Values.StatusCode),
            Severity = values.Attribute(node, Values.SeverityCode),
            Certainty = values.Attribute(node, Values.CertaintyCode),
        };
    }

    private static ObservationKind KindOf(CdaNode node, Coded? code)
    {
        var profiled = node.Of("templateId").Select(id => kinds.GetValueOrDefault(id["root"] ?? ""));
        return code?.Code is { } stated && bloodGroups.Contains(stated)
            ? ObservationKind.BloodGroup
            : profiled.FirstOrDefault(kind => kind != ObservationKind.Other);
    }

    private ReferenceRange Range(CdaNode range) => new(
        range.Find("value") is { } value ? values.Observed(value) : null,
        values.Code(range.Find("interpretationCode")),
        values.Words(range.Find("text")));
}
