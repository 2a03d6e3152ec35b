namespace Dmp.Search.Index;

/// <summary>
/// The block of one document version: where each of its words stands, and its text for snippets. Nothing of a document is kept anywhere
/// else, so that a document is taken out of every answer by leaving out its block. Blocks are readable: they must be sealed where they lie.
/// </summary>
public static class DocumentIndex
{
    /// <summary>Version of the format that is written. A block of another one is refused, and is written anew from its document.</summary>
    public const int Version = 2;

    /// <summary>Most words of one document. Within the usual limits of its text it has fewer.</summary>
    public const int WordsMax = 8_000_000;

    /// <summary>Most characters of the title of a document.</summary>
    public const int TitleCharsMax = 1_000;

    /// <summary>Most characters of all statements together.</summary>
    public const int StatementCharsMax = 1_000_000;

    /// <summary>Most bytes of a block that is opened.</summary>
    public const int BlockBytesMax = 64 * 1024 * 1024;

    /// <summary>Writes the block of a document version. The same document has the same bytes.</summary>
    /// <returns>The block. Words beyond <see cref="WordsMax"/> are not in it, and are not found.</returns>
    public static byte[] Write(IndexedDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var writer = new BlockWriter();
        writer.Add(HitPlace.Title, "", null, null, Text.Letters.Cut(document.Title, TitleCharsMax));
        foreach (var section in document.Text.Sections)
        {
            writer.Add(HitPlace.Section, section.Title, section.Code, section.Page, section.Text);
        }

        writer.Add(HitPlace.Statement, "", null, null, StatementsOf(document));
        return writer.Write();
    }

    /// <summary>Looks whether a block can be searched. It is read as deep as a search with many words would.</summary>
    /// <exception cref="DocumentIndexException">It cannot.</exception>
    public static void Check(ReadOnlyMemory<byte> block) => new BlockReader(block).ReadAll();

    private static string StatementsOf(IndexedDocument document)
    {
        var (text, seen) = (new System.Text.StringBuilder(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var statement in document.Statements)
        {
            if (text.Length + statement.Length >= StatementCharsMax)
            {
                break;
            }

            if (seen.Add(statement))
            {
                text.Append(statement).Append('\n');
            }
        }

        return text.ToString();
    }
}
