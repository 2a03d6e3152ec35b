using System.Collections.Frozen;

namespace Dmp.Care.Units;

/// <summary>
/// What stands in braces. UCUM takes no notice of it, and laboratories tell quantities apart by it alone: a logarithm from a count, an INR
/// from a percentage, a clearance from one of a body of 1.73 m2. So it is a base unit of its own, but for words of what is counted.
/// </summary>
internal static class UnitAnnotations
{
    /// <summary>The beginning of the name of a base unit that counts powers of ten.</summary>
    public const string Logarithm = "{log";

    private static readonly FrozenSet<string> counted = new[]
    {
        "", "#", "count", "counts", "cnt", "number", "nombre", "cell", "cells", "cellule", "cellules", "copy", "copies", "cop", "copie",
        "element", "elements", "rbc", "rbcs", "wbc", "wbcs", "plt", "platelet", "platelets", "leukocytes", "erythrocytes", "beat", "beats",
        "breath", "breaths", "resp", "respirations", "pulse", "event", "events",
    }.ToFrozenSet();

    /// <summary>What it makes of a unit: the number one where it names what is counted.</summary>
    public static Unit Read(string annotation)
    {
        var letters = annotation.ToLowerInvariant().Replace('²', '2').Replace(',', '.').Where(letter => letter is not (' ' or '_' or '-'));
        var plain = new string([.. letters]).Replace("log10", "log", StringComparison.Ordinal);
        return counted.Contains(plain) ? Unit.One : Unit.Base($"{{{plain}}}");
    }
}
