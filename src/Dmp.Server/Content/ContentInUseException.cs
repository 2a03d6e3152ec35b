namespace Dmp.Server.Content;

/// <summary>A living writer holds what another one asked to take up.</summary>
internal sealed class ContentInUseException(Exception? innerException = null) : Exception("A part has a living writer.", innerException);
