using Dmp.Cda;
using Dmp.Facts.Model;
using Dmp.Fhir.Header;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>Who states a fact, and who has it.</summary>
internal sealed class FactPeople(FhirBundle bundle, FactValues values)
{
    private readonly HeaderPeople people = new(bundle, new HeaderValues(bundle.Faults));
    private readonly Dictionary<FhirNode, (string? Id, string? Name)> known = [];
    private readonly FhirNode? patient = bundle.Peek(bundle.Composition.Find("subject"));

    /// <summary>By type: who states it, and when. The first that is there counts.</summary>
    private static (string[] Who, string? When) StatedBy(string? type) => type switch
    {
        "AllergyIntolerance" or "Condition" => (["asserter", "recorder"], "recordedDate"),
        "Procedure" => (["asserter", "recorder", "performer"], null),
        "Observation" => (["performer"], "issued"),
        "DiagnosticReport" => (["resultsInterpreter", "performer"], "issued"),
        "MedicationStatement" => (["informationSource"], "dateAsserted"),
        "MedicationRequest" => (["requester", "recorder"], "authoredOn"),
        "Immunization" => (["performer"], "recorded"),
        "DeviceUseStatement" => (["source"], "recordedOn"),
        "Consent" => (["performer"], null),
        "FamilyMemberHistory" => ([], "date"),
        _ => (["performer"], null),
    };

    /// <summary>Null when neither the statement nor its section names anybody: then it is the author of the document.</summary>
    public FactAuthor? Author(FhirNode resource, DocumentSection section)
    {
        var (who, when) = StatedBy(resource.Type);
        var time = when is null ? null : values.Moment(resource.Find(when));
        foreach (var name in who)
        {
            // A performer is a reference, or an element that holds one beside a function.
            if (resource.Find(name) is { } stated && Named(stated.Find("actor") ?? stated) is var (id, words) && (id ?? words) is not null)
            {
                return new FactAuthor(id, words, time);
            }
        }

        return section.Author;
    }

    /// <summary>Whoever a reference or words name; null for nobody.</summary>
    public FactAuthor? Named(FhirNode? reference, FhirNode? time, string? words = null)
    {
        var (id, name) = reference is null ? (null, values.Words(words)) : Named(reference);
        return (id ?? name) is null ? null : new FactAuthor(id, name, values.Moment(time));
    }

    private (string? Id, string? Name) Named(FhirNode reference)
    {
        if (bundle.Peek(reference) is { } resource && known.TryGetValue(resource, out var made))
        {
            return made;
        }

        var named = people.Actor(reference) is { } actor ? (IdOf(actor), NameOf(actor)) : (null, null);
        if (bundle.Peek(reference) is { } found)
        {
            known[found] = named;
        }

        return named;
    }

    private string? IdOf(CdaActor actor)
    {
        var id = actor.NationalId is { } national ? new CdaId(CdaOids.Professional, national)
            : actor.Ids.Count > 0 ? actor.Ids[0]
            : actor.Name is null && actor.DeviceName is null && actor.Organization?.Ids is [var first, ..] ? first
            : null;
        return values.Kept(id?.ToString());
    }

    private string? NameOf(CdaActor actor)
    {
        var name = actor.Name;
        var parts = name is null ? [] : name.Givens.Concat(name.Families).Select(part => part.Text);
        return values.Words(string.Join(' ', parts)) ?? values.Words(name?.Text ?? actor.DeviceName ?? actor.Organization?.Name);
    }

    /// <summary>
    /// Who has it, when it is not the patient of the document. A reference that leads nowhere is told, and taken for the patient: a
    /// document is about one, and a document without its facts is worse than a reference that is wrong.
    /// </summary>
    public Coded? Subject(FhirNode resource)
    {
        var focus = resource.Type == "Observation" ? bundle.Peek(resource.Find("focus")) : null;
        if (focus is { Type: "RelatedPerson" } || (focus is { Type: "Patient" } && focus != patient))
        {
            return Somebody(focus);
        }

        var reference = resource.Find("subject") ?? resource.Find("patient");
        if (reference is null || bundle.Resolve(reference) is not { } subject)
        {
            return values.Id(reference?.Find("identifier")) is { } id && IsOfAnother(id) ? FactValues.none
                : reference?["type"] is { } type and not "Patient" && type.Length > 0 ? FactValues.none
                : reference?["reference"] is { } written && IsOfOthers(written) ? FactValues.none
                : null;
        }

        return subject == patient || (patient is null && subject.Type == "Patient") ? null : Somebody(subject);
    }

    /// <summary>The patient has another identifier of the same kind, and not this one.</summary>
    private bool IsOfAnother(string id)
    {
        var kind = id.Split('^')[0];
        List<string> own = patient is null ? [] : [.. patient.Of("identifier").Select(values.Id).OfType<string>()];
        return !own.Contains(id) && own.Any(other => other.Split('^')[0] == kind);
    }

    private static bool IsOfOthers(string reference) =>
        reference.StartsWith("RelatedPerson/", StringComparison.Ordinal) || reference.StartsWith("Group/", StringComparison.Ordinal);

    private Coded Somebody(FhirNode subject) => values.Concept(subject.Find("relationship")) ?? FactValues.none;
}
