using System.Collections.Frozen;
using Dmp.Type.V1;

namespace Dmp.Server.Documents;

/// <summary>
/// The activities in which the documents of a submission set were made (value set J59), restated in <c>content-types.tsv</c>. The sources
/// name no system for the three codes of TRE_R276, which are therefore accepted with any.
/// </summary>
internal static class ContentTypes
{
    private static readonly FrozenSet<(string System, string Code)> known = Read();

    private static readonly FrozenSet<string> systems = known.Select(type => type.System).ToFrozenSet();

    /// <summary>The code is one of the value set.</summary>
    public static bool IsKnown(Coding type) =>
        known.Contains((type.System, type.Code)) || !systems.Contains(type.System) && known.Contains(("", type.Code));

    private static FrozenSet<(string, string)> Read()
    {
        using var stream = typeof(ContentTypes).Assembly.GetManifestResourceStream("content-types.tsv")
            ?? throw new InvalidOperationException("content-types.tsv is not embedded.");
        using var reader = new StreamReader(stream);
        var found = new HashSet<(string, string)>();
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            var columns = line.Split('\t');
            found.Add((columns[0], columns[1]));
        }

        return found.ToFrozenSet();
    }
}
