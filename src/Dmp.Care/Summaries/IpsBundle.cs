using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Dmp.Care.Summaries;

/// <summary>
/// The resources of a document. Their addresses are computed of what they say, so that the same summary is the same bytes; two that say the
/// same are one.
/// </summary>
/// <param name="seed">What all addresses depend on too: the record and the moment. Summaries of two moments share none.</param>
internal sealed class IpsBundle(string seed)
{
    private readonly Dictionary<string, JsonObject> resources = new(StringComparer.Ordinal);
    private readonly List<JsonObject> entries = [];

    /// <summary>Adds a resource, and answers what refers to it.</summary>
    public string Add(JsonObject resource)
    {
        var address = AddressOf(resource);
        if (resources.TryAdd(address, resource))
        {
            entries.Add(Entry(address, resource));
        }

        return address;
    }

    public static JsonObject Reference(string address) => new() { ["reference"] = address };

    /// <summary>The whole document: the composition first.</summary>
    public byte[] Write(JsonObject composition, DateTimeOffset at)
    {
        var address = AddressOf(composition);
        JsonArray all = [Entry(address, composition)];
        foreach (var entry in entries)
        {
            all.Add(entry);
        }

        JsonObject bundle = new()
        {
            ["resourceType"] = "Bundle",
            ["language"] = composition["language"]?.DeepClone(),
            ["identifier"] = new JsonObject
            {
                ["system"] = "urn:ietf:rfc:3986",
                ["value"] = $"urn:uuid:{Computed("Bundle", string.Join('\n', all.Select(entry => entry!["fullUrl"])))}",
            },
            ["type"] = "document",
            ["timestamp"] = Instant(at),
            ["entry"] = all,
        };
        return Encoding.UTF8.GetBytes(bundle.ToJsonString());
    }

    public static string Instant(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private string AddressOf(JsonObject resource) =>
        $"urn:uuid:{Computed(resource["resourceType"]!.GetValue<string>(), resource.ToJsonString())}";

    private static JsonObject Entry(string address, JsonObject resource)
    {
        // What names itself stands first, as everywhere in FHIR.
        resource.Insert(1, "id", address["urn:uuid:".Length..]);
        return new JsonObject { ["fullUrl"] = address, ["resource"] = resource };
    }

    /// <summary>A UUID of version 8 (RFC 9562): the first bits of a SHA-256.</summary>
    private string Computed(string kind, string content)
    {
        var bits = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{kind}\n{content}")).AsSpan(0, 16);
        bits[6] = (byte)(0x80 | (bits[6] & 0x0F));
        bits[8] = (byte)(0x80 | (bits[8] & 0x3F));
        return new Guid(bits, bigEndian: true).ToString("D");
    }
}
