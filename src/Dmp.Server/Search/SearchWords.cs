using Dmp.Search.Queries;
using Dmp.Search.Synonyms;
using Dmp.Server.Errors;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Search;

/// <summary>How questions are read: with the operator's table of abbreviations, or with the one that comes along.</summary>
internal sealed class SearchWords(IOptions<Options.SearchOptions> options)
{
    private readonly SynonymTable synonyms = Read(options.Value.SynonymFile);

    /// <summary>The question; null when it cannot be asked, which the faults tell.</summary>
    public SearchQuery? Read(string text, bool hasOpenEnd, FieldFaults faults)
    {
        faults.Require(text.Length > 0, "text", "Must not be empty.");
        if (SearchQuery.TryParse(text, synonyms, hasOpenEnd, out var query, out var fault))
        {
            return query;
        }

        faults.Require(text.Length == 0, "text", fault switch
        {
            QueryFault.TooLong => $"Must have {SearchQuery.CharsMax} characters at most.",
            QueryFault.TooManyWords => $"Must have {SearchQuery.TermsMax} words and phrases at most.",
            QueryFault.OnlyExcluded => "Must have a word that is to be there, and not only words that are not.",
            _ => "Must have a word.",
        });
        return null;
    }

    private static SynonymTable Read(string? file)
    {
        if (file is null)
        {
            return SynonymTable.Embedded;
        }

        // It was looked at when the server started (SearchOptionsRules).
        using var reader = new StreamReader(file);
        return SynonymTable.Read(reader).Table;
    }
}
