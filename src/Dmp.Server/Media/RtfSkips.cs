namespace Dmp.Server.Media;

/// <summary>
/// What a reader passes over behind <c>\u</c>, because it is there for readers that know no Unicode (RTF 1.9, Unicode RTF): so many items
/// as the last <c>\uc</c> of the group or of those around it says.
/// </summary>
/// <param name="isByTheBook">
/// As the specification says: control words and symbols are items, and a brace ends it. Else letters alone are, wherever they come.
/// </param>
internal sealed class RtfSkips(bool isByTheBook)
{
    // Nobody has so many groups in one another that each change the number.
    private const int GroupsMax = 256;

    private readonly Stack<(long Depth, int Items)> outer = new();
    private int items = 1;
    private int left;

    /// <summary>A group begins or ends.</summary>
    public void Brace()
    {
        if (isByTheBook)
        {
            left = 0;
        }
    }

    /// <summary>The group at this depth ends.</summary>
    public void Close(long depth)
    {
        Brace();
        if (outer.TryPeek(out var around) && around.Depth == depth)
        {
            items = outer.Pop().Items;
        }
    }

    /// <summary>The number that holds until the group at this depth ends. False when there are too many groups to know.</summary>
    public bool Set(long depth, int value)
    {
        if (!outer.TryPeek(out var around) || around.Depth != depth)
        {
            if (outer.Count == GroupsMax)
            {
                return false;
            }

            outer.Push((depth, items));
        }

        items = value;
        return true;
    }

    /// <summary>A letter was given by its number: what follows is passed over.</summary>
    public void Begin() => left = items;

    /// <summary>Whether a letter is passed over.</summary>
    public bool Letter() => left > 0 && left-- > 0;

    /// <summary>Whether a control word or symbol is.</summary>
    public bool Word() => isByTheBook && Letter();
}
