using System.Text;
using Dmp.Server.Tests.Content;

namespace Dmp.Fhir.Tests;

/// <summary>Documents to read: the published samples, and small ones made of a composition and a few resources.</summary>
internal static class Documents
{
    public const string PatientAddress = "urn:uuid:00000000-0000-4000-8000-000000000001";

    /// <summary>
    /// The folder and the name of each sample. Where they are missing it is one name, whose test is then skipped with the reason: data of
    /// theories are asked for before anything can be skipped.
    /// </summary>
    public static IEnumerable<string> Samples()
    {
        var folder = SharedSamples.Find("README.md") is { } page ? Path.Combine(Path.GetDirectoryName(page)!, "samples", "fhir") : null;
        return folder is null || !Directory.Exists(folder)
            ? ["missing"]
            : Directory.GetFiles(folder, "*.json", SearchOption.AllDirectories)
                .Select(file => Path.Combine(Path.GetFileName(Path.GetDirectoryName(file))!, Path.GetFileNameWithoutExtension(file)))
                .Order(StringComparer.Ordinal);
    }

    public static byte[] Sample(string name) =>
        File.ReadAllBytes(Path.Combine(SharedSamples.Folder("samples/fhir"), $"{name}.json"));

    /// <summary>A document of one section with entries, whose patient is there; the n-th resource has the address of that number.</summary>
    public static string Bundle(string section, params string[] resources) => Raw(
        $$$"""
        {"title":"Section","code":{"coding":[{"system":"http://loinc.org","code":"{{{section}}}"}]},
        "entry":[{{{References(resources.Length)}}}]}
        """,
        resources);

    /// <summary>A document with a section as it is given.</summary>
    public static string Raw(string section, params string[] resources)
    {
        var entries = string.Concat(resources.Select((resource, number) =>
            $",{{\"fullUrl\":\"{Address(number)}\",\"resource\":{resource}}}"));
        return $$$"""
            {"resourceType":"Bundle","type":"document","timestamp":"2026-05-01T10:00:00+02:00",
            "identifier":{"system":"urn:oid:1.2.250.1.999","value":"A1"},"entry":[
            {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000000","resource":{"resourceType":"Composition","status":"final",
            "type":{"coding":[{"system":"http://loinc.org","code":"60591-5"}]},"title":"Synthèse","date":"2026-05-01",
            "subject":{"reference":"{{{PatientAddress}}}"},"author":[{"display":"Dr Exemple"}],"section":[{{{section}}}]}},
            {"fullUrl":"{{{PatientAddress}}}","resource":{"resourceType":"Patient","name":[{"family":"EXEMPLE","given":["Jeanne"]}],
            "birthDate":"1980-02-29","gender":"female"}}{{{entries}}}]}
            """;
    }

    public static string Address(int number) => $"urn:uuid:10000000-0000-4000-8000-{number:D12}";

    private static string References(int count) =>
        string.Join(',', Enumerable.Range(0, count).Select(number => $$"""{"reference":"{{Address(number)}}"}"""));

    public static FhirFactResult Facts(string json, FhirReaderOptions? options = null) =>
        FhirReader.ReadFacts(Encoding.UTF8.GetBytes(json), options);

    public static FhirHeaderResult Header(string json, FhirReaderOptions? options = null) =>
        FhirReader.ReadHeader(Encoding.UTF8.GetBytes(json), options);
}
