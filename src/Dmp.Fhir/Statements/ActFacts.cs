using Dmp.Facts.Model;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>What was done, where the patient was, what was used.</summary>
internal sealed class ActFacts(FhirBundle bundle, FactValues values)
{
    public ClinicalAct ReadProcedure(FhirNode resource)
    {
        var code = values.Concept(resource.Find("code"));
        return new ClinicalAct
        {
            Element = "procedure",
            Code = code,
            Absence = ClinicalFacts.AbsenceOf(code),
            Period = values.When(resource, "performed"),
            Sites = values.Concepts(resource, "bodySite"),
        };
    }

    public ClinicalAct ReadImagingStudy(FhirNode resource) => new()
    {
        Element = "act",
        Code = values.Narrowed(resource, "procedureCode"),
        Period = values.Point(resource.Find("started")),
        Methods = values.Bounded(resource.Of("modality").Select(values.Coding).OfType<Coded>()),
        Sites = values.Bounded(
            resource.Of("series").Select(series => values.Coding(series.Find("bodySite"))).OfType<Coded>().Distinct()),
        Text = values.Words(resource["description"]),
    };

    public Encounter ReadEncounter(FhirNode resource)
    {
        List<Coded> types = [.. values.Concepts(resource, "type")];
        if (values.Coding(resource.Find("class")) is { } @class)
        {
            types.Insert(0, @class);
        }

        return new Encounter
        {
            Code = types is [var first, .. var others]
                ? first with { Qualifiers = FactValues.Listed(others.Select(other => new CodeQualifier(null, other))) }
                : null,
            Period = values.Period(resource.Find("period")),
            Priority = values.Concept(resource.Find("priority")),
            Organization = Place(resource),
        };
    }

    /// <summary>A device in use; <paramref name="use"/> null when it is only named as one that the patient has.</summary>
    public Device ReadDevice(FhirNode? use, FhirNode? device, string? display)
    {
        var code = values.Concept(device?.Find("type")) ?? (display is null ? null : new Coded(null, null, null, display, null));
        return new Device
        {
            Code = code,
            Absence = ClinicalFacts.AbsenceOf(code),
            Model = device is null ? null : values.Words(
                device["modelNumber"] ?? device.Of("deviceName").Select(name => name["name"]).FirstOrDefault(name => name is not null)),
            DeviceIds = device is null ? [] : values.Bounded(DeviceIds(device).OfType<string>().Distinct()),
            Period = use is null ? null : values.When(use, "timing"),
        };
    }

    private IEnumerable<string?> DeviceIds(FhirNode device)
    {
        foreach (var carrier in device.Of("udiCarrier"))
        {
            var issuer = FhirSystems.OidOf(carrier["issuer"]);
            yield return carrier["deviceIdentifier"] is { } udi ? values.Kept(issuer is null ? udi : $"{issuer}^{udi}")
                : values.Kept(carrier["carrierHRF"]);
        }

        yield return values.Kept(device["serialNumber"]);
        yield return values.Kept(device["distinctIdentifier"]);
        foreach (var identifier in device.Of("identifier"))
        {
            yield return values.Id(identifier);
        }
    }

    /// <summary>The structure, or else the first place.</summary>
    private NamedOrganization? Place(FhirNode encounter)
    {
        var references = new[] { encounter.Find("serviceProvider") }
            .Concat(encounter.Of("location").Select(location => location.Find("location"))).OfType<FhirNode>();
        foreach (var reference in references)
        {
            var resource = bundle.Resolve(reference);
            var id = resource is null ? values.Id(reference.Find("identifier"))
                : resource.Of("identifier").Select(values.Id).FirstOrDefault(one => one is not null);
            var name = values.Words(resource?["name"] ?? reference["display"]);
            if ((id ?? name) is not null)
            {
                return new NamedOrganization(id, name);
            }
        }

        return null;
    }
}
