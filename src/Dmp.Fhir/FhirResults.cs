using Dmp.Facts;

namespace Dmp.Fhir;

/// <summary>How a document is written.</summary>
public enum FhirFormat
{
    /// <summary><c>application/fhir+json</c>.</summary>
    Json = 1,

    /// <summary><c>application/fhir+xml</c>.</summary>
    Xml = 2,
}

/// <summary>What came of reading a header.</summary>
/// <param name="Header">What the document says of itself; null when it is refused.</param>
/// <param name="Faults">Everything that is wrong. One that is a refusal comes last.</param>
public sealed record FhirHeaderResult(FhirDocumentHeader? Header, IReadOnlyList<FhirFault> Faults);

/// <summary>What came of reading a document.</summary>
/// <param name="Header">What the document says of itself; null when it is refused.</param>
/// <param name="Reading">The facts, and what was not read; of a refused document its <c>Failure</c> alone.</param>
/// <param name="Resources">Each type of resource with what became of its entries: none is dropped in silence.</param>
/// <param name="Faults">Everything that is wrong.</param>
public sealed record FhirFactResult(
    FhirDocumentHeader? Header, FactReading Reading, IReadOnlyList<FhirResourceCount> Resources, IReadOnlyList<FhirFault> Faults);

/// <summary>What became of the entries of one type of resource. The three numbers together are the entries of the type.</summary>
/// <param name="Type">The type, such as <c>Observation</c>.</param>
/// <param name="Stated">Entries that became facts.</param>
/// <param name="Parts">Entries that were read as parts of others or of the header: a specimen, a product, an author.</param>
/// <param name="Unread">Entries that were not read; they are counted in <c>Unread</c> of the reading too.</param>
public sealed record FhirResourceCount(string Type, int Stated, int Parts, int Unread);
