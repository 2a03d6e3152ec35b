namespace Dmp.Storage;

/// <summary>A living writer holds what another one asked to take up.</summary>
public sealed class ContentInUseException(Exception? innerException = null) : Exception("A part has a living writer.", innerException);
