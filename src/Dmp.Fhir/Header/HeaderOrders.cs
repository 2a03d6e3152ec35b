using Dmp.Cda;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Header;

/// <summary>The orders that a document answers, and the accession numbers of its examinations.</summary>
internal sealed class HeaderOrders(FhirBundle bundle, HeaderValues values)
{
    /// <summary>The extension of the European reports, whose address differs between their editions up to its name.</summary>
    private const string OrderOrRequisition = "/StructureDefinition/composition-basedOn-order-or-requisition";

    private const int PartsMax = 200;

    public IReadOnlyList<CdaId> Orders()
    {
        List<CdaId> orders = [];
        foreach (var reference in References().Take(PartsMax))
        {
            var order = bundle.Resolve(reference);
            orders.AddRange(order is null
                ? values.Id(reference.Find("identifier")) is { } named ? [named] : []
                : values.Ids(order));
        }

        orders.AddRange(Extensions().Select(extension => values.Id(extension.Find("valueIdentifier"))).OfType<CdaId>().Take(PartsMax));
        return [.. orders.Distinct()];
    }

    /// <summary>Identifiers of type <c>ACSN</c> (table 0203 of HL7 version 2) of reports, studies and orders.</summary>
    public IReadOnlyList<CdaId> AccessionNumbers(string typeCodes) =>
    [
        .. bundle.Resources
            .Where(resource => resource.Type is "DiagnosticReport" or "ImagingStudy" or "ServiceRequest")
            .SelectMany(resource => resource.Of("identifier"))
            .Where(identifier => identifier.Find("type")?.Of("coding")
                .Any(coding => coding["code"] == "ACSN" && FhirSystems.OidOf(coding["system"]) == typeCodes) == true)
            .Select(values.Id).OfType<CdaId>().Distinct().Take(PartsMax),
    ];

    private IEnumerable<FhirNode> Extensions() => bundle.Composition.Of("extension")
        .Where(extension => extension["url"]?.EndsWith(OrderOrRequisition, StringComparison.Ordinal) == true);

    private IEnumerable<FhirNode> References() => Extensions()
        .Select(extension => extension.Find("valueReference"))
        .OfType<FhirNode>()
        .Concat(bundle.Resources.Where(resource => resource.Type == "DiagnosticReport").SelectMany(report => report.Of("basedOn")));
}
