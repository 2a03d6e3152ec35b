namespace Dmp.Facts.Reading;

/// <summary>What was left out because it is too long, or too much of its kind. It is told with the section that is being read.</summary>
internal sealed class Cuts
{
    private int count;

    public void Add() => count++;

    /// <summary>How many since this was asked last.</summary>
    public int Take()
    {
        var taken = count;
        count = 0;
        return taken;
    }
}
