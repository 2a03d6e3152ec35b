using Dmp.Interactions;

namespace Dmp.Codes;

/// <summary>What published files hold.</summary>
/// <param name="Lists">The code lists.</param>
/// <param name="Notices">What was odd, with its line; rows that are wrong are left out.</param>
public sealed record CodeReading(IReadOnlyList<CodeList> Lists, IReadOnlyList<ReadingNotice> Notices);
