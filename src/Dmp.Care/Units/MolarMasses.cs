using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Dmp.Care.Units;

/// <summary>A substance whose results are stated in mass or in moles.</summary>
/// <param name="Substance">Its name.</param>
/// <param name="Formula">Its formula.</param>
/// <param name="Grams">Grams of a mole.</param>
public sealed record MolarMass(string Substance, string Formula, decimal Grams);

/// <summary>The masses of moles that come along, by the LOINC codes of what is measured.</summary>
public static class MolarMasses
{
    /// <summary>By LOINC code.</summary>
    public static FrozenDictionary<string, MolarMass> All { get; } = Read();

    private static FrozenDictionary<string, MolarMass> Read()
    {
        using var stream = typeof(MolarMasses).Assembly.GetManifestResourceStream("molar-masses.tsv")!;
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#')
            .Select(line => line.Split('\t'))
            .ToFrozenDictionary(
                row => row[0],
                row => new MolarMass(row[1], row[2], decimal.Parse(row[3], CultureInfo.InvariantCulture)),
                StringComparer.Ordinal);
    }
}
