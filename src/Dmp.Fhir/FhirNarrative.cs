namespace Dmp.Fhir;

/// <summary>Words that a document has for people: a section of its composition, or the narrative of a resource.</summary>
/// <param name="Title">The title of the section as written; empty of a resource.</param>
/// <param name="Code">The LOINC code of the section; null where it has none.</param>
/// <param name="Text">The words. Ends of lines separate rows, paragraphs and items. Empty when there is a title alone.</param>
/// <param name="IsCut">The narrative was too long: in XML its beginning is here, in JSON nothing.</param>
public sealed record FhirNarrative(string Title, string? Code, string Text, bool IsCut);

/// <summary>What came of reading the words of a document.</summary>
/// <param name="Narratives">
/// The sections, outer ones before their inner ones, then the resources; empty when the document is refused. A resource whose words stand
/// in a section is none.
/// </param>
/// <param name="PassedOver">Entries that were passed over for their size or number.</param>
/// <param name="Faults">Everything that is wrong. One that is a refusal comes last.</param>
public sealed record FhirNarrativeResult(IReadOnlyList<FhirNarrative> Narratives, int PassedOver, IReadOnlyList<FhirFault> Faults);
