namespace Dmp.Search.Queries;

/// <summary>One document version that may be found. Only what is handed in can be told, counted or felt in a score.</summary>
/// <param name="Key">What the caller knows the document by; it is handed back, and orders ties.</param>
/// <param name="Time">When the document is from, for the order.</param>
/// <param name="Bytes">Its block, opened. They must not change before the search has ended.</param>
public readonly record struct SearchBlock(string Key, DateTimeOffset Time, ReadOnlyMemory<byte> Bytes);
