using Dmp.Facts.Model;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>Other statements that a resource names: why, under which condition, with what.</summary>
internal sealed class FactReferences(FhirBundle bundle, FactValues values)
{
    public IReadOnlyList<FactReference> Of(FhirNode resource)
    {
        List<FactReference> found = [];
        Codes(resource, "reasonCode", "RSON");
        Targets(resource, "reasonReference", "RSON");
        Codes(resource, "statusReasonCodeableConcept", "RSON");
        switch (resource.Type)
        {
            case "Immunization" or "MedicationStatement" or "MedicationRequest" or "MedicationAdministration":
                Codes(resource, "statusReason", "RSON");
                foreach (var protocol in resource.Of("protocolApplied"))
                {
                    Codes(protocol, "targetDisease", "RSON");
                }

                break;
            case "Procedure":
                Codes(resource, "statusReason", "RSON");
                Codes(resource, "complication", "CAUS");
                Targets(resource, "complicationDetail", "CAUS");
                Codes(resource, "usedCode", "DEV");
                Targets(resource, "usedReference", "DEV");
                foreach (var device in resource.Of("focalDevice"))
                {
                    Targets(device, "manipulated", "DEV");
                }

                break;
            case "Encounter":
                foreach (var diagnosis in resource.Of("diagnosis"))
                {
                    Targets(diagnosis, "condition", "RSON");
                }

                break;
        }

        foreach (var dosage in resource.Of("dosage").Concat(resource.Of("dosageInstruction")))
        {
            AsNeeded(dosage);
        }

        return values.Bounded(found);

        void Codes(FhirNode node, string name, string relation) => found.AddRange(
            values.Concepts(node, name).Select(code => new FactReference(code, relation, [])));

        void Targets(FhirNode node, string name, string relation) => found.AddRange(
            node.Of(name).Select(reference => Target(reference, relation)).OfType<FactReference>());

        void AsNeeded(FhirNode dosage)
        {
            // "If needed" is a condition that the act waits for; which one may not be said.
            if (dosage.Choice("asNeeded") is var (node, type) && !(type == "Boolean" && node.Value != "true"))
            {
                found.Add(new FactReference(type == "CodeableConcept" ? values.Concept(node) : null, "PRCN", []));
            }
        }
    }

    private FactReference? Target(FhirNode reference, string relation)
    {
        if (bundle.Resolve(reference) is { } target)
        {
            var code = values.Concept(target.Find("code") ?? target.Find("type") ?? target.Find("vaccineCode"));
            return new FactReference(code, relation, values.Ids(target));
        }

        var id = values.Id(reference.Find("identifier"));
        var words = values.Words(reference["display"]);
        return id is null && words is null
            ? null
            : new FactReference(words is null ? null : new Coded(null, null, null, words, null), relation, id is null ? [] : [id]);
    }
}
