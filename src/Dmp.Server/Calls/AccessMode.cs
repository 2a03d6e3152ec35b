namespace Dmp.Server.Calls;

/// <summary>How somebody works with a record (value set J38, <i>mode d'accès</i>).</summary>
internal enum AccessMode
{
    Normal,

    /// <summary>Centre 15: the regulation doctor who receives a call.</summary>
    Regulation,

    /// <summary>Bris de glace.</summary>
    BreakGlass,
}
