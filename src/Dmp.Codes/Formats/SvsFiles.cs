using System.Xml;
using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>
/// Value sets as IHE SVS answers them (IHE ITI TF-2 3.48, 3.60), and as the French agency (ANS) publishes them, which adds
/// <c>dateValid</c> and <c>dateFin</c> to each concept.
/// </summary>
internal static class SvsFiles
{
    private const string Namespace = "urn:ihe:iti:svs:2008";

    /// <exception cref="InvalidDataException">A file is no answer of SVS, or two have the same value set.</exception>
    public static CodeReading Read(IReadOnlyList<PublishedFile> files)
    {
        List<CodeList> lists = [];
        List<ReadingNotice> notices = [];
        Dictionary<string, string> fileOf = new(StringComparer.Ordinal);
        foreach (var file in files)
        {
            foreach (var list in PublishedXml.Read(file, reader => ReadFile(reader, file, notices)))
            {
                if (fileOf.TryAdd(list.Oid, file.Name))
                {
                    lists.Add(list);
                }
                else
                {
                    notices.Add(new ReadingNotice(
                        file.Name,
                        0,
                        $"the value set {list.Oid} ({list.Name}) stands in {fileOf[list.Oid]} too, and is left out here",
                        IsFault: true));
                }
            }
        }

        return lists.Count > 0 ? new CodeReading(lists, notices) : throw new InvalidDataException("There is no value set in these files.");
    }

    private static List<CodeList> ReadFile(XmlReader reader, PublishedFile file, List<ReadingNotice> notices)
    {
        List<CodeList> lists = [];
        reader.MoveToContent();
        if (reader.NamespaceURI != Namespace
            || reader.LocalName is not ("RetrieveValueSetResponse" or "RetrieveMultipleValueSetsResponse" or "ValueSet"))
        {
            throw new InvalidDataException($"{file.Name} is no value set of IHE SVS: its root is {reader.LocalName}.");
        }

        do
        {
            if (reader is { NodeType: XmlNodeType.Element, LocalName: "ValueSet" or "DescribedValueSet", NamespaceURI: Namespace })
            {
                if (ReadSet(reader, file, notices) is { } list)
                {
                    lists.Add(list);
                }
            }
        }
        while (reader.Read());
        return lists;
    }

    private static CodeList? ReadSet(XmlReader reader, PublishedFile file, List<ReadingNotice> notices)
    {
        var (oid, name, version) =
            (reader.GetAttribute("id") ?? "", reader.GetAttribute("displayName") ?? "", reader.GetAttribute("version") ?? "");
        if (!IsOid(oid))
        {
            notices.Add(new ReadingNotice(file.Name, PublishedXml.Line(reader), $"the value set {name} has no OID", IsFault: true));
            return null;
        }

        var line = PublishedXml.Line(reader);
        List<(bool IsFrench, CodeListBuilder Builder, List<ReadingNotice> Notices)> languages = [];
        using var set = reader.ReadSubtree();
        while (set.Read())
        {
            if (set.NodeType != XmlNodeType.Element || set.NamespaceURI != Namespace)
            {
                continue;
            }

            if (set.LocalName == "ConceptList")
            {
                List<ReadingNotice> told = [];
                languages.Add((set.XmlLang.StartsWith("fr", StringComparison.OrdinalIgnoreCase), new(oid, file.Name, told), told));
            }
            else if (set.LocalName == "Concept" && languages.Count > 0)
            {
                Add(set, languages[^1].Builder);
            }
        }

        // One list for each language: the French one, or the first.
        var (_, builder, rows) = languages.Find(language => language.IsFrench) is { Builder: not null } french
            ? french
            : languages.FirstOrDefault();
        notices.AddRange(rows ?? []);
        if (builder is { Count: > 0 })
        {
            return builder.Build([], name, version);
        }

        // The agency publishes sets that are still to be filled.
        notices.Add(new ReadingNotice(file.Name, line, $"the value set {oid} ({name}) has no concept, and is left out", IsFault: false));
        return null;
    }

    private static void Add(XmlReader reader, CodeListBuilder builder)
    {
        var line = PublishedXml.Line(reader);
        var (code, system) = (reader.GetAttribute("code")?.Trim() ?? "", reader.GetAttribute("codeSystem")?.Trim() ?? "");
        if (code.Length == 0 && system.Length == 0)
        {
            builder.Odd(line, "a row without a code and a system, which says nothing");
        }
        else if (!IsOid(system))
        {
            builder.Fault(line, $"{code} has no code system");
        }
        else
        {
            Concept concept = new()
            {
                SystemOid = system,
                Code = code,
                Display = reader.GetAttribute("displayName")?.Trim() ?? "",
                Line = line,
            };
            builder.Add(concept, reader.GetAttribute("dateValid"), reader.GetAttribute("dateFin"));
        }
    }

    private static bool IsOid(string text) =>
        text.Length is > 2 and <= 128 && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[^1])
        && text.All(letter => char.IsAsciiDigit(letter) || letter == '.');
}
