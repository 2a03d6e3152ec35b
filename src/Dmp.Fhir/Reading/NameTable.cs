using System.Text.Json;

namespace Dmp.Fhir.Reading;

/// <summary>Each name of an element once, so that a document of many elements holds few names.</summary>
internal sealed class NameTable(FhirReaderOptions options)
{
    private const int CharsMax = 128;

    private readonly Dictionary<int, string> byBytes = [];
    private readonly Dictionary<string, string> names = new(StringComparer.Ordinal);

    /// <summary>The name that the reader stands on; null for one that is too long to be FHIR's.</summary>
    public string? Of(ref Utf8JsonReader json)
    {
        var hash = new HashCode();
        hash.AddBytes(json.ValueSpan);
        var key = hash.ToHashCode();
        if (byBytes.TryGetValue(key, out var known) && json.ValueTextEquals(known))
        {
            return known;
        }

        if (json.ValueSpan.Length > CharsMax)
        {
            return null;
        }

        var name = Of(json.GetString()!);
        byBytes[key] = name;
        return name;
    }

    public string Of(string name)
    {
        if (names.TryGetValue(name, out var known))
        {
            return known;
        }

        if (names.Count >= options.NamesMax)
        {
            throw new FhirRefusedException(
                FhirFaultKind.TooManyNames, "Bundle", $"Elements have more than {options.NamesMax} different names.");
        }

        names.Add(name, name);
        return name;
    }
}
