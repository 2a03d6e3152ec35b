using System.Text.Json;
using Firely.Fhir.Validation;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using Hl7.Fhir.Specification.Source;
using Hl7.Fhir.Specification.Terminology;
using Xunit;

namespace Dmp.Care.Tests.Summaries;

/// <summary>What the validator of Firely says of a document, by the definitions of R4 that stand in a file: nothing is fetched.</summary>
internal static class FhirValidation
{
    private static readonly Lock one = new();

    private static readonly Lazy<Validator> validator = new(() =>
    {
        CachedResolver definitions = new(new ZipSource(Path.Combine(AppContext.BaseDirectory, "specification.zip")));
        return new Validator(definitions, LocalTerminologyService.CreateDefaultForCore(definitions), null, null);
    });

    /// <summary>The document, read strictly: whatever R4 does not know is a fault.</summary>
    public static Bundle Read(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        BaseFhirJsonDeserializer strict = new(ModelInfo.ModelInspector);
        strict.TryDeserializeResource(ref reader, out var resource, out var faults);
        Assert.Empty(faults.Select(fault => fault.Message));
        return Assert.IsType<Bundle>(resource);
    }

    /// <summary>
    /// Errors, and nothing else: the codes of LOINC and SNOMED CT cannot be looked up without a network, of which it warns.
    /// </summary>
    public static IReadOnlyList<string> Errors(byte[] json)
    {
        var bundle = Read(json);
        lock (one)
        {
            return
            [
                .. validator.Value.Validate(bundle, null).Issue
                    .Where(issue => issue.Severity is OperationOutcome.IssueSeverity.Error or OperationOutcome.IssueSeverity.Fatal)
                    .Select(issue => $"{string.Join(' ', issue.Expression)}: {issue.Details?.Text}"),
            ];
        }
    }
}
