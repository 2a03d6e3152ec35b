using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Dmp.Fhir.Reading;

/// <summary>Makes the tree of a document from JSON (FHIR R4, JSON Representation of Resources), within the limits.</summary>
internal sealed class JsonTree(FhirReaderOptions options, TreeBudget budget, NameTable names)
{
    /// <summary>The names of each open object, to see a second one.</summary>
    private readonly List<HashSet<string>?> used = [];

    public FhirNode Read(ReadOnlySpan<byte> bytes)
    {
        if (!Utf8.IsValid(bytes))
        {
            throw new FhirRefusedException(FhirFaultKind.Encoding, "Bundle", "The bytes are no UTF-8, which is the encoding of JSON.");
        }

        var json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = options.DepthMax + 2 });
        try
        {
            Next(ref json);
            if (json.TokenType != JsonTokenType.StartObject)
            {
                throw new FhirRefusedException(FhirFaultKind.WrongRoot, "Bundle", "The document is no object of JSON.");
            }

            var root = new FhirNode("Bundle", null);
            ReadObject(ref json, root);
            if (json.Read())
            {
                throw new FhirRefusedException(FhirFaultKind.NotWellFormed, "Bundle", "Something follows the document.");
            }

            return root;
        }
        catch (JsonException broken)
        {
            throw Broken(broken, json.BytesConsumed, bytes.Length);
        }
    }

    /// <summary>Our own sentences, because those of the parser quote the document.</summary>
    private FhirRefusedException Broken(JsonException broken, long consumed, int length)
    {
        // The parser has no codes. It stands at the last token, behind which a document that is cut off has nothing but blanks or a piece.
        var isTruncated = broken.Message.Contains("reached end of data", StringComparison.Ordinal)
            || broken.Message.Contains("Expected depth to be zero at the end", StringComparison.Ordinal)
            || broken.Message.Contains("does not contain any JSON tokens", StringComparison.Ordinal)
            || broken.Message.Contains("end of string was expected", StringComparison.OrdinalIgnoreCase)
            || consumed >= length;
        var at = $"(line {broken.LineNumber + 1}, byte {broken.BytePositionInLine})";
        return isTruncated
            ? new FhirRefusedException(FhirFaultKind.Truncated, budget.Path, $"The document ends before its last object does {at}.")
            : new FhirRefusedException(FhirFaultKind.NotWellFormed, budget.Path, $"The JSON is not well formed {at}.");
    }

    private void Next(ref Utf8JsonReader json)
    {
        if (!json.Read())
        {
            throw new FhirRefusedException(FhirFaultKind.Truncated, budget.Path, "The document ends before its last object does.");
        }

        budget.Look();
        budget.CheckDepth(json.CurrentDepth);
    }

    /// <summary>The members of the object that the reader stands on, to its end. </summary>
    private void ReadObject(ref Utf8JsonReader json, FhirNode node)
    {
        var depth = json.CurrentDepth;
        var seen = Names(depth);
        List<FhirNode>? besides = null;
        for (Next(ref json); json.TokenType != JsonTokenType.EndObject; Next(ref json))
        {
            var name = NameOf(ref json);
            if (name is not null && !seen.Add(name))
            {
                throw new FhirRefusedException(
                    FhirFaultKind.RepeatedName, budget.Path, $"An object has a name twice (byte {json.TokenStartIndex}).");
            }

            Next(ref json);
            if (name is null || !budget.IsKept)
            {
                Pass(ref json);
            }
            else if (name == "resourceType" && json.TokenType == JsonTokenType.String)
            {
                node.Type = Text(ref json, name);
            }
            else if (name.Length > 1 && name[0] == '_')
            {
                var beside = new FhirNode(names.Of(name[1..]), node);
                ReadValues(ref json, beside, beside.Name);
                (besides ??= []).Add(beside);
            }
            else
            {
                ReadValues(ref json, node, name);
            }
        }

        foreach (var beside in besides ?? [])
        {
            Merge(node, beside);
        }
    }

    private HashSet<string> Names(int depth)
    {
        while (used.Count <= depth)
        {
            used.Add(null);
        }

        var seen = used[depth] ??= new HashSet<string>(StringComparer.Ordinal);
        seen.Clear();
        return seen;
    }

    private string? NameOf(ref Utf8JsonReader json)
    {
        try
        {
            return names.Of(ref json);
        }
        catch (InvalidOperationException)
        {
            // Half a character, written as an escape. No name of FHIR has one.
            return null;
        }
    }

    /// <summary>What is written beside a primitive value under its name with an underscore: the n-th belongs to the n-th value.</summary>
    private static void Merge(FhirNode node, FhirNode beside)
    {
        var slots = node.Slots(beside.Name).ToList();
        var place = 0;
        foreach (var extra in beside.Slots(beside.Name))
        {
            (place < slots.Count ? slots[place] : node.Add(beside.Name)).Adopt(extra);
            place++;
        }
    }

    /// <summary>One value, or those of an array, as elements of one name.</summary>
    private void ReadValues(ref Utf8JsonReader json, FhirNode node, string name)
    {
        var isEntries = node.Parent is null && name == "entry";
        if (json.TokenType != JsonTokenType.StartArray)
        {
            if (isEntries)
            {
                ReadEntry(ref json, node);
            }
            else
            {
                ReadValue(ref json, node, name);
            }

            return;
        }

        for (Next(ref json); json.TokenType != JsonTokenType.EndArray; Next(ref json))
        {
            if (json.TokenType == JsonTokenType.StartArray)
            {
                // FHIR has no arrays of arrays.
                Pass(ref json);
            }
            else if (isEntries)
            {
                ReadEntry(ref json, node);
            }
            else
            {
                ReadValue(ref json, node, name);
            }
        }
    }

    /// <summary>An entry of the bundle: kept whole, or passed over whole.</summary>
    private void ReadEntry(ref Utf8JsonReader json, FhirNode root)
    {
        budget.BeginEntry();
        var entry = root.Add("entry");
        if (json.TokenType == JsonTokenType.StartObject)
        {
            ReadObject(ref json, entry);
        }

        if (!budget.IsKept)
        {
            // It keeps its place, by which others are numbered.
            entry.Clear();
        }

        budget.EndEntry();
    }

    private void ReadValue(ref Utf8JsonReader json, FhirNode node, string name)
    {
        if (!budget.Element())
        {
            Pass(ref json);
            return;
        }

        var child = node.Add(name);
        switch (json.TokenType)
        {
            case JsonTokenType.StartObject:
                ReadObject(ref json, child);
                break;
            case JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                child.Value = Text(ref json, name);
                child.IsCut = child.Value is null;
                break;
        }
    }

    /// <summary>The value as it is written: numbers with all their digits. Null when it is too long, or holds half a character.</summary>
    private string? Text(ref Utf8JsonReader json, string name)
    {
        if (!budget.Chars(json.ValueSpan.Length, name))
        {
            return null;
        }

        try
        {
            return json.TokenType == JsonTokenType.String ? json.GetString() : Encoding.UTF8.GetString(json.ValueSpan);
        }
        catch (InvalidOperationException)
        {
            throw new FhirRefusedException(
                FhirFaultKind.Encoding, budget.Path, $"A text holds half a character (byte {json.TokenStartIndex}).");
        }
    }

    /// <summary>To the end of the value that the reader stands on, which is not kept.</summary>
    private void Pass(ref Utf8JsonReader json)
    {
        if (json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return;
        }

        var depth = json.CurrentDepth;
        do
        {
            Next(ref json);
        }
        while (json.CurrentDepth > depth);
    }
}
