using Dmp.Server.Calls;
using Google.Protobuf;

namespace Dmp.Server.Data;

/// <summary>A page of a list that is sorted by an id.</summary>
/// <param name="tokens">Makes and reads its tokens.</param>
/// <param name="caller">For whom they are good.</param>
/// <param name="query">The request without its page token, for which they are good.</param>
/// <param name="token">That of the request; empty for the first page.</param>
/// <param name="size">Most rows of the page.</param>
internal sealed class IdPage(PageTokens tokens, Caller caller, IMessage query, string token, int size)
{
    /// <summary>The id that the page before ended with; null for the first page.</summary>
    public Guid? After { get; } = tokens.ReadId(token, caller, query);

    /// <summary>Rows to ask for: one more than the page has tells whether there is a next one.</summary>
    public int RowsMax => size + 1;

    /// <summary>The rows of the page out of those that were asked for, and the token of the next one; empty when there is none.</summary>
    public (IReadOnlyList<T> Rows, string NextToken) Cut<T>(IEnumerable<T> found, Func<T, Guid> idOf)
    {
        T[] rows = [.. found];
        return rows.Length > size
            ? (rows[..size], tokens.Create(caller, query, PageTokens.Position(idOf(rows[size - 1]))))
            : (rows, "");
    }
}
