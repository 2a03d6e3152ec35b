using System.Diagnostics;
using System.Globalization;

namespace Dmp.Benchmarks;

/// <summary>Processor seconds of this process, server and load generator together, and of its private PostgreSQL.</summary>
internal readonly record struct Processors(double Own, double Database)
{
    public double Both => Own + Database;

    public static Processors Now(string directory)
    {
        using var own = Process.GetCurrentProcess();
        var postmaster = File.ReadLines(Path.Combine(directory, "postgres", "data", "postmaster.pid")).First();
        var ticks = 0L;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                // After the name in parentheses: state, parent, ..., and as 12th to 15th the ticks of itself and of children that ended.
                var stat = File.ReadAllText(Path.Combine(process, "stat"));
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                if (fields[1] == postmaster || Path.GetFileName(process) == postmaster)
                {
                    ticks += fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
                }
            }
            catch (IOException)
            {
                // It ended in this moment.
            }
        }

        return new Processors(own.TotalProcessorTime.TotalSeconds, ticks / 100.0);
    }

    /// <summary>What was used since, in milliseconds for each of so many.</summary>
    public Processors Since(Processors begin, int count) =>
        new((Own - begin.Own) * 1000 / count, (Database - begin.Database) * 1000 / count);
}
