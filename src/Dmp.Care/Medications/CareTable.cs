namespace Dmp.Care.Medications;

/// <summary>Tables that come with the library: columns between tabs; a line that begins with a number sign is a comment.</summary>
internal static class CareTable
{
    public static IEnumerable<string[]> Rows(string name)
    {
        using var reader = new StreamReader(typeof(CareTable).Assembly.GetManifestResourceStream(name)!);
        foreach (var (_, columns) in Rows(reader))
        {
            yield return columns;
        }
    }

    public static IEnumerable<(int Line, string[] Columns)> Rows(TextReader reader)
    {
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (line.Length > 0 && line[0] != '#')
            {
                yield return (number, line.Split('\t', StringSplitOptions.TrimEntries));
            }
        }
    }
}
