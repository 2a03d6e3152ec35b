using System.Text.Json.Nodes;
using Dmp.Care.Emergencies;
using Dmp.Care.V1;

namespace Dmp.Care.Summaries;

/// <summary>
/// Where each entry is stated: the document (DocumentReference), and who states it there (Provenance). An entry that no provenance with a
/// source names is one that nobody states: "no information".
/// </summary>
internal sealed class IpsSources(IpsBundle bundle, string patient, string assembler, DateTimeOffset at)
{
    private const string ParticipantType = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
    private const string Professional = "1.2.250.1.71.4.2.1";
    private const string Structure = "1.2.250.1.71.4.2.2";

    private readonly List<(Source Source, string Target)> stated = [];

    public void Add(string target, IEnumerable<Source> sources) => stated.AddRange(sources.Select(source => (source, target)));

    /// <summary>The document as a resource.</summary>
    public string Document(Source source)
    {
        JsonObject document = new() { ["resourceType"] = "DocumentReference" };
        if (IpsValues.Identifier(source.UniqueId) is { } unique)
        {
            document["masterIdentifier"] = unique;
        }

        document["identifier"] = new JsonArray(new JsonObject { ["value"] = $"{source.DocumentId}/{source.Version}" });
        document["status"] = "current";
        if (source.DocumentType is { Code.Length: > 0 } type)
        {
            IpsValues.Set(document, "type", IpsValues.Concept(
                new Facts.V1.CodedValue { Code = type.Code, System = type.System, Display = type.Display }));
        }

        document["subject"] = IpsBundle.Reference(patient);
        if (source.ByPatient)
        {
            document["author"] = new JsonArray(IpsBundle.Reference(patient));
        }
        else if (Named(source.StructureName, source.StructureId, Structure, "Organization") is { } structure)
        {
            document["author"] = new JsonArray(structure);
        }

        JsonObject attachment = [];
        IpsValues.Set(attachment, "title", ShownText.Of(source.DocumentType?.Display, 200));
        if (attachment.Count == 0)
        {
            attachment["title"] = "Document";
        }

        document["content"] = new JsonArray(new JsonObject { ["attachment"] = attachment });
        if (source.ServiceStartTime is { } act)
        {
            document["context"] = new JsonObject
            {
                ["period"] = new JsonObject { ["start"] = IpsBundle.Instant(act.ToDateTimeOffset()) },
            };
        }

        return bundle.Add(document);
    }

    /// <summary>Who stated what, one for each author of each document.</summary>
    public void Write()
    {
        var groups = stated
            .GroupBy(one => (one.Source.DocumentId, one.Source.Version, one.Source.AuthorId, one.Source.AuthorName, one.Source.ByPatient))
            .OrderBy(group => group.First().Source.UniqueId, StringComparer.Ordinal)
            .ThenBy(group => group.Key.DocumentId, StringComparer.Ordinal)
            .ThenBy(group => group.Key.Version)
            .ThenBy(group => group.Key.AuthorId, StringComparer.Ordinal)
            .ThenBy(group => group.Key.AuthorName, StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var source = group.First().Source;
            JsonArray agents = [Agent("assembler", IpsBundle.Reference(assembler))];
            var author = source.ByPatient ? IpsBundle.Reference(patient)
                : Named(source.AuthorName, source.AuthorId, Professional, "");
            if (author is not null)
            {
                agents.Add(Agent(source.ByPatient ? "informant" : "author", author));
            }

            bundle.Add(new JsonObject
            {
                ["resourceType"] = "Provenance",
                ["target"] = new JsonArray([.. group.Select(one => one.Target).Distinct().Order(StringComparer.Ordinal)
                    .Select(target => (JsonNode)IpsBundle.Reference(target))]),
                ["recorded"] = IpsBundle.Instant(at),
                ["agent"] = agents,
                ["entity"] = new JsonArray(new JsonObject
                {
                    ["role"] = "source",
                    ["what"] = IpsBundle.Reference(Document(source)),
                }),
            });
        }
    }

    private static JsonObject Agent(string type, JsonObject who) => new()
    {
        ["type"] = IpsValues.Mapped(ParticipantType, type),
        ["who"] = who,
    };

    /// <summary>Somebody by name and identifier, who is no resource here; null for nobody.</summary>
    private static JsonObject? Named(string name, string id, string system, string type)
    {
        JsonObject who = [];
        IpsValues.Set(who, "type", type);
        IpsValues.Set(who, "identifier", id.Length == 0 ? null
            : IpsValues.Identifier(id.Contains('^', StringComparison.Ordinal) ? id : $"{system}^{id}"));
        IpsValues.Set(who, "display", ShownText.Of(name));
        return who["identifier"] is null && who["display"] is null ? null : who;
    }
}
