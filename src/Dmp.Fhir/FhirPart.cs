namespace Dmp.Fhir;

/// <summary>Something that a document carries besides data, or that keeps it from being looked through.</summary>
/// <param name="Place">Where, as in <see cref="FhirFault.Path"/>; of a list, the first element has no number. Below 200 characters.</param>
public abstract record FhirPart(string Place);

/// <summary>
/// A file inside of a document: an attachment, a binary, a signature, bytes of an extension, or an address that holds
/// its bytes.
/// </summary>
/// <param name="Place">Where.</param>
/// <param name="MediaType">As the document names it, at most 256 characters; null when it names none.</param>
/// <param name="Bytes">The file itself; none when it is malformed.</param>
public sealed record FhirFile(string Place, string? MediaType, ReadOnlyMemory<byte> Bytes) : FhirPart(Place)
{
    /// <summary>What stands there is no base 64, or no address that can be read.</summary>
    public bool IsMalformed { get; init; }
}

/// <summary>
/// A narrative that would act when it is shown, which FHIR R4 forbids (Narrative, <c>txt-1</c>), or an address that runs a script. One is
/// told of each narrative.
/// </summary>
/// <param name="Place">Where the narrative or the address is.</param>
/// <param name="What">
/// What was found first: <c>script</c>, <c>form</c>, <c>frame</c>, <c>object</c>, <c>head element</c>, <c>style element</c>,
/// <c>drawing</c>, <c>media</c>, <c>raw text</c>, <c>event attribute</c>, <c>script address</c>, <c>data address</c>,
/// <c>page in an attribute</c>, <c>active style</c>, <c>hidden markup</c>, <c>document type</c> or <c>stylesheet</c>. Never a word of the
/// document.
/// </param>
public sealed record FhirActivePart(string Place, string What) : FhirPart(Place);

/// <summary>The last part of a document that was not looked through to its end: whoever must know all of it cannot use it.</summary>
/// <param name="Place">Where looking ended.</param>
/// <param name="Why">A kind that refuses the document (<see cref="FhirFault.IsRefusal"/>).</param>
public sealed record FhirUnseenPart(string Place, FhirFaultKind Why) : FhirPart(Place);
