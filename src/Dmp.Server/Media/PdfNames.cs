using System.Collections.Frozen;
using System.Text;

namespace Dmp.Server.Media;

/// <summary>The names of PDF that a rule asks for. Others are not kept.</summary>
internal static class PdfNames
{
    /// <summary>Any other name. No name of a document is empty.</summary>
    public const string Unknown = "";

    /// <summary>No name of interest has more bytes, its escapes resolved.</summary>
    public const int BytesMax = 24;

    private static readonly FrozenDictionary<string, string> names = (
        "Type Subtype S JS JavaScript Launch SubmitForm ImportData GoToE GoToR URI Rendition Movie Sound RichMedia RichMediaExecute "
        + "RichMediaContent Screen 3D FileAttachment EF RF F UF DOS Mac Unix Win D T Next Names Kids EmbeddedFiles EmbeddedFile XFA "
        + "AcroForm Fields OpenAction AA Root Pages Page Catalog Encrypt Size Prev XRefStm W Index Filter DecodeParms Length N First "
        + "ObjStm XRef StructElem P TA CMD URL FFilter ASCIIHexDecode AHx ASCII85Decode A85 LZWDecode LZW FlateDecode Fl "
        + "RunLengthDecode RL Crypt Name Identity Predictor Colors BitsPerComponent Columns EarlyChange Filespec Info Rect Annots A PA "
        + "MK Parent")
        .Split(' ').ToFrozenDictionary(name => name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> lookup =
        names.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The one string of a name that is known, else <see cref="Unknown"/>.</summary>
    public static string Find(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[BytesMax];
        return name.Length <= BytesMax && lookup.TryGetValue(text[..Encoding.Latin1.GetChars(name, text)], out var found) ? found : Unknown;
    }
}
