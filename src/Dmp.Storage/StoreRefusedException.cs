namespace Dmp.Storage;

/// <summary>The content store cannot be the one that is meant. The message is for the operator: one line, without secrets.</summary>
public sealed class StoreRefusedException(string message, Exception? cause = null) : Exception(message, cause);
