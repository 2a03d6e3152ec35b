namespace Dmp.Search.Index;

/// <summary>The forms below one stem, one by one.</summary>
internal ref struct FormReader
{
    private readonly ReadOnlySpan<byte> stem;
    private ByteCursor cursor;
    private int left;
    private int count;
    private int shared;
    private ReadOnlySpan<byte> rest;

    public FormReader(ReadOnlySpan<byte> stem, ReadOnlySpan<byte> forms)
    {
        this.stem = stem;
        cursor = new ByteCursor(forms);
        left = forms.IsEmpty ? 0 : cursor.Count();
    }

    /// <summary>Goes to the next form; its positions must have been read or passed.</summary>
    public bool Next()
    {
        if (left == 0)
        {
            return false;
        }

        left--;
        shared = cursor.Number(stem.Length);
        rest = cursor.Take(cursor.Number(BlockStem.BytesMax - shared));
        count = cursor.Count();
        return true;
    }

    public readonly bool IsForm(ReadOnlySpan<byte> form) =>
        form.Length == shared + rest.Length && form[..shared].SequenceEqual(stem[..shared]) && form[shared..].SequenceEqual(rest);

    public readonly bool Begins(ReadOnlySpan<byte> prefix) =>
        prefix.Length <= shared
            ? stem[..prefix.Length].SequenceEqual(prefix)
            : prefix[..shared].SequenceEqual(stem[..shared]) && rest.StartsWith(prefix[shared..]);

    /// <summary>Adds the positions of the form, in order, up to so many in all; the rest is passed.</summary>
    public void Positions(List<int> into, int max)
    {
        var position = 0;
        for (; count > 0 && into.Count < max; count--)
        {
            position += cursor.Number(int.MaxValue - position);
            into.Add(position);
        }

        Pass();
    }

    /// <summary>Goes past the positions of the form.</summary>
    public void Pass()
    {
        for (; count > 0; count--)
        {
            cursor.Number();
        }
    }
}
