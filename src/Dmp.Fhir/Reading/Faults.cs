namespace Dmp.Fhir.Reading;

/// <summary>What is found wrong while a document is read, each place once.</summary>
internal sealed class Faults(FhirReaderOptions options)
{
    private readonly List<FhirFault> found = [];
    private readonly HashSet<(FhirFaultKind Kind, string Path)> told = [];

    public IReadOnlyList<FhirFault> Found => found;

    public bool IsFull => found.Count >= options.FaultsMax;

    public void Add(FhirFaultKind kind, string path, string text)
    {
        if (!IsFull && told.Add((kind, path)))
        {
            found.Add(new FhirFault(kind, path, text));
        }
    }

    /// <summary>The path is made only while somebody will read it.</summary>
    public void Add(FhirFaultKind kind, FhirNode node, string text)
    {
        if (!IsFull)
        {
            Add(kind, node.Path, text);
        }
    }

    /// <summary>The last word on a document: it has room also when the list is full.</summary>
    public void Refuse(FhirRefusedException refused) => found.Add(new FhirFault(refused.Kind, refused.Path, refused.Message));
}

/// <summary>Ends the reading from wherever a limit is met. Never leaves this library.</summary>
internal sealed class FhirRefusedException(FhirFaultKind kind, string path, string text) : Exception(text)
{
    public FhirFaultKind Kind => kind;

    public string Path => path;
}
