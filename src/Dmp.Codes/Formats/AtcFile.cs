using System.Xml;
using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>
/// The index of ATC in XML, as the centre of the WHO in Oslo sends it: rows of a record set with <c>ATCCode</c>, <c>Name</c> and, for codes
/// that were changed, a comment. Names are in English.
/// </summary>
internal static class AtcFile
{
    private const string Rows = "#RowsetSchema";

    /// <exception cref="InvalidDataException">The file has no row of the index.</exception>
    public static CodeList Read(PublishedFile file, List<ReadingNotice> notices) => PublishedXml.Read(file, reader =>
    {
        CodeListBuilder builder = new(CodeKinds.Atc.Oid, file.Name, notices);
        while (reader.Read())
        {
            // Its sister with doses has rows of the same name, without names of substances.
            if (reader is { NodeType: XmlNodeType.Element, LocalName: "row", NamespaceURI: Rows }
                && reader.GetAttribute("ATCCode") is { } code)
            {
                builder.Add(new Concept
                {
                    SystemOid = CodeKinds.Atc.Oid,
                    Code = code.Trim(),
                    Display = reader.GetAttribute("Name")?.Trim() ?? "",
                    Status = CodeKinds.Atc.IsLeaf(code.Trim()) ? ConceptStatus.Active : ConceptStatus.Heading,
                    Line = PublishedXml.Line(reader),
                });
            }
        }

        return builder.Build(CodeKinds.Atc.OtherOids, CodeKinds.Atc.Title, "");
    });
}
