using Dmp.Search.Synonyms;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Options;

/// <summary>A table of abbreviations that is missing or faulty is told at the start, and not by the first search.</summary>
internal sealed class SearchOptionsRules : IValidateOptions<SearchOptions>
{
    public ValidateOptionsResult Validate(string? name, SearchOptions options) =>
        Fault(options) is { } fault ? ValidateOptionsResult.Fail(fault) : ValidateOptionsResult.Success;

    /// <summary>Null when there is nothing wrong.</summary>
    public static string? Fault(SearchOptions options)
    {
        if (options.SynonymFile is not { } file)
        {
            return null;
        }

        try
        {
            using var reader = new StreamReader(file);
            return SynonymTable.Read(reader).Faults is [var fault, ..]
                ? $"Dmp:Search:SynonymFile: line {fault.Line} of {file}: {fault.Text}"
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"Dmp:Search:SynonymFile: {failure.Message}";
        }
    }
}
