using Dmp.Cda;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Header;

/// <summary>Who a document names: patients, professionals, structures, systems.</summary>
internal sealed class HeaderPeople(FhirBundle bundle, HeaderValues values)
{
    private const string BirthPlace = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";
    private const string InseeCode = "insee-code";

    /// <summary>Whoever a reference leads to; by its own words where it leads to nothing.</summary>
    public CdaActor? Actor(FhirNode? reference)
    {
        if (reference is null)
        {
            return null;
        }

        return bundle.Resolve(reference) is { } resource ? ActorOf(resource, reference) : Worded(reference);
    }

    private CdaActor ActorOf(FhirNode resource, FhirNode reference) => resource.Type switch
    {
        "PractitionerRole" => Role(resource, reference),
        "Organization" => new CdaActor { Organization = Organization(resource) },
        "Device" => new CdaActor { Ids = values.Ids(resource), DeviceName = DeviceName(resource), Organization = Owner(resource) },
        _ => new CdaActor
        {
            Ids = values.Ids(resource),
            Name = Name(Names(resource)) ?? Words(reference["display"]),
            Specialty = resource.Of("qualification").Select(qualification => HeaderValues.Code(qualification.Find("code")))
                .FirstOrDefault(code => code is not null),
        },
    };

    private CdaActor Role(FhirNode role, FhirNode reference)
    {
        var person = bundle.Resolve(role.Find("practitioner"));
        var named = person is null ? role.Find("practitioner") : null;
        return new CdaActor
        {
            Ids =
            [
                .. values.Ids(person).Concat(values.Ids(role)).Concat(LogicalIds(named)).Distinct(),
            ],
            Name = Name(Names(person)) ?? Words(named?["display"])
                ?? (role.Find("practitioner") is null ? null : Words(reference["display"])),
            Specialty = role.Of("specialty").Concat(role.Of("code")).Select(code => HeaderValues.Code(code))
                .FirstOrDefault(code => code is not null),
            Organization = Structure(role.Find("organization")),
        };
    }

    private CdaOrganization? Owner(FhirNode device) => Structure(device.Find("owner"));

    /// <summary>The structure that a reference leads to; by its own words where it leads to nothing.</summary>
    public CdaOrganization? Structure(FhirNode? reference)
    {
        if (reference is null)
        {
            return null;
        }

        if (bundle.Resolve(reference) is { } resource)
        {
            return Organization(resource);
        }

        var name = HeaderValues.Text(reference["display"]);
        List<CdaId> ids = [.. LogicalIds(reference)];
        return name is null && ids.Count == 0 ? null : new CdaOrganization { Ids = ids, Name = name };
    }

    private CdaOrganization Organization(FhirNode resource) => new()
    {
        Ids = values.Ids(resource),
        Name = HeaderValues.Text(resource["name"]),
    };

    private CdaActor? Worded(FhirNode reference)
    {
        var name = Words(reference["display"]);
        List<CdaId> ids = [.. LogicalIds(reference)];
        return name is null && ids.Count == 0 ? null : new CdaActor { Ids = ids, Name = name };
    }

    /// <summary>Whoever is named by an identifier in place of an address.</summary>
    private IEnumerable<CdaId> LogicalIds(FhirNode? reference) =>
        values.Id(reference?.Find("identifier")) is { } id ? [id] : [];

    public CdaPatient Patient(FhirNode resource)
    {
        var read = new CdaPatient
        {
            Ids = values.Ids(resource),
            Names = Names(resource),
            BirthTime = values.Time(resource.Find("birthDate")),
            Sex = resource["gender"] switch
            {
                "male" => "M",
                "female" => "F",
                "other" => "UN",
                _ => null,
            },
            BirthPlaceCode = BirthPlaceCode(resource.Extension(BirthPlace)?.Find("valueAddress")),
        };
        if (read.InsIds.GroupBy(id => id.Root).Any(ids => ids.Distinct().Count() > 1))
        {
            bundle.Faults.Add(FhirFaultKind.Contradiction, resource, "The patient has more than one national identity of one kind.");
        }

        return read;
    }

    private static string? BirthPlaceCode(FhirNode? address)
    {
        var extension = address?.Of("extension")
            .FirstOrDefault(one => one["url"]?.EndsWith(InseeCode, StringComparison.Ordinal) == true);
        return extension?.Choice("value") is { } said ? said.Node["code"] ?? said.Node.Value : null;
    }

    /// <summary>The name in use now, the official one first; of several, the first that has parts.</summary>
    private static CdaName? Name(IReadOnlyList<CdaName> names) =>
        names.FirstOrDefault(name => name.Text is null) ?? (names.Count > 0 ? names[0] : null);

    private static CdaName? Words(string? display) =>
        HeaderValues.Text(display) is { } words ? new CdaName { Text = words } : null;

    private static IReadOnlyList<CdaName> Names(FhirNode? person) => person is null
        ? []
        :
        [
            .. person.Of("name")
                .OrderBy(name => name["use"] switch { "official" => 0, null => 1, "usual" => 2, "maiden" => 3, _ => 4 })
                .Select(Name)
                .Where(name => name.Families.Count + name.Givens.Count > 0 || name.Text is not null),
        ];

    private static CdaName Name(FhirNode name)
    {
        // FHIR tells the birth name by its use, HL7 version 3 by a qualifier of its parts.
        string[] qualifiers = name["use"] switch
        {
            "maiden" => ["BR"],
            "usual" or "nickname" or "anonymous" or "temp" or "old" => ["CL"],
            _ => [],
        };
        var read = new CdaName
        {
            Families = Parts(name, "family", qualifiers),
            Givens = Parts(name, "given", qualifiers),
            Prefix = HeaderValues.Text(name["prefix"]),
            Suffix = HeaderValues.Text(name["suffix"]),
        };
        return read.Families.Count + read.Givens.Count > 0 ? read : read with { Text = HeaderValues.Text(name["text"]) };
    }

    private static IReadOnlyList<CdaNamePart> Parts(FhirNode name, string kind, string[] qualifiers) =>
    [
        .. name.Of(kind).Select(part => HeaderValues.Text(part.Value)).OfType<string>().Select(part => new CdaNamePart(part, qualifiers)),
    ];

    private static string? DeviceName(FhirNode device) => HeaderValues.Text(
        device.Of("deviceName").Select(name => name["name"]).FirstOrDefault(name => name is not null)
        ?? device["modelNumber"]
        ?? device.Find("type")?["text"]);
}
