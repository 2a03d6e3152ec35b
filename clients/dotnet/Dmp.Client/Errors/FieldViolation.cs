namespace Dmp.Client;

/// <summary>One field of a request that the platform refused.</summary>
/// <param name="Field">The path of the field, for example <c>intent.metadata.title</c>.</param>
/// <param name="Description">What is wrong with it. Holds no value of the field.</param>
public sealed record FieldViolation(string Field, string Description);
