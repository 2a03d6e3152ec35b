namespace Dmp.Interactions;

/// <summary>A row of a published file that is odd.</summary>
/// <param name="File">The name of the file, without its folder.</param>
/// <param name="Line">From 1; for JSON, the number of the entry; 0 when it is about no line of this file.</param>
/// <param name="Text">What is odd, for the person who loads the file.</param>
/// <param name="IsFault">The row could not be read, or contradicts another one: somebody should look before the edition is used.</param>
public sealed record ReadingNotice(string File, int Line, string Text, bool IsFault);
