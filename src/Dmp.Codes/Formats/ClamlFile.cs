using System.Xml;
using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>
/// ICD-10 in ClaML, the form of the WHO: a class for each chapter, block and category, with its preferred name. A class may be divided by
/// modifiers, which stand apart: E10 by a fourth character (E10.0), M00.0 by a fifth (M00.00). Their codes are made here.
/// </summary>
internal static class ClamlFile
{
    /// <exception cref="InvalidDataException">The file is no ClaML.</exception>
    public static CodeList Read(PublishedFile file, List<ReadingNotice> notices)
    {
        var (version, classes, modifiers) = PublishedXml.Read(file, reader => ReadFile(reader, file));
        CodeListBuilder builder = new(CodeKinds.Cim10.Oid, file.Name, notices);
        foreach (var one in classes.Values)
        {
            AddClass(one, classes, modifiers, builder);
        }

        return builder.Build(CodeKinds.Cim10.OtherOids, CodeKinds.Cim10.Title, version);
    }

    private static (string Version, Dictionary<string, ClamlClass> Classes, ILookup<string, ClamlClass> Modifiers) ReadFile(
        XmlReader reader, PublishedFile file)
    {
        reader.MoveToContent();
        if (reader.LocalName != "ClaML")
        {
            throw new InvalidDataException($"{file.Name} is no ClaML: its root is {reader.LocalName}.");
        }

        var version = "";
        List<ClamlClass> classes = [];
        List<ClamlClass> modifiers = [];
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "Title")
            {
                version = reader.GetAttribute("version") ?? "";
            }
            else if (reader.NodeType == XmlNodeType.Element && reader.LocalName is "Class" or "ModifierClass")
            {
                (reader.LocalName == "Class" ? classes : modifiers).Add(ReadClass(reader));
            }
        }

        return (
            version,
            classes.DistinctBy(one => one.Code).ToDictionary(one => one.Code, StringComparer.Ordinal),
            modifiers.ToLookup(one => one.Modifier, StringComparer.Ordinal));
    }

    private static ClamlClass ReadClass(XmlReader reader)
    {
        ClamlClass read = new(
            reader.GetAttribute("code")?.Trim() ?? "",
            reader.GetAttribute("modifier") ?? "",
            reader.GetAttribute("kind") == "category",
            PublishedXml.Line(reader));
        using var inside = reader.ReadSubtree();
        var modifiedBy = "";
        while (inside.Read())
        {
            if (inside.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            var code = inside.GetAttribute("code") ?? "";
            switch (inside.LocalName)
            {
                case "SubClass":
                    read.HasParts = true;
                    break;
                case "SuperClass":
                    read.Above = code;
                    break;
                case "ModifiedBy":
                    modifiedBy = code;
                    read.ModifiedBy.Add((code, []));
                    break;
                case "ValidModifierClass" when modifiedBy.Length > 0:
                    read.ModifiedBy[^1].Valid.Add(code);
                    break;
                case "ExcludeModifier":
                    read.Excluded.Add(code);
                    break;
                case "Rubric" when inside.GetAttribute("kind") == "preferred" && read.Name.Length == 0:
                    using (var rubric = inside.ReadSubtree())
                    {
                        read.Name = Words(rubric);
                    }

                    break;
            }
        }

        return read;
    }

    private static void AddClass(
        ClamlClass one, Dictionary<string, ClamlClass> classes, ILookup<string, ClamlClass> modifiers, CodeListBuilder builder)
    {
        var isLeaf = one.IsCategory && !one.HasParts;
        List<(string Code, string Name)> made = [];
        if (isLeaf)
        {
            // The fourth character first; a fifth needs it.
            List<(string Code, string Name)> bases = [(one.Code, one.Name)];
            foreach (var (modifier, valid) in ModifiersOf(one, classes).OrderBy(by => !IsFourth(modifiers[by.Code])))
            {
                bases = [.. bases.SelectMany(name => modifiers[modifier]
                    .Where(by => (valid.Count == 0 || valid.Contains(by.Code)) && Fits(name.Code, by.Code))
                    .Select(by => (name.Code + by.Code, $"{name.Name}, {by.Name}"))
                    .DefaultIfEmpty(name))];
            }

            made = [.. bases.Where(name => name.Code != one.Code)];
        }

        builder.Add(ToConcept(one, one.Code, one.Name, isLeaf && made.Count == 0 ? ConceptStatus.Active : ConceptStatus.Heading));
        foreach (var (code, name) in made)
        {
            builder.Add(ToConcept(one, code, name, ConceptStatus.Active));
        }
    }

    private static bool IsFourth(IEnumerable<ClamlClass> modifier) => modifier.Any(by => by.Code.StartsWith('.'));

    // ".0" behind E10, "0" behind M00.0.
    private static bool Fits(string code, string modifier) => modifier.StartsWith('.')
        ? !code.Contains('.', StringComparison.Ordinal)
        : code.IndexOf('.', StringComparison.Ordinal) == code.Length - 2;

    /// <summary>Its own modifiers, and those of what it stands in which nothing on the way excludes.</summary>
    private static IEnumerable<(string Code, List<string> Valid)> ModifiersOf(ClamlClass one, Dictionary<string, ClamlClass> classes)
    {
        HashSet<string> excluded = [];
        HashSet<string> seen = [];
        for (var above = one; above is not null && seen.Add(above.Code); above = classes.GetValueOrDefault(above.Above))
        {
            excluded.UnionWith(above.Excluded);
            foreach (var by in above.ModifiedBy.Where(by => !excluded.Contains(by.Code)))
            {
                yield return by;
            }

            // What is said nearer counts.
            excluded.UnionWith(above.ModifiedBy.Select(by => by.Code));
        }
    }

    private static Concept ToConcept(ClamlClass one, string code, string name, ConceptStatus status) => new()
    {
        SystemOid = CodeKinds.Cim10.Oid,
        Code = code,
        Display = name,
        Status = status,
        Line = one.Line,
    };

    /// <summary>The text of the first label, without its marks and without what it refers to.</summary>
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
            else if (rubric is { NodeType: XmlNodeType.Element, LocalName: "Reference" })
            {
                using var reference = rubric.ReadSubtree();
                while (reference.Read())
                {
                    // A code beside the name, such as that of the other half of a pair.
                }
            }
            else if (labels == 1 && rubric.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace
                or XmlNodeType.Whitespace)
            {
                words.Add(rubric.Value);
            }
        }

        return string.Join(' ', string.Concat(words).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>A class of the classification, or a class of a modifier.</summary>
    private sealed record ClamlClass(string Code, string Modifier, bool IsCategory, int Line)
    {
        public string Name { get; set; } = "";

        /// <summary>The code of what it stands in; empty for a chapter.</summary>
        public string Above { get; set; } = "";

        /// <summary>Classes below it stand in the file.</summary>
        public bool HasParts { get; set; }

        /// <summary>Modifiers that divide it and what is below it, each with its classes that are valid here; none means all.</summary>
        public List<(string Code, List<string> Valid)> ModifiedBy { get; } = [];

        /// <summary>Modifiers of what it stands in that do not divide it.</summary>
        public List<string> Excluded { get; } = [];
    }
}
