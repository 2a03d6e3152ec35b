using System.Text;
using Dmp.Care.Exams;

namespace Dmp.Server.Options;

/// <summary>The tables of what others say of examinations, from the files of the operator.</summary>
internal static class ExamTableFiles
{
    /// <summary>The tables, and the first thing that is wrong with them; null when there is nothing.</summary>
    public static (ExamTables Tables, string? Fault) Read(CareOptions options)
    {
        var tables = ExamTables.Empty();
        if (options.ImagingActs is null)
        {
            tables.AddEmbeddedImaging();
        }

        var fault = Add(options.ImagingActs, nameof(options.ImagingActs), tables.AddImaging)
            ?? Add(options.RetestingIntervals, nameof(options.RetestingIntervals), tables.AddIntervals)
            ?? Add(options.NeverReplaced, nameof(options.NeverReplaced), tables.AddNever)
            ?? Add(options.EquivalentCodes, nameof(options.EquivalentCodes), tables.AddEquivalents);
        return (tables, fault);
    }

    private static string? Add(string? file, string name, Func<TextReader, IReadOnlyList<TableFault>> add)
    {
        if (file is null)
        {
            return null;
        }

        try
        {
            using StreamReader reader = new(file, Encoding.UTF8);
            return add(reader) is [var fault, ..] ? $"{CareOptions.Section}:{name}: line {fault.Line} of {file}: {fault.Text}" : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"{CareOptions.Section}:{name}: {failure.Message}";
        }
    }
}
