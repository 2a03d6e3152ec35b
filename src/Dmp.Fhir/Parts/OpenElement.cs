namespace Dmp.Fhir.Parts;

/// <summary>An element, or an array of JSON, that the walk is in. It is used again for others.</summary>
internal sealed class OpenElement
{
    /// <summary>As it is shown.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its place among those of its name, from 0.</summary>
    public int Number { get; set; }

    /// <summary>It has a step in a place: arrays of JSON have none, nor resources in XML.</summary>
    public bool IsShown { get; set; }

    /// <summary>It is called <c>text</c>, and its <c>div</c> is a narrative.</summary>
    public bool IsText { get; set; }

    /// <summary>The array holds this many values so far; null for an element.</summary>
    public int? Count { get; set; }

    /// <summary>The member that is being read; of an array, the one that it is the value of.</summary>
    public Member Member { get; set; }

    /// <summary>The element that values of the array belong to; the element itself otherwise.</summary>
    public OpenElement Owner { get; set; } = null!;

    public RawValue? Data { get; set; }

    public string? MediaType { get; set; }

    public bool HasDimensions { get; set; }

    public void Clear()
    {
        (Name, Number, IsShown, IsText) = ("", 0, true, false);
        (Count, Member, Owner) = (null, default, this);
        (Data, MediaType, HasDimensions) = (null, null, false);
    }
}
