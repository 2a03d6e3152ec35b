using System.Collections.Frozen;
using Dmp.Type.V1;

namespace Dmp.Server.Documents;

/// <summary>
/// The published document types (value set J07 and the DMP's type-to-class association X16), restated in
/// <c>document-types.tsv</c>. The class follows from the type; what a client says about it does not count.
/// </summary>
internal static class DocumentTypes
{
    /// <summary>TRE_A03, the classes.</summary>
    public const string ClassSystem = "1.2.250.1.213.1.1.4.1";

    private static readonly FrozenDictionary<(string System, string Code), DocumentType> types = Read();

    private static readonly FrozenDictionary<string, string> classes = new Dictionary<string, string>
    {
        ["10"] = "Compte rendu",
        ["11"] = "Synthèse",
        ["31"] = "Imagerie médicale",
        ["42"] = "Prescription",
        ["43"] = "Dispensation",
        ["44"] = "Plan de soins, protocole de soins",
        ["45"] = "Traitement administré",
        ["52"] = "Certificat, déclaration",
        ["60"] = "Données de remboursement",
        ["90"] = "Autres documents déposés par le patient",
        ["95"] = "Document de gestion",
    }.ToFrozenDictionary();

    /// <summary>Every published type.</summary>
    public static IEnumerable<DocumentType> All => types.Values;

    /// <summary>The type behind a code; null when the lists do not know it.</summary>
    public static DocumentType? Find(Coding? type) =>
        type is not null && types.TryGetValue((type.System, type.Code), out var found) ? found : null;

    /// <summary>A class with its published text.</summary>
    public static Coding Class(string code) => new() { System = ClassSystem, Code = code, Display = classes[code] };

    private static FrozenDictionary<(string, string), DocumentType> Read()
    {
        using var stream = typeof(DocumentTypes).Assembly.GetManifestResourceStream("document-types.tsv")
            ?? throw new InvalidOperationException("document-types.tsv is not embedded.");
        using var reader = new StreamReader(stream);
        var found = new Dictionary<(string, string), DocumentType>();
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            var columns = line.Split('\t');
            found.Add((columns[0], columns[1]), new DocumentType(columns[0], columns[1], columns[2], columns[3]));
        }

        return found.ToFrozenDictionary();
    }
}

/// <summary>A document type with its class (TRE_A03) and French text; the text is empty where none is published.</summary>
internal sealed record DocumentType(string System, string Code, string ClassCode, string Display);
