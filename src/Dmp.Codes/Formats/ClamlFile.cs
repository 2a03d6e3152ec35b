using System.Xml;
using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>
/// ICD-10 in ClaML, the form of the WHO: a class for each chapter, block and category, with its preferred name. Codes that are made of a
/// class and a modifier (a fifth character) stand nowhere in the file, and are counted.
/// </summary>
internal static class ClamlFile
{
    /// <exception cref="InvalidDataException">The file is no ClaML.</exception>
    public static CodeList Read(PublishedFile file, List<ReadingNotice> notices) => PublishedXml.Read(file, reader =>
    {
        reader.MoveToContent();
        if (reader.LocalName != "ClaML")
        {
            throw new InvalidDataException($"{file.Name} is no ClaML: its root is {reader.LocalName}.");
        }

        CodeListBuilder builder = new(CodeKinds.Cim10.Oid, file.Name, notices);
        var (title, version, modified) = (CodeKinds.Cim10.Title, "", 0);
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            if (reader.LocalName == "Title")
            {
                version = reader.GetAttribute("version") ?? "";
            }
            else if (reader.LocalName == "Class")
            {
                modified += Add(reader, builder) ? 1 : 0;
            }
        }

        if (modified > 0)
        {
            builder.Odd(0, $"{modified} classes are divided further by modifiers; the codes that these make are not listed");
        }

        return builder.Build(CodeKinds.Cim10.OtherOids, title, version);
    });

    /// <summary>True when the class is divided by a modifier.</summary>
    private static bool Add(XmlReader reader, CodeListBuilder builder)
    {
        var line = PublishedXml.Line(reader);
        var (code, isCategory) = (reader.GetAttribute("code")?.Trim() ?? "", reader.GetAttribute("kind") == "category");
        var (name, hasParts, isModified) = ("", false, false);
        using var inside = reader.ReadSubtree();
        while (inside.Read())
        {
            if (inside.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            hasParts |= inside.LocalName == "SubClass";
            isModified |= inside.LocalName == "ModifiedBy";
            if (inside.LocalName == "Rubric" && inside.GetAttribute("kind") == "preferred" && name.Length == 0)
            {
                using var rubric = inside.ReadSubtree();
                name = Words(rubric);
            }
        }

        builder.Add(new Concept
        {
            SystemOid = CodeKinds.Cim10.Oid,
            Code = code,
            Display = name,
            Status = isCategory && !hasParts ? ConceptStatus.Active : ConceptStatus.Heading,
            Line = line,
        });
        return isModified;
    }

    /// <summary>The text of the first label, without its marks.</summary>
    private static string Words(XmlReader rubric)
    {
        List<string> words = [];
        var labels = 0;
        while (rubric.Read() && labels < 2)
        {
            if (rubric is { NodeType: XmlNodeType.Element, LocalName: "Label" })
            {
                labels++;
            }
            else if (labels == 1 && rubric.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace)
            {
                words.Add(rubric.Value);
            }
        }

        return string.Join(' ', string.Concat(words).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
