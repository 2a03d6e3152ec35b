namespace Dmp.Search.Queries;

/// <summary>Why a question cannot be asked.</summary>
public enum QueryFault
{
    /// <summary>It has no word.</summary>
    Empty = 1,

    /// <summary>It has more than <see cref="SearchQuery.CharsMax"/> characters.</summary>
    TooLong = 2,

    /// <summary>It has more than <see cref="SearchQuery.TermsMax"/> words and phrases.</summary>
    TooManyWords = 3,

    /// <summary>It only says what must not be there.</summary>
    OnlyExcluded = 4,
}
